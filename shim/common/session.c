#include "shim/common/session.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOGINUID "/proc/self/loginuid"

/* Both files contain one unsigned number without a newline. */
static int read_number(const char *path, uint32_t *ret)
{
	char text[32];
	ssize_t n = file_read_small(path, text, sizeof(text));
	char *end;
	unsigned long v;

	if (n < 0)
		return (int)n;
	v = strtoul(text, &end, 10);
	if (end == text || v > UINT32_MAX)
		return -EINVAL;
	*ret = (uint32_t)v;
	return 0;
}

int session_begin(uint32_t *ret_session, struct err *err)
{
	cleanup_fd int fd = -1;
	uint32_t before = SESSION_UNSET, uid = SESSION_UNSET, session = SESSION_UNSET;
	char text[16];
	int n, r;

	r = read_number(LOGINUID, &uid);
	if (r < 0)
		return err_sys(err, r, LOGINUID ": cannot read; is audit built into the kernel, and not switched off (audit=0)?");
	(void)read_number("/proc/self/sessionid", &before);
	fd = open(LOGINUID, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, errno, LOGINUID ": cannot open to begin an audit session");
	/* A login uid that is already set stays: it shows who is accountable. */
	n = snprintf(text, sizeof(text), "%u", uid == SESSION_UNSET ? 0 : uid);
	r = file_write_full(fd, text, (size_t)n);
	if (r < 0)
		return err_sys(err, r, LOGINUID ": the kernel refuses a new audit session (CAP_AUDIT_CONTROL missing, or loginuid_immutable)");
	r = read_number("/proc/self/sessionid", &session);
	if (r < 0 || session == SESSION_UNSET || session == before)
		return err_set(err, EPERM, LOGINUID ": the kernel gave no new audit session; is audit switched off (audit=0)?");
	*ret_session = session;
	return 0;
}

int session_of(int pid, uint32_t *ret_session)
{
	char path[48];
	int r;

	snprintf(path, sizeof(path), "/proc/%d/sessionid", pid);
	r = read_number(path, ret_session);
	return r == -ENOENT ? -ESRCH : r;
}
