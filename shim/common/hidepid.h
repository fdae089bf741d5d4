/* Whether /proc shows every process: it may be mounted so that it hides those of others (proc(5), hidepid). A process that is not listed there has not
 * ended. Sources: fs/proc/base.c has_pid_permissions(), proc_pid_readdir(). */
#ifndef SNUG_SHIM_COMMON_HIDEPID_H
#define SNUG_SHIM_COMMON_HIDEPID_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* True if nothing is hidden from this process at this moment. What cannot be found out counts as hidden. Where files of a process that is listed can
 * merely not be read, their reading says so: that hides nothing here. */
bool hidepid_sees_all(void);

/* Pure: the same for a mount whose line of /proc/self/mountinfo this is (NUL-terminated). */
bool hidepid_line_shows_all(const char *line, gid_t own_gid, bool may_trace);

#endif
