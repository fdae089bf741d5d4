/* Evaluates one call of a filter, for all arguments that can make a difference. */
#include "seccomp/filter/filter_private.h"

#include "base/buf.h"
#include "base/text.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#define VALUES_MAX 256   /* values to try for one argument */
#define POINTS_MAX 16384 /* combinations for all six; beyond that, a fixed sample is taken */

/* The arguments to try: at, next to and between what the rules compare. */
struct points {
	bool wide; /* 64-bit arguments */
	uint64_t value[POLICY_ARGS_MAX][VALUES_MAX];
	size_t count[POLICY_ARGS_MAX];
	uint64_t number; /* number of points */
};

static void add_value(struct points *p, unsigned index, uint64_t v)
{
	if (!p->wide)
		v &= UINT32_MAX;
	for (size_t i = 0; i < p->count[index]; i++)
		if (p->value[index][i] == v)
			return;
	if (p->count[index] < VALUES_MAX)
		p->value[index][p->count[index]++] = v;
}

static void add_arg(struct points *p, const struct policy_arg *a)
{
	if (a->op == POLICY_MASKED_EQ) {
		add_value(p, a->index, a->value_two);
		add_value(p, a->index, a->value_two | ~a->value);
		add_value(p, a->index, ~a->value_two);
		for (unsigned bit = 0; bit < 64; bit++)
			if (a->value >> bit & 1)
				add_value(p, a->index, a->value_two ^ UINT64_C(1) << bit);
		return;
	}
	add_value(p, a->index, a->value);
	add_value(p, a->index, a->value - 1);
	add_value(p, a->index, a->value + 1);
	add_value(p, a->index, a->value ^ UINT64_C(1) << 32);
}

static bool is_multiplexed(const char *name)
{
	return text_streq(name, "socketcall") || text_streq(name, "ipc");
}

static bool names_call(const struct policy_rule *rule, const char *name)
{
	for (size_t i = 0; i < rule->name_count; i++)
		if (text_streq(rule->names[i], name))
			return true;
	return false;
}

/* Another mask may look at the bits that this one ignores. */
static void add_combinations(struct points *p, const struct policy_arg *args[], size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < count; k++)
			if (i != k && args[i]->index == args[k]->index && args[i]->op == POLICY_MASKED_EQ)
				add_value(p, args[i]->index,
					  (args[i]->value_two & args[i]->value) |
						  ((args[k]->op == POLICY_MASKED_EQ ? args[k]->value_two
										    : args[k]->value) &
						   ~args[i]->value));
}

/* The half that a program compares, combined with other halves from other comparisons. */
static void add_half(const struct filter_comparison *c, void *arg)
{
	struct points *p = arg;
	unsigned shift = c->high ? 32 : 0, index = c->index;
	uint32_t mask = c->mask, value = c->value;
	size_t n = p->count[index];

	for (size_t i = 0; i < n + 1 && i < VALUES_MAX; i++) {
		uint64_t rest = i < n ? p->value[index][i] & ~((uint64_t)UINT32_MAX << shift) : 0;

		add_value(p, index, rest | (uint64_t)value << shift);
		add_value(p, index, rest | (uint64_t)(value | ~mask) << shift);
		add_value(p, index, rest | (uint64_t)(value - 1) << shift);
		add_value(p, index, rest | (uint64_t)(value + 1) << shift);
		for (unsigned bit = 0; bit < 32 && mask != UINT32_MAX; bit++)
			if (mask >> bit & 1)
				add_value(p, index, rest | (uint64_t)(value ^ UINT32_C(1) << bit) << shift);
	}
}

static void add_filter(struct points *p, const struct filter *f, const struct arch *arch, uint32_t nr, const char *name)
{
	const struct policy_rule *const *rules = NULL;
	const struct policy_arg *masked[32];
	size_t count = policy_rules(f->policy, &rules), n = 0;

	if (f->raw) {
		filter_each_comparison(f, arch, nr, add_half, p);
		return;
	}

	for (size_t i = 0; i < count; i++) {
		if (rules[i]->arg_count == 0 || !filter_applies(f, rules[i], arch) || !names_call(rules[i], name))
			continue;
		for (size_t k = 0; k < rules[i]->arg_count; k++) {
			add_arg(p, &rules[i]->args[k]);
			if (n < ARRAY_SIZE(masked))
				masked[n++] = &rules[i]->args[k];
		}
	}
	add_combinations(p, masked, n);
}

static void points_begin(struct points *p, const struct arch *arch)
{
	/* On x32, libseccomp compares the low 32 bits of arguments. */
	p->wide = arch->audit & __AUDIT_ARCH_64BIT && arch->id != ARCH_X32;
	memset(p->count, 0, sizeof(p->count));
}

static void points_end(struct points *p, const char *name)
{
	/* libseccomp allows the parts of these by number, the first argument. */
	for (uint64_t part = 0; is_multiplexed(name) && part < 32; part++)
		add_value(p, 0, part);
	p->number = 1;
	for (unsigned i = 0; i < POLICY_ARGS_MAX; i++) {
		add_value(p, i, 0);
		if (p->count[i] > 1)
			add_value(p, i, UINT64_MAX);
		p->number = p->number > POINTS_MAX ? p->number : p->number * p->count[i];
	}
}

/* The n-th point: in order if all are tried, else from a fixed sequence (splitmix64). */
static void point_at(const struct points *p, uint64_t n, uint64_t ret[POLICY_ARGS_MAX])
{
	bool all = p->number <= POINTS_MAX;
	uint64_t state = n * UINT64_C(0x9e3779b97f4a7c15);

	for (unsigned i = 0; i < POLICY_ARGS_MAX; i++) {
		uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);

		z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
		z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
		ret[i] = p->value[i][(all ? n : z ^ z >> 31) % p->count[i]];
		n /= p->count[i];
	}
}

static uint64_t points_number(const struct points *p)
{
	return p->number < POINTS_MAX ? p->number : POINTS_MAX;
}

bool filter_arg_holds(const struct policy_arg *a, uint64_t v, bool wide)
{
	uint64_t value = wide ? a->value : a->value & UINT32_MAX;

	switch (a->op) {
	case POLICY_NE:
		return v != value;
	case POLICY_LT:
		return v < value;
	case POLICY_LE:
		return v <= value;
	case POLICY_EQ:
		return v == value;
	case POLICY_GE:
		return v >= value;
	case POLICY_GT:
		return v > value;
	default:
		return (v & value) == (wide ? a->value_two : a->value_two & UINT32_MAX);
	}
}

static bool any_clause_holds(const struct filter_call *c, const uint64_t args[POLICY_ARGS_MAX], bool wide)
{
	for (size_t i = 0; i < c->clause_count; i++) {
		size_t k = 0;

		while (k < c->clauses[i].arg_count &&
		       filter_arg_holds(&c->clauses[i].args[k], args[c->clauses[i].args[k].index], wide))
			k++;
		if (k == c->clauses[i].arg_count)
			return true;
	}
	return false;
}

static int number_order(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int arg_order(const void *a, const void *b)
{
	const struct policy_arg *x = a, *y = b;
	int c = number_order(x->index, y->index);

	if (c == 0)
		c = number_order(x->op, y->op);
	if (c == 0)
		c = number_order(x->value, y->value);
	return c ? c : number_order(x->value_two, y->value_two);
}

static int clause_order(const void *a, const void *b)
{
	const struct filter_clause *x = a, *y = b;
	int c = number_order(y->answer, x->answer); /* allowing answers first */

	for (size_t i = 0; c == 0 && i < x->arg_count && i < y->arg_count; i++)
		c = arg_order(&x->args[i], &y->args[i]);
	return c ? c : number_order(x->arg_count, y->arg_count);
}

static int add_clause(struct filter_call *c, uint32_t answer, const struct policy_arg *args, size_t count,
		      struct err *err)
{
	struct filter_clause *all = reallocarray(c->clauses, c->clause_count + 1, sizeof(*all));
	struct filter_clause *n;

	if (!all)
		return err_set(err, ENOMEM, "out of memory");
	c->clauses = all;
	n = &c->clauses[c->clause_count++];
	*n = (struct filter_clause){.answer = answer, .arg_count = count};
	memcpy(n->args, args, count * sizeof(*args));
	for (size_t i = 0; i < count; i++) {
		/* All bits count: the same as EQ. */
		if (n->args[i].op == POLICY_MASKED_EQ && n->args[i].value == UINT64_MAX)
			n->args[i] = (struct policy_arg){n->args[i].index, POLICY_EQ, n->args[i].value_two, 0};
		if (n->args[i].op != POLICY_MASKED_EQ)
			n->args[i].value_two = 0;
	}
	qsort(n->args, count, sizeof(*n->args), arg_order);
	return 0;
}

static int add_rule_clauses(struct filter_call *c, const struct policy_rule *rule, struct err *err)
{
	uint32_t answer = filter_action_of(&rule->answer);
	int r = 0;

	if (!filter_splits(rule))
		return add_clause(c, answer, rule->args, rule->arg_count, err);
	for (size_t i = 0; i < rule->arg_count && r == 0; i++)
		r = add_clause(c, answer, &rule->args[i], 1, err);
	return r;
}

static int add_clauses(const struct filter *f, const struct arch *arch, const char *name, struct filter_call *c,
		       struct err *err)
{
	const struct policy_rule *const *rules = NULL;
	size_t count = policy_rules(f->policy, &rules), kept = 0;
	uint32_t def = filter_action_of(policy_default(f->policy));
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++)
		if (rules[i]->arg_count && filter_action_of(&rules[i]->answer) != def &&
		    filter_applies(f, rules[i], arch) && names_call(rules[i], name))
			r = add_rule_clauses(c, rules[i], err);
	if (c->clause_count)
		qsort(c->clauses, c->clause_count, sizeof(*c->clauses), clause_order);
	for (size_t i = 0; i < c->clause_count; i++)
		if (kept == 0 || clause_order(&c->clauses[kept - 1], &c->clauses[i]) != 0)
			c->clauses[kept++] = c->clauses[i];
	c->clause_count = kept;
	return r;
}

static void note_answer(struct filter_call *c, uint32_t answer)
{
	uint32_t action = answer & SECCOMP_RET_ACTION_FULL;

	if (filter_allows(answer))
		c->allows = true;
	else if (action == SECCOMP_RET_TRACE || action == SECCOMP_RET_USER_NOTIF)
		c->hands_over = true;
	else
		c->denies = true;
}

int filter_call(struct filter *f, const struct arch *arch, uint32_t nr, struct filter_call *ret, struct err *err)
{
	cleanup_filter_call struct filter_call c = {0};
	char name[SYSCALL_NAME_MAX];
	uint64_t args[POLICY_ARGS_MAX];
	struct points points;
	bool otherwise = false;
	uint32_t first = 0, refusal = 0;
	int r;

	syscall_name(arch, nr, name);
	memcpy(c.name, name, sizeof(c.name));
	c.arch = arch;
	points_begin(&points, arch);
	add_filter(&points, f, arch, nr, name);
	points_end(&points, name);
	r = add_clauses(f, arch, name, &c, err);
	for (uint64_t i = 0; i < points_number(&points) && r == 0; i++) {
		uint32_t answer = 0;

		point_at(&points, i, args);
		r = filter_answer(f, arch, nr, args, &answer, err);
		first = i ? first : answer;
		c.depends |= answer != first;
		note_answer(&c, answer);
		refusal = filter_allows(answer) ? refusal : answer;
		if (!otherwise && !any_clause_holds(&c, args, points.wide)) {
			otherwise = true;
			c.answer = answer;
		}
	}
	if (r < 0)
		return r;
	if (!c.depends) {
		c.answer = first;
		free(c.clauses);
		c.clauses = NULL;
		c.clause_count = 0;
	} else if (f->raw) {
		c.answer = refusal;
	} else if (!otherwise) {
		c.answer = filter_action_of(policy_default(f->policy));
	}
	*ret = c;
	c.clauses = NULL;
	return 0;
}

void filter_call_done(struct filter_call *c)
{
	if (c)
		free(c->clauses);
}

int filter_each_point(struct filter *const filters[], size_t count, const struct arch *arch, uint32_t nr,
		      int (*fn)(const uint64_t args[POLICY_ARGS_MAX], void *arg), void *arg)
{
	uint64_t args[POLICY_ARGS_MAX];
	char name[SYSCALL_NAME_MAX];
	struct points points;
	int r = 0;

	syscall_name(arch, nr, name);
	points_begin(&points, arch);
	for (size_t i = 0; i < count; i++)
		add_filter(&points, filters[i], arch, nr, name);
	points_end(&points, name);
	for (uint64_t i = 0; i < points_number(&points) && r == 0; i++) {
		point_at(&points, i, args);
		r = fn(args, arg);
	}
	return r;
}

struct comparison {
	struct filter *filter[2];
	const struct arch *arch;
	uint32_t nr;
	struct filter_difference found;
	struct err *err;
};

static int compare_at(const uint64_t args[POLICY_ARGS_MAX], void *arg)
{
	struct comparison *c = arg;
	int r = filter_answer(c->filter[0], c->arch, c->nr, args, &c->found.answer[0], c->err);

	if (r == 0)
		r = filter_answer(c->filter[1], c->arch, c->nr, args, &c->found.answer[1], c->err);
	if (r < 0)
		return r;
	memcpy(c->found.args, args, sizeof(c->found.args));
	c->found.differs = c->found.answer[0] != c->found.answer[1];
	return c->found.differs;
}

int filter_compare(struct filter *a, struct filter *b, const struct arch *arch, uint32_t nr,
		   struct filter_difference *ret, struct err *err)
{
	struct comparison c = {.filter = {a, b}, .arch = arch, .nr = nr, .err = err};
	int r = filter_each_point(c.filter, 2, arch, nr, compare_at, &c);

	if (r < 0)
		return r;
	*ret = c.found;
	return 0;
}
