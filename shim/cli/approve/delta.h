/* What changes between two profiles. Pure. */
#ifndef SNUG_SHIM_CLI_CHANGE_H
#define SNUG_SHIM_CLI_CHANGE_H

#include "base/buf.h"
#include "seccomp/profile/profile.h"

#include <stddef.h>

enum delta_kind { DELTA_ADDED, DELTA_REMOVED, DELTA_ARGUMENTS };

/* Calls fn for each call that differs, in order of name. If `old` is NULL, every call of new is added. With DELTA_REMOVED, `rule`
 * is the old profile's, else the new one's; if a name has several rules, it is the first. Returns the number of differences. fn
 * may be NULL. */
size_t delta_each(const struct profile *old, const struct profile *new,
		   void (*fn)(enum delta_kind kind, const struct profile_rule *rule, void *arg), void *arg);

/* The number of calls that a profile allows: several rules for one call count once. */
size_t delta_count_calls(const struct profile *p);

/* Appends the arguments with which a masked rule allows its call: "only where argument 0 & 0x7e020000 is 0x0". */
void delta_add_arguments(const struct profile *p, const struct profile_rule *rule, struct buf *out);

#endif
