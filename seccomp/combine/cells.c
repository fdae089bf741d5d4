#include "seccomp/combine/cells.h"

#include "seccomp/filter/filter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CUBES_MAX 2048 /* in all cells together */

/* The values v with (v & mask) == value. */
struct cube {
	uint64_t mask, value;
	size_t cell;
};

struct cells {
	struct policy_arg *args; /* owned */
	size_t arg_count;
	bool masked;
	size_t count;
	uint64_t first[CELLS_MAX]; /* unless masked: the start of the interval, which ends before the next one */
	struct cube cubes[CUBES_MAX];
	size_t cube_count;
};

void cells_free(struct cells *c)
{
	if (!c)
		return;
	free(c->args);
	free(c);
}

size_t cells_count(const struct cells *c)
{
	return c->count;
}

uint64_t cells_value(const struct cells *c, size_t i)
{
	size_t k = 0;

	if (!c->masked)
		return c->first[i];
	while (c->cubes[k].cell != i)
		k++;
	return c->cubes[k].value;
}

static int too_many(struct err *err)
{
	return err_set(err, EDOM, "too many values of one argument matter");
}

static bool is_masked(const struct policy_arg *a)
{
	return a->op == POLICY_MASKED_EQ && a->value != UINT64_MAX;
}

/* The values at which the comparison's result changes. */
static size_t borders_of(const struct policy_arg *a, uint64_t ret[2])
{
	uint64_t v = a->op == POLICY_MASKED_EQ ? a->value_two : a->value;
	size_t n = 0;

	if (v > 0 && a->op != POLICY_LE && a->op != POLICY_GT)
		ret[n++] = v;
	if (v < UINT64_MAX && a->op != POLICY_LT && a->op != POLICY_GE)
		ret[n++] = v + 1;
	return n;
}

static int add_border(struct cells *c, uint64_t border, struct err *err)
{
	size_t at = c->count;

	while (at > 0 && c->first[at - 1] >= border)
		at--;
	if (at < c->count && c->first[at] == border)
		return 0;
	if (c->count == CELLS_MAX)
		return too_many(err);
	memmove(&c->first[at + 1], &c->first[at], (c->count - at) * sizeof(c->first[0]));
	c->first[at] = border;
	c->count++;
	return 0;
}

static int part_intervals(struct cells *c, struct err *err)
{
	int r = 0;

	c->first[0] = 0;
	c->count = 1;
	for (size_t i = 0; !r && i < c->arg_count; i++) {
		uint64_t border[2];
		size_t n = borders_of(&c->args[i], border);

		for (size_t k = 0; !r && k < n; k++)
			r = add_border(c, border[k], err);
	}
	return r;
}

struct cubes {
	struct cube all[CUBES_MAX];
	size_t count;
};

static int add_cube(struct cubes *s, uint64_t mask, uint64_t value, size_t cell, struct err *err)
{
	if (s->count == CUBES_MAX)
		return too_many(err);
	s->all[s->count++] = (struct cube){mask, value & mask, cell};
	return 0;
}

/* Adds the values from lo to hi as aligned blocks, as few as possible. */
static int add_interval(struct cubes *s, uint64_t lo, uint64_t hi, struct err *err)
{
	int r = 0;

	for (;;) {
		uint64_t size = lo ? lo & (~lo + 1) : UINT64_C(1) << 63;

		if (lo == 0 && hi == UINT64_MAX)
			return add_cube(s, 0, 0, 0, err);
		while (size - 1 > hi - lo)
			size >>= 1;
		r = add_cube(s, ~(size - 1), lo, 0, err);
		if (r < 0 || hi - lo == size - 1)
			return r;
		lo += size;
	}
}

/* The values for which the comparison holds; for NE, those for which it does not. */
static int cubes_of(const struct policy_arg *a, struct cubes *ret, struct err *err)
{
	ret->count = 0;
	switch (a->op) {
	case POLICY_MASKED_EQ:
		return add_cube(ret, a->value, a->value_two, 0, err);
	case POLICY_LT:
		return a->value ? add_interval(ret, 0, a->value - 1, err) : 0;
	case POLICY_LE:
		return add_interval(ret, 0, a->value, err);
	case POLICY_GE:
		return add_interval(ret, a->value, UINT64_MAX, err);
	case POLICY_GT:
		return a->value < UINT64_MAX ? add_interval(ret, a->value + 1, UINT64_MAX, err) : 0;
	default:
		return add_cube(ret, UINT64_MAX, a->value, 0, err);
	}
}

/* Divides a cube by another: the part inside keeps its cell and goes to `in`, the rest to `out`. */
static int part_cube(const struct cube *cube, const struct cube *by, struct cubes *in, struct cubes *out, struct err *err)
{
	uint64_t mask = cube->mask, value = cube->value;
	int r = 0;

	if ((cube->value ^ by->value) & cube->mask & by->mask)
		return add_cube(out, mask, value, cube->cell, err);
	for (unsigned bit = 64; !r && bit-- > 0;) {
		uint64_t b = UINT64_C(1) << bit;

		if (!(by->mask & b) || mask & b)
			continue;
		mask |= b;
		r = add_cube(out, mask, value | (~by->value & b), cube->cell, err);
		value |= by->value & b;
	}
	return r ? r : add_cube(in, mask, value, cube->cell, err);
}

struct parting {
	struct cubes by, left, in, out;
};

/* Each cell splits in two if neither half is empty. */
static int number_cells(struct cells *c, const struct parting *p, struct err *err)
{
	size_t number[2 * CELLS_MAX], n = 0;

	memset(number, 0xff, sizeof(number));
	c->cube_count = 0;
	for (size_t half = 0; half < 2; half++) {
		const struct cubes *s = half ? &p->left : &p->in;

		for (size_t i = 0; i < s->count; i++) {
			size_t old = 2 * s->all[i].cell + half;

			if (number[old] == SIZE_MAX)
				number[old] = n++;
			if (n > CELLS_MAX || c->cube_count == CUBES_MAX)
				return too_many(err);
			c->cubes[c->cube_count++] = (struct cube){s->all[i].mask, s->all[i].value, number[old]};
		}
	}
	c->count = n;
	return 0;
}

static int part_by(struct cells *c, const struct policy_arg *a, struct parting *p, struct err *err)
{
	int r = cubes_of(a, &p->by, err);

	p->in.count = 0;
	p->left.count = c->cube_count;
	memcpy(p->left.all, c->cubes, c->cube_count * sizeof(c->cubes[0]));
	for (size_t i = 0; !r && i < p->by.count; i++) {
		p->out.count = 0;
		for (size_t k = 0; !r && k < p->left.count; k++)
			r = part_cube(&p->left.all[k], &p->by.all[i], &p->in, &p->out, err);
		p->left.count = p->out.count;
		memcpy(p->left.all, p->out.all, p->out.count * sizeof(p->out.all[0]));
	}
	return r ? r : number_cells(c, p, err);
}

static int part_cubes(struct cells *c, struct err *err)
{
	cleanup_free struct parting *p = malloc(sizeof(*p));
	int r = p ? 0 : err_set(err, ENOMEM, "out of memory");

	c->cubes[0] = (struct cube){0};
	c->cube_count = c->count = 1;
	for (size_t i = 0; !r && i < c->arg_count; i++)
		r = part_by(c, &c->args[i], p, err);
	return r;
}

int cells_new(const struct policy_arg *const args[], size_t count, struct cells **ret, struct err *err)
{
	cleanup_cells struct cells *c = calloc(1, sizeof(*c));
	int r;

	if (c)
		c->args = calloc(count + 1, sizeof(*c->args));
	if (!c || !c->args)
		return err_set(err, ENOMEM, "out of memory");
	for (size_t i = 0; i < count; i++) {
		c->args[c->arg_count++] = *args[i];
		c->masked |= is_masked(args[i]);
	}
	r = c->masked ? part_cubes(c, err) : part_intervals(c, err);
	if (!r)
		*ret = steal_ptr(&c);
	return r;
}

static bool is_set_of(const struct cells *c, const bool set[], const struct policy_arg *a)
{
	for (size_t i = 0; i < c->count; i++)
		if (filter_arg_holds(a, cells_value(c, i), true) != set[i])
			return false;
	return true;
}

/* The comparison that holds exactly where `a` does not; false for a mask, which has none. */
static bool negate(const struct policy_arg *a, struct policy_arg *ret)
{
	static const enum policy_op others[] = {
		[POLICY_NE] = POLICY_EQ, [POLICY_EQ] = POLICY_NE, [POLICY_LT] = POLICY_GE,
		[POLICY_GE] = POLICY_LT, [POLICY_LE] = POLICY_GT, [POLICY_GT] = POLICY_LE,
	};

	*ret = *a;
	if (a->op == POLICY_MASKED_EQ)
		return false;
	ret->op = others[a->op];
	return true;
}

/* Expresses the set as one of the given comparisons, or as its opposite. */
static bool say_as_given(const struct cells *c, const bool set[], struct policy_arg *ret)
{
	for (size_t i = 0; i < c->arg_count; i++) {
		if (is_set_of(c, set, &c->args[i])) {
			*ret = c->args[i];
			return true;
		}
		if (negate(&c->args[i], ret) && is_set_of(c, set, ret))
			return true;
	}
	return false;
}

struct saying {
	struct policy_arg *ret;
	size_t count;
};

static int say(struct saying *s, enum policy_op op, uint64_t value, uint64_t value_two, struct err *err)
{
	if (s->count == CELLS_SAY_MAX)
		return too_many(err);
	s->ret[s->count++] = (struct policy_arg){.op = op, .value = value, .value_two = value_two};
	return 0;
}

static int say_cube(struct saying *s, const struct cube *cube, struct err *err)
{
	if (cube->mask == UINT64_MAX)
		return say(s, POLICY_EQ, cube->value, 0, err);
	return say(s, POLICY_MASKED_EQ, cube->mask, cube->value, err);
}

static int say_run(struct saying *s, uint64_t lo, uint64_t hi, struct err *err)
{
	cleanup_free struct cubes *blocks = NULL;
	int r;

	if (lo == hi)
		return say(s, POLICY_EQ, lo, 0, err);
	if (lo == 0)
		return say(s, POLICY_LE, hi, 0, err);
	if (hi == UINT64_MAX)
		return say(s, POLICY_GE, lo, 0, err);
	blocks = calloc(1, sizeof(*blocks));
	r = blocks ? add_interval(blocks, lo, hi, err) : err_set(err, ENOMEM, "out of memory");
	for (size_t i = 0; !r && i < blocks->count; i++)
		r = say_cube(s, &blocks->all[i], err);
	return r;
}

static int say_intervals(const struct cells *c, const bool set[], struct saying *s, struct err *err)
{
	int r = 0;

	for (size_t i = 0; !r && i < c->count; i++) {
		size_t end = i;

		if (!set[i])
			continue;
		while (end + 1 < c->count && set[end + 1])
			end++;
		r = say_run(s, c->first[i], end + 1 < c->count ? c->first[end + 1] - 1 : UINT64_MAX, err);
		i = end;
	}
	return r;
}

/* Two cubes with the same mask whose values differ in one bit become one; single values stay, as they are easier to read. */
static bool unite(struct cubes *s)
{
	for (size_t i = 0; i < s->count; i++)
		for (size_t k = i + 1; k < s->count; k++) {
			uint64_t bits = s->all[i].value ^ s->all[k].value;

			if (s->all[i].mask == UINT64_MAX || s->all[i].mask != s->all[k].mask || !bits || bits & (bits - 1))
				continue;
			s->all[i].mask &= ~bits;
			s->all[i].value &= ~bits;
			s->all[k] = s->all[--s->count];
			return true;
		}
	return false;
}

/* True if the set is all values except one. */
static bool is_but_one(const struct cells *c, const bool set[], uint64_t *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < c->cube_count; i++)
		if (!set[c->cubes[i].cell]) {
			n += c->cubes[i].mask == UINT64_MAX ? 1 : 2;
			*ret = c->cubes[i].value;
		}
	return n == 1;
}

static int say_cubes(const struct cells *c, const bool set[], struct saying *s, struct err *err)
{
	cleanup_free struct cubes *all = calloc(1, sizeof(*all));
	int r = all ? 0 : err_set(err, ENOMEM, "out of memory");
	uint64_t one = 0;

	if (is_but_one(c, set, &one))
		return say(s, POLICY_NE, one, 0, err);
	for (size_t i = 0; !r && i < c->cube_count; i++)
		if (set[c->cubes[i].cell])
			r = add_cube(all, c->cubes[i].mask, c->cubes[i].value, 0, err);
	while (!r && unite(all))
		;
	for (size_t i = 0; !r && i < all->count; i++)
		r = say_cube(s, &all->all[i], err);
	return r;
}

int cells_say(const struct cells *c, const bool set[], struct policy_arg ret[CELLS_SAY_MAX], size_t *ret_count, struct err *err)
{
	struct saying s = {.ret = ret};
	size_t n = 0;
	int r = 0;

	for (size_t i = 0; i < c->count; i++)
		n += set[i];
	*ret_count = 0;
	if (n == c->count)
		return 0;
	if (say_as_given(c, set, &ret[0])) {
		*ret_count = 1;
		return 0;
	}
	r = c->masked ? say_cubes(c, set, &s, err) : say_intervals(c, set, &s, err);
	*ret_count = s.count;
	return r;
}
