/* What the files of this folder share; nobody else includes it. */
#ifndef SNUG_SECCOMP_MERGE_PRIVATE_H
#define SNUG_SECCOMP_MERGE_PRIVATE_H

#include "base/buf.h"
#include "base/err.h"
#include "seccomp/filter/filter.h"
#include "seccomp/policy/policy.h"

struct merge {
	const struct policy *const *in;
	struct filter **filter; /* of each input */
	size_t count;
	const struct arch *native;
	struct policy *out;
	const char **names; /* in any input's rules: in order, each once */
	size_t name_count;
	const struct policy_answer **refusals; /* of each name: the answer of a rule of its own, NULL: none */
	struct buf *remarks; /* may be NULL */
	struct err *err;
};

/* True if the input filters this ABI. */
static inline bool merge_counts(const struct merge *m, size_t i, const struct arch *arch)
{
	return filter_arches(m->filter[i]) >> arch->id & 1;
}

/* -EDOM: no profile can say what the inputs say of this call. */
int merge_clash(struct merge *m, const char *name);

/* Proves by the interpreter that the result allows exactly what any input allows, on the ABIs that all of them list. */
int merge_prove(struct merge *m);

#endif
