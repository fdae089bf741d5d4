#include "seccomp/syscall/arguments.h"

#include "base/cleanup.h"

#include <string.h>

#define TABLES_ARGUMENTS
#include "tables.inc"

_Static_assert(ARRAY_SIZE(table_arguments) <= ARGUMENTS_MAX, "a set of forms is a uint64_t");

size_t arguments(const struct argument **ret)
{
	*ret = table_arguments;
	return ARRAY_SIZE(table_arguments);
}

int argument_by_name(const char *name)
{
	size_t lo = 0, hi = ARRAY_SIZE(table_arguments);

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		int c = strcmp(table_arguments[mid].name, name);

		if (c == 0)
			return (int)mid;
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return -1;
}

int argument_by_text(const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(table_arguments); i++)
		if (*text && strcmp(table_arguments[i].text, text) == 0)
			return (int)i;
	return -1;
}

const struct argument *argument_get(int place)
{
	return &table_arguments[place];
}

bool argument_is_harmless(const struct argument *a, uint64_t value)
{
	bool listed = false;

	for (unsigned i = 0; i < a->count; i++)
		listed |= ((uint32_t)value & a->mask) == a->values[i];
	return a->kind == ARGUMENT_VALUES && listed != a->inverted;
}

/* The values as a binary tree over the bits of the mask, highest bit first: a subtree without any value is one condition of
 * the complement. */
struct subtree {
	struct argument_cube cube;
	uint32_t left; /* bits of the mask that the cube does not fix yet */
};

static bool holds_value(const struct argument *a, const struct argument_cube *c)
{
	for (unsigned i = 0; i < a->count; i++)
		if ((a->values[i] & c->mask) == c->value)
			return true;
	return false;
}

static size_t complement(const struct argument *a, struct argument_cube *ret)
{
	struct subtree todo[33 + 1] = {{.left = a->mask}};
	size_t depth = 1, n = 0;

	while (depth > 0) {
		struct subtree t = todo[--depth];
		uint32_t bit;

		if (!holds_value(a, &t.cube)) {
			ret[n++] = t.cube;
			continue;
		}
		if (!t.left)
			continue;
		bit = 1u << (31 - __builtin_clz(t.left));
		for (uint32_t v = 0; v < 2; v++)
			todo[depth++] = (struct subtree){.cube = {t.cube.mask | bit, t.cube.value | (v ? bit : 0)},
							 .left = t.left & ~bit};
	}
	return n;
}

size_t argument_cubes(const struct argument *a, bool harmless, struct argument_cube *ret)
{
	if (a->kind != ARGUMENT_VALUES)
		return 0;
	if (harmless == a->inverted)
		return complement(a, ret);
	for (unsigned i = 0; i < a->count; i++)
		ret[i] = (struct argument_cube){a->mask, a->values[i]};
	return a->count;
}
