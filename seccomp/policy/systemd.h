/* The words of systemd's profile format, and its groups of calls (@system-service).
 *
 * A list of groups is a text as `systemd-analyze syscall-filter` prints it. One is built in, with its version and date in
 * the first line; the machine's own may be newer or older, and is right for that machine.
 */
#ifndef SNUG_SECCOMP_POLICY_SYSTEMD_H
#define SNUG_SECCOMP_POLICY_SYSTEMD_H

#include "base/err.h"
#include "seccomp/syscall/arch.h"

#include <stdbool.h>

/* By the names of SystemCallArchitectures=, including "native"; NULL if unknown. */
const struct arch *systemd_arch_by_name(const char *name);
const char *systemd_arch_name(const struct arch *arch); /* "?" if systemd has no name for it */

/* True if the word can be a call's name: anything else in a drop-in might be read as a list, a group or another line. */
bool systemd_is_name(const char *word);

const char *systemd_groups(void); /* the built-in list */

/* Calls fn for each call of a group ("@clock") and of the groups in it. Stops when fn returns something other than 0, and
 * returns that. -ENOENT if the list has no such group. */
int systemd_group_each(const char *groups, const char *group, int (*fn)(const char *call, void *arg), void *arg);

#endif
