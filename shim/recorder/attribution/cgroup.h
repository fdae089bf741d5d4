/* A container's group in the cgroup2 hierarchy: whether a process sits in it or below it. The kernel keeps count (cgroup.events, "populated"), so that nothing
 * that hides processes from /proc hides them here, and neither a fork nor another audit session slips through. A node may have no cgroup2, or the
 * runtime may have made no group there: then there is nothing to ask.
 * Sources: Documentation/admin-guide/cgroup-v2.rst, kernel/cgroup/cgroup.c cgroup_events_show(), cgroup_exit(). */
#ifndef SNUG_SHIM_RECORDER_CGROUP_H
#define SNUG_SHIM_RECORDER_CGROUP_H

#include <stdbool.h>
#include <stddef.h>

/* The mount of the cgroup2 hierarchy as it is seen here: a descriptor of it, and which group it shows as its top. */
struct cgroup_mount {
	int fd; /* -1: there is none */
	char top[256];
};

#define CGROUP_MOUNT_INIT { .fd = -1 }

void cgroup_mount_open(struct cgroup_mount *ret);
void cgroup_mount_close(struct cgroup_mount *m);

/* Opens the events of the group that this text of /proc/PID/cgroup names. The descriptor stays with that group: one of the same name that is made after
 * it is another. Returns it, or -ENOENT if there is nothing to ask: no cgroup2, its root, or a group out of sight. */
int cgroup_open_events(const struct cgroup_mount *m, const char *text);

/* 1: a process lives in the group, 0: none does, or the group was removed, which takes that none does. Else a negative errno. */
int cgroup_is_populated(int events_fd);

/* Pure. The path of the group below the mount, within the text; -ENOENT as above. */
int cgroup_path(const char *text, const char *top, const char **ret, size_t *ret_len);

/* Pure. The mount point and the top of a cgroup2 mount, if this line of /proc/PID/mountinfo is one's. Both are NUL-terminated. */
bool cgroup_parse_mount(const char *line, size_t len, char *ret_point, size_t point_size, char *ret_top, size_t top_size);

#endif
