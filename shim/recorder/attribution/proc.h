/* What /proc says about one process (proc(5)). */
#ifndef SNUG_SHIM_RECORDER_PROC_H
#define SNUG_SHIM_RECORDER_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PROC_CGROUP_MAX 8192 /* bytes read of /proc/PID/cgroup: enough for a dozen hierarchies with long paths */

struct proc_stat {
	bool dead;      /* a zombie whose threads have all exited, or about to become one */
	bool exiting;   /* the main thread has begun to exit or has exited; other threads may go on */
	pid_t parent;
	uint64_t start; /* clock ticks since boot: with the pid, it identifies a process until the next boot */
};

int proc_read_stat(pid_t pid, struct proc_stat *ret); /* 0; -ESRCH if it is gone; another errno says nothing about it */

/* The same from the file's text. Pure. */
int proc_parse_stat(const char *text, size_t len, struct proc_stat *ret);

/* True if neither this process nor any descendant can ever have the capability in the initial user namespace: none of its sets
 * has it, or it is in another user namespace. False if that is unknown. */
bool proc_never_has_capability(pid_t pid, unsigned capability);

/* The same from the texts of /proc/PID/status and /proc/PID/uid_map. Pure. */
bool proc_parse_never_has(const char *status, const char *uid_map, unsigned capability);

#define PROC_FILTERS_SOME UINT32_MAX /* an unknown number: kernels before 5.9 do not report it */

/* The number of seccomp filters on the process's main thread (a filter that another thread loaded for itself does not count).
 * -ESRCH: it is gone, or not in that audit session. Another errno says nothing about it. */
int proc_read_filters(pid_t pid, uint32_t session, uint32_t *ret);

/* The same from the text of /proc/PID/status. Pure. 0 or -ENODATA. */
int proc_parse_filters(const char *status, uint32_t *ret);

/* Reads /proc/PID/cgroup, NUL-terminated, and then its stat into *ret_stat (may be NULL). A thread that has begun to exit shows
 * the root of every cgroup v1 hierarchy (kernel/cgroup/cgroup.c proc_cgroup_show()), so another thread is read instead. -ESRCH:
 * the process is gone, or all of its threads are exiting. Another errno (-E2BIG: the text is too long) says nothing about it. */
int proc_read_cgroup(pid_t pid, char ret[PROC_CGROUP_MAX], struct proc_stat *ret_stat);

#endif
