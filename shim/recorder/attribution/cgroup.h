/* A container's cgroup in the v2 hierarchy: whether it, or one below it, has a process. The kernel keeps count (cgroup.events,
 * "populated"), so nothing that hides processes from /proc hides them here, and neither a fork nor another audit session
 * escapes. If the node has no cgroup v2, or the runtime made no group there, there is nothing to ask.
 * Sources: Documentation/admin-guide/cgroup-v2.rst, kernel/cgroup/cgroup.c cgroup_events_show(), cgroup_exit(). */
#ifndef SNUG_SHIM_RECORDER_CGROUP_H
#define SNUG_SHIM_RECORDER_CGROUP_H

#include <stdbool.h>
#include <stddef.h>

/* The cgroup v2 mount visible here: a descriptor, and the group at its top. */
struct cgroup_mount {
	int fd; /* -1: there is none */
	char top[256];
};

#define CGROUP_MOUNT_INIT { .fd = -1 }

void cgroup_mount_open(struct cgroup_mount *ret);
void cgroup_mount_close(struct cgroup_mount *m);

/* Opens cgroup.events of the group in this text of /proc/PID/cgroup. The descriptor belongs to that group, not to a later one of
 * the same name. -ENOENT: there is nothing to ask, since there is no cgroup v2, or the group is its root or not visible. */
int cgroup_open_events(const struct cgroup_mount *m, const char *text);

/* 1: the group has a live process; 0: it has none, or was removed, which requires that it has none; else a negative errno. */
int cgroup_is_populated(int events_fd);

/* Finds the path of the group below the mount, in the text; -ENOENT as above. Pure. */
int cgroup_path(const char *text, const char *top, const char **ret, size_t *ret_len);

/* Reads mount point and top of a cgroup v2 mount from a line of /proc/PID/mountinfo, both NUL-terminated; false if the line is
 * another mount's. Pure. */
bool cgroup_parse_mount(const char *line, size_t len, char *ret_point, size_t point_size, char *ret_top, size_t top_size);

#endif
