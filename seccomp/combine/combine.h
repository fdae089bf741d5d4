/* Several policies as one. The union allows what any of them allows, arguments included; A without B what A allows and B does
 * not; A within B what both allow. A call that is handed over to a tracer or an agent is not allowed.
 *
 * Docker's conditions are decided as for its default capabilities: the result has none. Each call is looked at in cells: sets
 * of arguments that no input tells apart (seccomp/combine/cells.h). The result is compiled and run beside its inputs over
 * arguments on, beside and between everything that they compare, before it is handed out.
 */
#ifndef SNUG_SECCOMP_COMBINE_H
#define SNUG_SECCOMP_COMBINE_H

#include "base/buf.h"
#include "base/err.h"
#include "seccomp/filter/filter.h"
#include "seccomp/policy/policy.h"

#include <stddef.h>

enum combine_kind {
	COMBINE_UNION,   /* what none of them allows gets the first answer that is not by default, else the first one's default */
	COMBINE_WITHOUT, /* of two: what is taken away is answered as the first one's default, or with EPERM where that allows */
	COMBINE_WITHIN,  /* the first refusal stands, then the first that hands over, then what any of them logs */
};

struct combine_view {
	enum combine_kind kind;
	const struct arch *machine; /* whose archMap entries and conditions count; NULL: this one */
	struct buf *remarks;        /* lines about what the form of a profile cannot keep apart; may be NULL */
};

/* Combines `count` of them (at least one; two for WITHOUT). `name` is what the result is called. -EDOM: what is wanted is no
 * profile, or not one that libseccomp compiles rightly. */
int policy_combine(const struct combine_view *view, const struct policy *const in[], size_t count, const char *name,
		   struct policy **ret, struct err *err);

/* The profile that a filter of programs (filter_new_raw()) amounts to, whose `stand_in` gets its ABIs and its default answer. Where an ABI is
 * answered otherwise than the machine's own one a profile cannot say it: a line for each goes to *remarks. */
int policy_of_filter(struct filter *f, struct policy *stand_in, const char *name, struct policy **ret, struct buf *remarks,
		     struct err *err);

#endif
