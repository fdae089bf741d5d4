/* Shared by compile.c, which compiles a policy, raw.c and calls.c, which evaluates calls. */
#ifndef SNUG_SECCOMP_FILTER_PRIVATE_H
#define SNUG_SECCOMP_FILTER_PRIVATE_H

#include "seccomp/filter/filter.h"

#include <linux/filter.h>
#include <linux/seccomp.h>

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
	const struct filter_raw *raw; /* NULL: the policy is compiled */
	size_t raw_count;
};

int filter_answer_raw(const struct filter *f, const struct seccomp_data *data, uint32_t *ret, struct err *err);

#endif
