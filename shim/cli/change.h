/* What changes from one profile to another. Pure. */
#ifndef SNUG_SHIM_CLI_CHANGE_H
#define SNUG_SHIM_CLI_CHANGE_H

#include "seccomp/profile.h"

#include <stddef.h>

enum change_kind { CHANGE_ADDED, CHANGE_REMOVED, CHANGE_ARGUMENTS };

/* Calls fn for each rule that differs, in order of name. `old` NULL: all of new is added. With CHANGE_REMOVED `rule` is
 * the old profile's, else the new one's. Returns the number of differences. fn may be NULL. */
size_t change_each(const struct profile *old, const struct profile *new,
		   void (*fn)(enum change_kind kind, const struct profile_rule *rule, void *arg), void *arg);

#endif
