/* Between filter.c, which compiles, and filter_call.c, which asks. */
#ifndef SNUG_SECCOMP_FILTER_PRIVATE_H
#define SNUG_SECCOMP_FILTER_PRIVATE_H

#include "seccomp/filter/filter.h"

#include <linux/filter.h>

struct filter_program {
	struct sock_filter *code; /* NULL: not compiled yet */
	size_t len;
	struct filter_refusal *refusals;
	size_t refusal_count;
};

struct filter {
	const struct policy *policy;
	struct filter_view view;
	struct filter_program program[ARCH_COUNT];
};

/* What runtimes make of an answer: ERRNO and TRACE without a number get EPERM. */
uint32_t filter_action_of(const struct policy_answer *a);

/* True if the rule's comparisons each stand for themselves. */
bool filter_splits(const struct policy_rule *rule);

#endif
