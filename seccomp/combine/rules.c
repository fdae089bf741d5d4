/* Writes the answers to a call as rules: divides its arguments into cells, finds the answer of each, and expresses the cells
 * with one answer as the inputs do, or else as a tree over the arguments. */
#include "seccomp/combine/cells.h"
#include "seccomp/combine/combine_private.h"

#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define GRID_MAX  4096  /* cells of all arguments together */
#define RULES_MAX 24 /* per call: each rule on several arguments of one call doubles libseccomp's time */
#define PAIRS_MAX 6  /* of these, rules on more than one argument */
#define PROGRAM_MAX 512 /* comparisons of one call in programs */
#define PARTS     32    /* parts of a multiplexed call, told apart by its first argument */

struct dimension {
	unsigned index; /* of the argument */
	struct cells *cells;
};

struct combine_grid {
	struct combine_call call;
	struct dimension dims[POLICY_ARGS_MAX];
	size_t dim_count;
	uint32_t *answers; /* the last dimension varies fastest */
	size_t count;
	struct filter_comparison *program; /* a program's comparisons; owned */
	struct policy_arg *compared;       /* the same, as comparisons of arguments; owned */
	size_t program_count, compared_count;
	size_t lost; /* the first input that hands over something which the result does not; the number of inputs if there is none */
	struct policy_arg parts[PARTS];
};

void combine_grid_free(struct combine_grid *g)
{
	if (!g)
		return;
	for (size_t i = 0; i < g->dim_count; i++)
		cells_free(g->dims[i].cells);
	free(g->answers);
	free(g->compared);
	free(g->program);
	free(g);
}

/* All comparisons of one argument in any input. */
struct compared {
	const struct policy_arg **args; /* owned */
	size_t count, cap;
};

static void compared_done(struct compared *c)
{
	free(c->args);
}

static int add_compared(struct compared *s, const struct policy_arg *a, struct err *err)
{
	if (s->count == s->cap) {
		size_t cap = s->cap ? 2 * s->cap : 32;
		const struct policy_arg **args = reallocarray(s->args, cap, sizeof(*args));

		if (!args)
			return err_set(err, ENOMEM, "out of memory");
		s->args = args;
		s->cap = cap;
	}
	s->args[s->count++] = a;
	return 0;
}

static int collect(const struct combine *c, const struct combine_grid *g, unsigned index, struct compared *ret)
{
	int r = 0;

	for (size_t i = 0; i < c->count; i++) {
		const struct policy_rule *const *rules = NULL;
		size_t n = policy_rules(c->in[i], &rules);

		for (size_t k = 0; !r && k < n; k++)
			for (size_t j = 0; !r && rules[k]->arg_count && combine_speaks(c, i, rules[k], g->call.name) && j < rules[k]->arg_count; j++)
				if (rules[k]->args[j].index == index)
					r = add_compared(ret, &rules[k]->args[j], c->err);
	}
	for (size_t i = 0; !r && i < g->compared_count; i++)
		if (g->compared[i].index == index)
			r = add_compared(ret, &g->compared[i], c->err);
	/* libseccomp allows a part of these if the call that it stands for is allowed. */
	if (index == 0 && (text_streq(g->call.name, "socketcall") || text_streq(g->call.name, "ipc")))
		for (size_t i = 0; !r && i < PARTS; i++)
			r = add_compared(ret, &g->parts[i], c->err);
	return r;
}

static void add_program_arg(struct combine_grid *g, unsigned index, enum policy_op op, uint64_t value, uint64_t value_two)
{
	const struct policy_arg a = {index, op, value, value_two};

	for (size_t i = 0; i < g->compared_count; i++)
		if (g->compared[i].index == index && g->compared[i].op == op && g->compared[i].value == value && g->compared[i].value_two == value_two)
			return;
	if (g->compared_count < PROGRAM_MAX)
		g->compared[g->compared_count++] = a;
}

static void keep_comparison(const struct filter_comparison *c, void *arg)
{
	struct combine_grid *g = arg;

	if (g->program_count < PROGRAM_MAX)
		g->program[g->program_count++] = *c;
}

/* Compares some bits of half an argument; for "greater", all values of the half from one on, in blocks. */
static void add_bits(struct combine_grid *g, const struct filter_comparison *c)
{
	unsigned shift = c->high ? 32 : 0;

	add_program_arg(g, c->index, POLICY_MASKED_EQ, (uint64_t)c->mask << shift, (uint64_t)(c->value & c->mask) << shift);
	for (uint64_t at = c->value; c->greater && at <= UINT32_MAX;) {
		uint64_t size = at ? at & (~at + 1) : UINT64_C(1) << 32;

		add_program_arg(g, c->index, POLICY_MASKED_EQ, (uint64_t)(UINT32_MAX & ~(size - 1)) << shift, at << shift);
		at += size;
	}
}

/* Compares whole halves: first the upper one, and the lower one if the upper is equal. */
static void add_halves(struct combine_grid *g, unsigned index, uint64_t high)
{
	add_program_arg(g, index, POLICY_GE, high << 32, 0);
	add_program_arg(g, index, POLICY_GT, high << 32 | UINT32_MAX, 0);
	for (size_t i = 0; i < g->program_count; i++)
		if (g->program[i].index == index && !g->program[i].high)
			add_program_arg(g, index, POLICY_EQ, high << 32 | g->program[i].value, 0);
}

static void add_programs(struct combine_grid *g, unsigned index)
{
	bool masked = false;

	for (size_t i = 0; i < g->program_count; i++)
		masked |= g->program[i].index == index && g->program[i].mask != UINT32_MAX;
	if (!masked)
		add_halves(g, index, 0);
	for (size_t i = 0; i < g->program_count; i++)
		if (g->program[i].index != index)
			continue;
		else if (masked)
			add_bits(g, &g->program[i]);
		else if (g->program[i].high)
			add_halves(g, index, g->program[i].value);
}

static bool is_compared(const struct combine_grid *g, unsigned index)
{
	for (size_t i = 0; i < g->program_count; i++)
		if (g->program[i].index == index)
			return true;
	return false;
}

static int read_programs(const struct combine *c, struct combine_grid *g)
{
	if (!g->call.arch || !filter_is_raw(c->filter[0]))
		return 0;
	g->compared = calloc(PROGRAM_MAX, sizeof(*g->compared));
	g->program = calloc(PROGRAM_MAX, sizeof(*g->program));
	if (!g->compared || !g->program)
		return err_set(c->err, ENOMEM, "out of memory");
	filter_each_comparison(c->filter[0], g->call.arch, g->call.nr, keep_comparison, g);
	for (unsigned i = 0; i < POLICY_ARGS_MAX; i++)
		if (is_compared(g, i))
			add_programs(g, i);
	return 0;
}

static int add_dimension(const struct combine *c, struct combine_grid *g, unsigned index)
{
	cleanup_with(compared_done) struct compared compared = {0};
	struct dimension *d = &g->dims[g->dim_count];
	int r = collect(c, g, index, &compared);

	if (r < 0 || !compared.count)
		return r;
	d->index = index;
	r = cells_new(compared.args, compared.count, &d->cells, c->err);
	if (r < 0)
		return err_wrap(c->err, "%s", g->call.name);
	g->dim_count++;
	g->count *= cells_count(d->cells);
	if (g->count > GRID_MAX)
		return err_set(c->err, EDOM, "%s: too many values of too many arguments matter", g->call.name);
	return 0;
}

/* The cell in each dimension, and one point in them. */
static void place_of(const struct combine_grid *g, size_t n, size_t cell[POLICY_ARGS_MAX], uint64_t args[POLICY_ARGS_MAX])
{
	memset(args, 0, POLICY_ARGS_MAX * sizeof(*args));
	for (size_t d = g->dim_count; d-- > 0;) {
		size_t count = cells_count(g->dims[d].cells);

		cell[d] = n % count;
		args[g->dims[d].index] = cells_value(g->dims[d].cells, cell[d]);
		n /= count;
	}
}

static int fill(const struct combine *c, struct combine_grid *g)
{
	int r = 0;

	g->answers = calloc(g->count, sizeof(*g->answers));
	if (!g->answers)
		return err_set(c->err, ENOMEM, "out of memory");
	g->lost = c->count;
	for (size_t n = 0; !r && n < g->count; n++) {
		uint64_t args[POLICY_ARGS_MAX];
		size_t cell[POLICY_ARGS_MAX], lost = c->count;

		place_of(g, n, cell, args);
		r = combine_answer(c, &g->call, args, &g->answers[n], &lost);
		g->lost = lost < g->lost ? lost : g->lost;
	}
	return r;
}

int combine_grid_new(const struct combine *c, const struct combine_call *call, struct combine_grid **ret)
{
	cleanup_grid struct combine_grid *g = calloc(1, sizeof(*g));
	int r = 0;

	if (!g)
		return err_set(c->err, ENOMEM, "out of memory");
	g->call = *call;
	g->count = 1;
	for (size_t i = 0; i < PARTS; i++)
		g->parts[i] = (struct policy_arg){.op = POLICY_EQ, .value = i};
	r = read_programs(c, g);
	for (unsigned i = 0; !r && i < POLICY_ARGS_MAX; i++)
		r = add_dimension(c, g, i);
	if (!r)
		r = fill(c, g);
	if (!r)
		*ret = steal_ptr(&g);
	return r;
}

bool combine_grid_is_plain(const struct combine_grid *g, uint32_t *ret_answer)
{
	*ret_answer = g->answers[0];
	for (size_t i = 1; i < g->count; i++)
		if (g->answers[i] != g->answers[0])
			return false;
	return true;
}

size_t combine_grid_lost(const struct combine_grid *g)
{
	return g->lost;
}

struct writing {
	const struct combine *c;
	const struct combine_grid *g;
	uint32_t answer;
	struct policy_arg args[POLICY_ARGS_MAX]; /* of the current rule */
	size_t arg_count, rules, pairs;
};

static int add_rule(struct writing *w, const struct policy_arg *args, size_t count)
{
	char *names[] = {(char *)(uintptr_t)w->g->call.name};
	struct policy_rule rule = {.names = names,
				   .name_count = 1,
				   .answer = combine_policy_answer(w->answer),
				   .args = (struct policy_arg *)(uintptr_t)args,
				   .arg_count = count};

	rule.answer.has_errno |= rule.answer.action == POLICY_ERRNO && policy_default(w->c->out)->has_errno;
	w->rules++;
	w->pairs += count > 1;
	if (w->rules > RULES_MAX || w->pairs > PAIRS_MAX)
		return err_set(w->c->err, EDOM, "%s: its arguments would take more rules than libseccomp compiles in time (%d, on several arguments %d)",
			       w->g->call.name, RULES_MAX, PAIRS_MAX);
	return policy_add_rule(w->c->out, &rule, w->c->err);
}

/* One way in which an input gives an answer: a set of cells. */
struct clause {
	const struct policy_arg *args;
	size_t arg_count;
};

static bool clause_holds(const struct clause *cl, const uint64_t args[POLICY_ARGS_MAX])
{
	for (size_t i = 0; i < cl->arg_count; i++)
		if (!filter_arg_holds(&cl->args[i], args[cl->args[i].index], true))
			return false;
	return true;
}

/* The number of cells that the clause newly covers; 0 if it also holds for a cell with another answer. */
static size_t gain_of(const struct writing *w, const struct clause *cl, const bool covered[])
{
	size_t gain = 0;

	for (size_t n = 0; n < w->g->count; n++) {
		uint64_t args[POLICY_ARGS_MAX];
		size_t cell[POLICY_ARGS_MAX];

		place_of(w->g, n, cell, args);
		if (!clause_holds(cl, args))
			continue;
		if (w->g->answers[n] != w->answer)
			return 0;
		gain += !covered[n];
	}
	return gain;
}

static void cover(const struct combine_grid *g, const struct clause *cl, bool covered[])
{
	for (size_t n = 0; n < g->count; n++) {
		uint64_t args[POLICY_ARGS_MAX];
		size_t cell[POLICY_ARGS_MAX];

		place_of(g, n, cell, args);
		covered[n] |= clause_holds(cl, args);
	}
}

struct clauses {
	struct clause *all; /* owned */
	size_t count;
};

static void clauses_done(struct clauses *s)
{
	free(s->all);
}

/* The clauses of all inputs about the call, whatever their answer. */
static int collect_clauses(const struct writing *w, struct clauses *ret)
{
	for (int pass = 0; pass < 2; pass++) {
		ret->count = 0;
		for (size_t i = 0; i < w->c->count; i++) {
			const struct policy_rule *const *rules = NULL;
			size_t n = policy_rules(w->c->in[i], &rules);

			for (size_t k = 0; k < n; k++) {
				const struct policy_rule *rule = rules[k];
				bool splits = filter_splits(rule);
				size_t parts = splits ? rule->arg_count : 1;

				if (!rule->arg_count || !combine_speaks(w->c, i, rule, w->g->call.name))
					continue;
				for (size_t p = 0; pass == 1 && p < parts; p++)
					ret->all[ret->count + p] = (struct clause){&rule->args[p], splits ? 1 : rule->arg_count};
				ret->count += parts;
			}
		}
		if (pass == 0)
			ret->all = calloc(ret->count + 1, sizeof(*ret->all));
		if (!ret->all)
			return err_set(w->c->err, ENOMEM, "out of memory");
	}
	return 0;
}

/* Writes the inputs' own clauses if they cover all cells with the answer; *ret_done: they do. */
static int write_as_given(struct writing *w, bool *ret_done)
{
	cleanup_with(clauses_done) struct clauses clauses = {0};
	cleanup_free bool *covered = calloc(w->g->count, sizeof(*covered));
	cleanup_free size_t *chosen = NULL;
	size_t left = 0, n = 0;
	int r = covered ? collect_clauses(w, &clauses) : err_set(w->c->err, ENOMEM, "out of memory");

	if (r < 0)
		return r;
	chosen = calloc(clauses.count + 1, sizeof(*chosen));
	if (!chosen)
		return err_set(w->c->err, ENOMEM, "out of memory");
	for (size_t i = 0; i < w->g->count; i++)
		left += w->g->answers[i] == w->answer;
	while (left) {
		size_t best = 0, at = 0;

		for (size_t i = 0; i < clauses.count; i++) {
			size_t gain = gain_of(w, &clauses.all[i], covered);

			at = gain > best ? i : at;
			best = gain > best ? gain : best;
		}
		if (!best)
			return 0;
		cover(w->g, &clauses.all[at], covered);
		chosen[n++] = at;
		left -= best;
	}
	*ret_done = true;
	for (size_t i = 0; !r && i < n; i++)
		r = add_rule(w, clauses.all[chosen[i]].args, clauses.all[chosen[i]].arg_count);
	return r;
}

static bool holds_answer(const struct writing *w, size_t from, size_t count)
{
	for (size_t i = from; i < from + count; i++)
		if (w->g->answers[i] == w->answer)
			return true;
	return false;
}

/* True if the same cells of both ranges have the answer. */
static bool is_alike(const struct writing *w, size_t a, size_t b, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if ((w->g->answers[a + i] == w->answer) != (w->g->answers[b + i] == w->answer))
			return false;
	return true;
}

static int write_tree(struct writing *w, size_t dim, size_t from, size_t count);

/* Writes the rules for a set of cells of one argument that agree in all further arguments. */
static int write_branch(struct writing *w, size_t dim, const bool set[], size_t from, size_t count)
{
	cleanup_free struct policy_arg *said = calloc(CELLS_SAY_MAX, sizeof(*said));
	size_t n = 0;
	int r = said ? cells_say(w->g->dims[dim].cells, set, said, &n, w->c->err) : err_set(w->c->err, ENOMEM, "out of memory");

	if (r == -EDOM)
		return err_wrap(w->c->err, "%s", w->g->call.name);
	if (!r && n == 0)
		return write_tree(w, dim + 1, from, count);
	for (size_t i = 0; !r && i < n; i++) {
		w->args[w->arg_count] = said[i];
		w->args[w->arg_count++].index = w->g->dims[dim].index;
		r = write_tree(w, dim + 1, from, count);
		w->arg_count--;
	}
	return r;
}

static int write_tree(struct writing *w, size_t dim, size_t from, size_t count)
{
	size_t cells, step;
	bool told[CELLS_MAX] = {false};
	int r = 0;

	if (!holds_answer(w, from, count))
		return 0;
	if (dim == w->g->dim_count)
		return add_rule(w, w->args, w->arg_count);
	cells = cells_count(w->g->dims[dim].cells);
	step = count / cells;
	for (size_t i = 0; !r && i < cells; i++) {
		bool set[CELLS_MAX] = {false};

		if (told[i] || !holds_answer(w, from + i * step, step))
			continue;
		for (size_t k = i; k < cells; k++)
			told[k] |= set[k] = !told[k] && is_alike(w, from + i * step, from + k * step, step);
		r = write_branch(w, dim, set, from + i * step, step);
	}
	return r;
}

static bool is_first(const struct combine_grid *g, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (g->answers[i] == g->answers[n])
			return false;
	return true;
}

int combine_grid_write(const struct combine *c, const struct combine_grid *g)
{
	struct writing w = {.c = c, .g = g};
	uint32_t otherwise = combine_default(c);
	int r = 0;

	for (size_t n = 0; !r && n < g->count; n++) {
		bool done = false;

		if (g->answers[n] == otherwise || !is_first(g, n))
			continue;
		w.answer = g->answers[n];
		r = write_as_given(&w, &done);
		if (!r && !done)
			r = write_tree(&w, 0, 0, g->count);
	}
	return r;
}
