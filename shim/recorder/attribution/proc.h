/* What /proc says of one process (proc(5)). */
#ifndef SNUG_SHIM_RECORDER_PROC_H
#define SNUG_SHIM_RECORDER_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PROC_CGROUP_MAX 8192 /* bytes of /proc/PID/cgroup that are read: a dozen hierarchies of the longest usual paths */

struct proc_stat {
	bool dead;      /* a zombie whose threads have all ended, or about to be */
	pid_t parent;
	uint64_t start; /* clock ticks since boot: with the number it names a process for as long as the node runs */
};

int proc_read_stat(pid_t pid, struct proc_stat *ret); /* 0, -ESRCH if it is gone, else an errno that says nothing of it */

/* The same from the file's text. Pure. */
int proc_parse_stat(const char *text, size_t len, struct proc_stat *ret);

/* True if neither this process nor any that it begins can ever hold the capability against the initial user namespace: none of its sets has it, or it lives
 * in a user namespace of its own. False where that cannot be told. */
bool proc_never_has_capability(pid_t pid, unsigned capability);

/* The same from the texts of /proc/PID/status and /proc/PID/uid_map. Pure. */
bool proc_parse_never_has(const char *status, const char *uid_map, unsigned capability);

#define PROC_FILTERS_SOME UINT32_MAX /* there are some, and this kernel does not tell how many (before 5.9) */

/* How many seccomp filters the process of this number is under, if it is in that audit session: -ESRCH if it is not, or is gone; else an errno that says
 * nothing of it. Its main thread's: one that another thread loaded for itself is not among them. */
int proc_read_filters(pid_t pid, uint32_t session, uint32_t *ret);

/* The same from the text of /proc/PID/status. Pure. 0 or -ENODATA. */
int proc_parse_filters(const char *status, uint32_t *ret);

/* The text of /proc/PID/cgroup, NUL-terminated. 0, -ESRCH if the process is gone, else an errno that says nothing of it: -E2BIG if the text is too long. */
int proc_read_cgroup(pid_t pid, char ret[PROC_CGROUP_MAX]);

#endif
