#include "shim/recorder/attribution/cgroup.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Fields of a line (proc(5)). */
#define FIELD_ROOT  3
#define FIELD_POINT 4

static bool copy_field(const char *p, size_t len, char *ret, size_t size)
{
	/* No node uses a name that the kernel has to escape. */
	if (len >= size || memchr(p, '\\', len))
		return false;
	memcpy(ret, p, len);
	ret[len] = '\0';
	return true;
}

bool cgroup_parse_mount(const char *line, size_t len, char *ret_point, size_t point_size, char *ret_top, size_t top_size)
{
	static const char type[] = " - cgroup2 ";
	const char *p = line, *end = line + len;

	if (!memmem(line, len, type, sizeof(type) - 1))
		return false;
	for (unsigned i = 0; i <= FIELD_POINT; i++) {
		const char *space = memchr(p, ' ', (size_t)(end - p));

		if (!space)
			return false;
		if (i == FIELD_ROOT && !copy_field(p, (size_t)(space - p), ret_top, top_size))
			return false;
		if (i == FIELD_POINT)
			return copy_field(p, (size_t)(space - p), ret_point, point_size);
		p = space + 1;
	}
	return false;
}

void cgroup_mount_open(struct cgroup_mount *ret)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	char point[PATH_MAX];
	cleanup_free char *line = NULL;
	size_t size = 0;
	ssize_t n;

	*ret = (struct cgroup_mount)CGROUP_MOUNT_INIT;
	if (!f)
		return;
	while (ret->fd < 0 && (n = getline(&line, &size, f)) > 0)
		if (cgroup_parse_mount(line, (size_t)n, point, sizeof(point), ret->top, sizeof(ret->top)))
			ret->fd = open(point, O_PATH | O_DIRECTORY | O_CLOEXEC);
	fclose(f);
}

void cgroup_mount_close(struct cgroup_mount *m)
{
	if (m->fd >= 0)
		close(steal_fd(&m->fd));
}

/* The line of cgroup v2 begins with "0::"; a group that is not visible shows as "/..", a removed one ends in " (deleted)". */
int cgroup_path(const char *text, const char *top, const char **ret, size_t *ret_len)
{
	static const char gone[] = " (deleted)";
	size_t len, top_len = strcmp(top, "/") == 0 ? 0 : strlen(top);

	while (strncmp(text, "0::", 3) != 0) {
		text = strchr(text, '\n');
		if (!text)
			return -ENOENT;
		text++;
	}
	text += 3;
	len = strcspn(text, "\n");
	if (strncmp(text, "/..", 3) == 0 || (len >= sizeof(gone) && memcmp(text + len - sizeof(gone) + 1, gone, sizeof(gone) - 1) == 0))
		return -ENOENT;
	if (len <= top_len + 1 || memcmp(text, top, top_len) != 0 || text[top_len] != '/')
		return -ENOENT;
	*ret = text + top_len + 1;
	*ret_len = len - top_len - 1;
	return 0;
}

int cgroup_open_events(const struct cgroup_mount *m, const char *text)
{
	char path[PATH_MAX];
	const char *group = NULL;
	size_t len = 0;
	int fd;

	if (m->fd < 0 || cgroup_path(text, m->top, &group, &len) < 0 ||
	    (size_t)snprintf(path, sizeof(path), "%.*s/cgroup.events", (int)len, group) >= sizeof(path))
		return -ENOENT;
	fd = openat(m->fd, path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -ENOENT : fd;
}

int cgroup_is_populated(int events_fd)
{
	static const char word[] = "populated ";
	char text[128];
	const char *at;
	ssize_t n = lseek(events_fd, 0, SEEK_SET);

	if (n == 0)
		n = read(events_fd, text, sizeof(text) - 1);
	/* ENODEV: removed (fs/kernfs/dir.c kernfs_get_active()). */
	if (n < 0)
		return errno == ENODEV ? 0 : -errno;
	text[n] = '\0';
	at = strstr(text, word);
	if (!at)
		return -EBADMSG;
	return at[sizeof(word) - 1] == '0' ? 0 : 1;
}
