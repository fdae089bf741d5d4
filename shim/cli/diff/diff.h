/* How two profiles differ in what they mean: for each call of each ABI, what one answers and the other does not. */
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
	DIFF_REFUSED_BY_A, /* A refuses it whatever its arguments, B allows it whatever they are */
	DIFF_REFUSED_BY_B,
	DIFF_ARGUMENTS, /* at least one decides by the arguments, and not as the other does */
	DIFF_HANDED_OVER, /* a tracer or an agent decides, of one at least, and not alike */
	DIFF_ANSWER,    /* both refuse it, with other answers; or both allow it, and one logs it */
	DIFF_KINDS,
};
const char *diff_kind_name(enum diff_kind k); /* "refused-by-a" "refused-by-b" "arguments" "handed-over" "answer" */

/* One call that differs in one way, on some ABIs. */
struct diff_row {
	enum diff_kind kind;
	char name[SYSCALL_NAME_MAX];
	uint32_t arches;    /* bit per arch_id */
	const char *danger; /* what allowing it opens, NULL if it is not known to be dangerous */
	char *says[2];      /* owned: what A and B answer, in words */
};

struct diff {
	struct diff_row *rows; /* by kind; dangerous ones first, then by name */
	size_t count, cap;
	uint32_t arches;      /* ABIs that both list */
	uint32_t only[2];     /* those that only A, only B lists: the other one kills all that runs on them */
	size_t allowed[2];    /* calls of the first ABI that each allows, for some arguments at least */
	const struct arch *first; /* the machine's own ABI, if both list it; else any that both list; NULL: none */
};

void diff_done(struct diff *d); /* NULL is allowed */
#define cleanup_diff cleanup_with(diff_done)

/* Compares; *ret is empty before, diff_done also after an error. */
int diff_policies(const struct policy *a, const struct policy *b, struct diff *ret, struct err *err);

/* The same of two filters. */
int diff_filters(struct filter *a, struct filter *b, struct diff *ret, struct err *err);

/* True if they mean the same. */
bool diff_is_same(const struct diff *d);

size_t diff_count(const struct diff *d, enum diff_kind k);

/* How people and scripts call the two. */
struct diff_names {
	const char *name[2], *what[2];
};
void diff_text(const struct diff *d, const struct diff_names *names, struct buf *out);
void diff_json(const struct diff *d, const struct diff_names *names, struct buf *out);

#endif
