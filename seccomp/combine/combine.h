/* Combines several policies into one. The union allows what any of them allows, arguments included; A without B, what A allows
 * and B does not; A within B, what both allow. A call handed over to a tracer or an agent does not count as allowed.
 *
 * Docker's conditions are decided for its default capabilities; the result has none. Each call is examined in cells: sets of
 * arguments that no input distinguishes (seccomp/combine/cells.h). Before it is returned, the result is compiled and run
 * together with its inputs on arguments at, next to and between everything that they compare.
 */
#ifndef SNUG_SECCOMP_COMBINE_H
#define SNUG_SECCOMP_COMBINE_H

#include "base/buf.h"
#include "base/err.h"
#include "seccomp/filter/filter.h"
#include "seccomp/policy/policy.h"

#include <stddef.h>

enum combine_kind {
	COMBINE_UNION,   /* what none allows gets the first answer that is not a default, else the first one's default */
	COMBINE_WITHOUT, /* of two: what is removed gets the first one's default, or EPERM if that allows */
	COMBINE_WITHIN,  /* the first refusal wins, then the first that hands over, then any that logs */
};

struct combine_view {
	enum combine_kind kind;
	const struct arch *machine; /* whose archMap entries and conditions count; NULL: this one */
	struct buf *remarks;        /* lines about what one profile cannot distinguish; may be NULL */
};

/* Combines `count` policies (at least one; two for WITHOUT) into one called `name`; the caller frees *ret. -EDOM: the result
 * cannot be expressed as a profile, or libseccomp does not compile it correctly. */
int policy_combine(const struct combine_view *view, const struct policy *const in[], size_t count, const char *name,
		   struct policy **ret, struct err *err);

/* Makes a profile from a filter of programs (filter_new_raw()), whose `stand_in` provides the ABIs and the default answer. A
 * profile cannot express that another ABI is answered differently from the native one: each such case is a line in
 * *remarks. */
int policy_of_filter(struct filter *f, struct policy *stand_in, const char *name, struct policy **ret, struct buf *remarks,
		     struct err *err);

#endif
