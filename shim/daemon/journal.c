#include "shim/daemon/journal.h"

#include "base/cleanup.h"

#include <endian.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

void journal_add(struct buf *entry, const char *field, const char *value)
{
	uint64_t len = htole64(strlen(value));

	buf_adds(entry, field);
	/* A value of several lines comes with its length, or the second line would be a field. */
	if (strchr(value, '\n')) {
		buf_addc(entry, '\n');
		buf_add(entry, &len, sizeof(len));
	} else {
		buf_addc(entry, '=');
	}
	buf_adds(entry, value);
	buf_addc(entry, '\n');
}

int journal_send(const char *path, const struct buf *entry)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	cleanup_fd int fd = -1;

	if (buf_failed(entry))
		return -ENOMEM;
	if (snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path) >= (int)sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	return sendto(fd, entry->data, entry->len, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&addr,
		      sizeof(addr)) < 0
		       ? -errno
		       : 0;
}
