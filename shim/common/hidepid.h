/* Whether /proc shows every process: it can be mounted so that it hides other users' (proc(5), hidepid). So a process that is
 * not listed may still run. Sources: fs/proc/base.c has_pid_permissions(), proc_pid_readdir(). */
#ifndef SNUG_SHIM_COMMON_HIDEPID_H
#define SNUG_SHIM_COMMON_HIDEPID_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* True if nothing is hidden from this process now; false if that cannot be found out. Processes that are listed but whose files
 * cannot be read do not count as hidden: reading them fails visibly. */
bool hidepid_sees_all(void);

/* The same for the mount on this line of /proc/self/mountinfo (NUL-terminated). Pure. */
bool hidepid_line_shows_all(const char *line, gid_t own_gid, bool may_trace);

#endif
