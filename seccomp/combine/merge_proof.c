#include "seccomp/combine/merge_private.h"

#include "seccomp/syscall/names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NUMBERS_MAX 1024 /* no ABI has numbers above its base and this */
#define POINTS_MAX  512  /* arguments that the result is tried with, of one call */

int merge_clash(struct merge *m, const char *name)
{
	return err_set(m->err, EDOM,
		       "%s: one of the profiles refuses it by its arguments where another allows it by its arguments, "
		       "which no profile can say; settle that in one of them first",
		       name);
}

/* A value on the comparison, `off` beside it. */
static uint64_t value_at(const struct policy_arg *a, bool off)
{
	switch (a->op) {
	case POLICY_EQ:
		return a->value + off;
	case POLICY_NE:
		return a->value + !off;
	case POLICY_LT:
		return a->value - !off;
	case POLICY_LE:
		return a->value + off;
	case POLICY_GE:
		return a->value - off;
	case POLICY_GT:
		return a->value + !off;
	case POLICY_MASKED_EQ:
		return off ? a->value_two ^ (a->value & (~a->value + 1)) : a->value_two;
	default:
		return 0;
	}
}

struct points {
	uint64_t args[POINTS_MAX][POLICY_ARGS_MAX];
	size_t count;
};

static void add_point(struct points *p, const struct filter_clause *c, size_t off)
{
	if (p->count == POINTS_MAX)
		return;
	memset(p->args[p->count], 0, sizeof(p->args[0]));
	for (size_t i = 0; i < c->arg_count; i++)
		p->args[p->count][c->args[i].index] = value_at(&c->args[i], off == i + 1);
	p->count++;
}

/* Arguments on and beside all that the inputs compare. */
static int choose_points(struct merge *m, const struct arch *arch, uint32_t nr, struct points *p)
{
	const struct filter_clause none = {0};
	int r = 0;

	p->count = 0;
	add_point(p, &none, 0);
	memset(p->args[p->count++], 0xff, sizeof(p->args[0]));
	for (size_t i = 0; !r && i < m->count; i++) {
		cleanup_filter_call struct filter_call c = {0};

		r = filter_call(m->filter[i], arch, nr, &c, m->err);
		for (size_t k = 0; !r && k < c.clause_count; k++)
			for (size_t off = 0; off <= c.clauses[k].arg_count; off++)
				add_point(p, &c.clauses[k], off);
	}
	return r;
}

static int prove_call(struct merge *m, struct filter *out, const struct arch *arch, uint32_t nr, struct points *p)
{
	int r = choose_points(m, arch, nr, p);

	for (size_t k = 0; !r && k < p->count; k++) {
		uint32_t got = 0, answer = 0;
		bool want = false;

		r = filter_answer(out, arch, nr, p->args[k], &got, m->err);
		for (size_t i = 0; !r && i < m->count; i++) {
			r = filter_answer(m->filter[i], arch, nr, p->args[k], &answer, m->err);
			want |= filter_allows(answer);
		}
		if (!r && filter_allows(got) != want) {
			char name[SYSCALL_NAME_MAX];

			syscall_name(arch, nr, name);
			return merge_clash(m, name);
		}
	}
	return r;
}

int merge_prove(struct merge *m)
{
	cleanup_filter struct filter *out = NULL;
	cleanup_free struct points *p = calloc(1, sizeof(*p));
	int r = p ? filter_new(m->out, NULL, &out, m->err) : err_set(m->err, ENOMEM, "out of memory");

	for (unsigned a = 0; !r && a < ARCH_COUNT; a++) {
		const struct arch *arch = arch_get((enum arch_id)a);
		uint32_t base = arch_number_base(arch);
		bool all = true;

		for (size_t i = 0; i < m->count; i++)
			all &= merge_counts(m, i, arch);
		for (uint32_t nr = 0; !r && all && nr < NUMBERS_MAX; nr++) {
			char name[SYSCALL_NAME_MAX];

			if (syscall_name(arch, base + nr, name))
				r = prove_call(m, out, arch, base + nr, p);
		}
	}
	return r;
}
