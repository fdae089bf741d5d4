/* The words of systemd's form of a profile, and its groups of calls (@system-service).
 *
 * A list of groups is a text as `systemd-analyze syscall-filter` prints it. One is built in, with its version and date in
 * its first line; the machine's own is newer or older, and right for that machine.
 */
#ifndef SNUG_SECCOMP_POLICY_SYSTEMD_H
#define SNUG_SECCOMP_POLICY_SYSTEMD_H

#include "base/err.h"
#include "seccomp/syscall/arch.h"

#include <stdbool.h>

/* By SystemCallArchitectures='s names, "native" too; NULL if there is none. */
const struct arch *systemd_arch_by_name(const char *name);
const char *systemd_arch_name(const struct arch *arch); /* "?" for one that systemd has no name for */

/* True for what can be a call's name: whatever else stood in a drop-in might be read as a list, a group, another line. */
bool systemd_is_name(const char *word);

const char *systemd_groups(void); /* the list that is built in */

/* Calls fn for each call of a group ("@clock"), those of the groups within it too. Stops at the first non-zero return and
 * returns it. -ENOENT without a sentence for a group that the list does not hold. */
int systemd_group_each(const char *groups, const char *group, int (*fn)(const char *call, void *arg), void *arg);

#endif
