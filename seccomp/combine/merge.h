/* Several policies as one that allows what any of them allows, arguments included, and answers the rest as the first does.
 *
 * Docker's conditions are decided as for its default capabilities: the result has none. The result is compiled and run
 * beside its inputs over arguments on and beside everything that they compare, before it is handed out.
 */
#ifndef SNUG_SECCOMP_POLICY_MERGE_H
#define SNUG_SECCOMP_POLICY_MERGE_H

#include "base/buf.h"
#include "base/err.h"
#include "seccomp/policy/policy.h"

#include <stddef.h>

/* Merges `count` of them (at least one). `name` is what the result is called. Sentences about what the form of a profile
 * cannot keep apart go to *remarks, each on a line (may be NULL). -EDOM: what they allow together is no profile: one of
 * them refuses by arguments what another allows by arguments. */
int policy_merge(const struct policy *const in[], size_t count, const char *name, struct policy **ret,
		 struct buf *remarks, struct err *err);

#endif
