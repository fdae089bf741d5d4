/* What any profile (seccomp/policy/read.h) would have answered to the calls in a log, which contains no arguments. Docker's
 * conditions are decided for its default capabilities, the arch of the call and any kernel.
 */
#ifndef SNUG_SECCOMP_EVALUATE_H
#define SNUG_SECCOMP_EVALUATE_H

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "seccomp/policy/policy.h"
#include "seccomp/syscall/arch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EVALUATE_TEXT_MAX (8u << 20)

enum evaluate_verdict {
	EVALUATE_ALLOWS,     /* or logs and allows */
	EVALUATE_DENIES,     /* an errno, a signal or a kill, by the default action */
	EVALUATE_REFUSES,    /* the same by a rule that names the call: intended */
	EVALUATE_DEPENDS,    /* allowed for some arguments */
	EVALUATE_NOTIFIES,   /* handed over to an agent (SCMP_ACT_NOTIFY) */
	EVALUATE_TRACES,     /* handed over to a tracer (SCMP_ACT_TRACE); ENOSYS without one */
	EVALUATE_NO_ARCH,    /* the profile does not list the ABI: the process is killed */
};

const char *
evaluate_verdict_name(enum evaluate_verdict v); /* "allowed" "denied" "refused" "depends" "handed over (notify)" "handed over (trace)" "no architecture" */

struct evaluator; /* opaque */

/* Reads a text with one profile; errors are those of policy_read(). */
int evaluate_new(const char *text, size_t len, const char *name, struct evaluator **ret, struct err *err);

/* Takes ownership of the policy, also on failure. */
int evaluate_new_policy(struct policy *p, struct evaluator **ret, struct err *err);
void evaluate_free(struct evaluator *j); /* NULL is allowed */
DEFINE_CLEANUP(evaluator, struct evaluator *, evaluate_free)
#define cleanup_evaluator cleanup_with(evaluator_cleanup)

/* Decides one call; on x32, nr has bit 30 set. Returns 0 or a negative errno. */
int evaluate_call(struct evaluator *j, const struct arch *arch, uint32_t nr, enum evaluate_verdict *ret, struct err *err);
/* True if runc leaves the call to no rule, but answers ENOSYS (filter_is_stubbed()); the profile's own answer is another one. */
int evaluate_is_stubbed(struct evaluator *j, const struct arch *arch, uint32_t nr, bool *ret, struct err *err);
/* Appends for which arguments it is allowed (filter_add_when()), nothing unless EVALUATE_DEPENDS. */
int evaluate_add_when(struct evaluator *j, const struct arch *arch, uint32_t nr, struct buf *out, struct err *err);

#endif
