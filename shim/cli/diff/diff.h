/* How two profiles differ in meaning: for each call of each ABI, whether both give the same answer. */
#ifndef SNUG_SHIM_CLI_DIFF_H
#define SNUG_SHIM_CLI_DIFF_H

#include "base/buf.h"
#include "base/err.h"
#include "seccomp/filter/filter.h"
#include "seccomp/policy/policy.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum diff_kind {
	DIFF_REFUSED_BY_A, /* A refuses it with any arguments, B allows it with any */
	DIFF_REFUSED_BY_B,
	DIFF_ARGUMENTS, /* at least one decides by the arguments, and the other decides differently */
	DIFF_HANDED_OVER, /* a tracer or an agent decides, for at least one of them, and they differ */
	DIFF_ANSWER,    /* both refuse it, with different answers; or both allow it, and one logs it */
	DIFF_KINDS,
};
const char *diff_kind_name(enum diff_kind k); /* "refused-by-a" "refused-by-b" "arguments" "handed-over" "answer" */

/* One call that differs in one way, on some ABIs. */
struct diff_row {
	enum diff_kind kind;
	char name[SYSCALL_NAME_MAX];
	uint32_t arches;    /* bit per arch_id */
	const char *danger; /* what allowing it opens; NULL: not known to be dangerous */
	char *says[2];      /* owned; the answers of A and B, in words */
};

struct diff {
	struct diff_row *rows; /* by kind; dangerous calls first, then by name */
	size_t count, cap;
	uint32_t arches;      /* ABIs that both list */
	uint32_t only[2];     /* ABIs that only A, or only B, lists: the other one kills every process that uses them */
	size_t allowed[2];    /* calls of the first ABI that each allows, at least for some arguments */
	const struct arch *first; /* the machine's native ABI if both list it, else any that both list; NULL: none */
};

void diff_done(struct diff *d); /* NULL is allowed */
#define cleanup_diff cleanup_with(diff_done)

/* Compares two profiles. *ret must be empty; free it with diff_done, also after an error. Returns 0 or a negative errno. */
int diff_policies(const struct policy *a, const struct policy *b, struct diff *ret, struct err *err);

/* The same for two filters. */
int diff_filters(struct filter *a, struct filter *b, struct diff *ret, struct err *err);

/* True if both mean the same. */
bool diff_is_same(const struct diff *d);

size_t diff_count(const struct diff *d, enum diff_kind k);

/* The names of the two, for people and scripts. */
struct diff_names {
	const char *name[2], *what[2];
	size_t left_out[2]; /* calls of the first ABI that it allows and this machine's libseccomp cannot name */
};
void diff_text(const struct diff *d, const struct diff_names *names, struct buf *out);
void diff_json(const struct diff *d, const struct diff_names *names, struct buf *out);

#endif
