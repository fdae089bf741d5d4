#include "shim/cli/floor/cuts.h"

#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A program that needs one thing of each of these sets. */
struct model {
	uint64_t sets[6];
	size_t count;
	unsigned trials;
};

static int without(void *arg, uint64_t out, bool *ret_good, struct err *err)
{
	struct model *m = arg;

	m->trials++;
	*ret_good = true;
	for (size_t i = 0; i < m->count; i++)
		*ret_good &= (m->sets[i] & out) != m->sets[i];
	return 0;
}

static bool has(const struct cuts *c, uint64_t set)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->set[i] == set)
			return true;
	return false;
}

static void finds_what_one_is_needed_of(void **state)
{
	static const struct {
		uint64_t things, sets[6];
		size_t count;
	} cases[] = {
		{0x0, {0}, 0},
		{0xff, {0}, 0},
		{0xff, {0x3}, 1},             /* either of two */
		{0xff, {0x1}, 1},             /* one, by itself */
		{0xff, {0x3, 0xc}, 2},        /* two pairs */
		{0xff, {0x3, 0x5, 0x9}, 3},   /* one, or three others */
		{0xff, {0x3, 0x6, 0x70}, 3},  /* sets that meet */
		{UINT64_MAX, {UINT64_C(1) << 63 | 1}, 1},
		{0xf0, {0xf0}, 1},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct model m = {.count = cases[i].count};
		const struct cuts_trial trial = {.without = without, .arg = &m};
		struct cuts c = {0};

		memcpy(m.sets, cases[i].sets, sizeof(m.sets));
		assert_int_equal(cuts_find(&trial, cases[i].things, &c, NULL), 0);
		if (c.count != m.count || !c.complete)
			fail_msg("case %zu: %zu sets", i, c.count);
		for (size_t k = 0; k < m.count; k++)
			if (!has(&c, m.sets[k]))
				fail_msg("case %zu: set %zu is missing", i, k);
	}
}

/* Of random sets it finds exactly those that hold no other, and takes few trials for it. */
static void finds_every_set_of_random_programs(void **state)
{
	srand(17);
	for (unsigned n = 0; n < 2000; n++) {
		struct model m = {.count = (size_t)rand() % 5};
		const struct cuts_trial trial = {.without = without, .arg = &m};
		struct cuts c = {0};
		size_t smallest = 0;

		for (size_t i = 0; i < m.count; i++)
			do
				m.sets[i] = (unsigned)(rand() & rand()) & 0xfff;
			while (!m.sets[i]);
		assert_int_equal(cuts_find(&trial, 0xfff, &c, NULL), 0);
		for (size_t i = 0; i < m.count; i++) {
			bool is_smallest = true;

			for (size_t k = 0; k < m.count; k++)
				is_smallest &= k == i || (m.sets[k] & ~m.sets[i]) || (m.sets[k] == m.sets[i] && k > i);
			smallest += is_smallest;
			if (is_smallest && !has(&c, m.sets[i]))
				fail_msg("program %u: a set is missing", n);
		}
		if (c.count != smallest || !c.complete || m.trials > CUTS_TESTS)
			fail_msg("program %u: %zu sets of %zu, %u trials", n, c.count, smallest, m.trials);
	}
}

static void says_that_nothing_can_be_found(void **state)
{
	struct model m = {.sets = {0}, .count = 1}; /* an empty set: nothing helps */
	const struct cuts_trial trial = {.without = without, .arg = &m};
	struct cuts c = {0};

	assert_int_equal(cuts_find(&trial, 0xff, &c, NULL), 1);
	assert_int_equal(c.count, 0);
}

static void goes_on_from_what_is_known(void **state)
{
	struct model m = {.sets = {0x3, 0xc}, .count = 2};
	const struct cuts_trial trial = {.without = without, .arg = &m};
	struct cuts c = {.set = {0x3}, .count = 1};

	assert_int_equal(cuts_find(&trial, 0xff, &c, NULL), 0);
	assert_int_equal(c.count, 2);
	assert_true(has(&c, 0xc));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_one_is_needed_of),
		cmocka_unit_test(finds_every_set_of_random_programs),
		cmocka_unit_test(says_that_nothing_can_be_found),
		cmocka_unit_test(goes_on_from_what_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
