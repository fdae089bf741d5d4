/* What a profile, anybody's (seccomp/policy/read.h), would have answered to the calls of a log, which tells no arguments.
 * Docker's conditions are decided for its default capabilities and the arch of the call, any kernel.
 */
#ifndef SNUG_SECCOMP_JUDGE_H
#define SNUG_SECCOMP_JUDGE_H

#include "base/cleanup.h"
#include "base/err.h"
#include "seccomp/syscall/arch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JUDGE_TEXT_MAX (8u << 20)

enum judge_verdict {
	JUDGE_ALLOWS,     /* or logs and allows */
	JUDGE_DENIES,     /* an errno, a signal or death, by default */
	JUDGE_REFUSES,    /* the same by a rule that names the call: somebody meant it */
	JUDGE_DEPENDS,    /* allowed for some arguments */
	JUDGE_HANDS_OVER, /* to a tracer or an agent */
	JUDGE_NO_ARCH,    /* the profile does not list the ABI: the process is killed */
};

const char *
judge_verdict_name(enum judge_verdict v); /* "allowed" "denied" "refused" "depends" "handed over" "no architecture" */

struct judge; /* opaque */

/* Reads a text that holds one profile; errors are policy_read()'s. */
int judge_new(const char *text, size_t len, const char *name, struct judge **ret, struct err *err);
void judge_free(struct judge *j); /* NULL is allowed */
DEFINE_CLEANUP(judge, struct judge *, judge_free)
#define cleanup_judge cleanup_with(judge_cleanup)

int judge_call(struct judge *j, const struct arch *arch, uint32_t nr, enum judge_verdict *ret, struct err *err);

#endif
