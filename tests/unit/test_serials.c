#include "shim/recorder/stream/serials.h"

#include "base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* Serials arrive as listed; then everything below `probe` is complete or not. */
static void arrivals(void **state)
{
	static const struct {
		const char *what;
		uint32_t in[8];
		size_t count;
		uint32_t probe;
		bool complete;
	} cases[] = {
		{"in order", {5, 6, 7}, 3, 7, true},
		{"two records of one event", {5, 6, 6, 7}, 4, 7, true},
		{"out of order", {5, 7, 8, 6}, 4, 8, true},
		{"one is missing", {5, 7, 8}, 3, 8, false},
		{"the newest is missing", {5, 6}, 2, 8, false},
		{"late below the first", {5, 3, 6}, 3, 6, true},
		{"across the wrap", {UINT32_MAX - 1, UINT32_MAX, 0, 1}, 4, 1, true},
		{"missing at the wrap", {UINT32_MAX - 1, 0, 1}, 3, 1, false},
		{"out of order at the wrap", {UINT32_MAX - 1, 0, 1, UINT32_MAX}, 4, 1, true},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct serials *s = test_calloc(1, sizeof(*s));

		for (size_t j = 0; j < cases[i].count; j++)
			assert_true(serials_see(s, cases[i].in[j]));
		if (serials_complete_below(s, cases[i].probe) != cases[i].complete)
			fail_msg("%s", cases[i].what);
		test_free(s);
	}
}

static void nothing_yet_is_not_complete(void **state)
{
	struct serials *s = test_calloc(1, sizeof(*s));

	assert_false(serials_complete_below(s, 0));
	test_free(s);
}

static void giving_up(void **state)
{
	struct serials *s = test_calloc(1, sizeof(*s));

	serials_see(s, 1);
	serials_see(s, 3);
	serials_see(s, 5);
	serials_see(s, 6);
	assert_false(serials_complete_below(s, 5));
	serials_skip_to(s, 5);
	assert_true(serials_complete_below(s, 6));
	assert_true(serials_complete_below(s, 7));
	assert_false(serials_complete_below(s, 8));
	test_free(s);
}

/* A gap that is never filled is told once the window is full, near it and far beyond it; afterwards counting goes on. */
static void window_overflow(void **state)
{
	static const uint32_t jumps[] = {SERIALS_WINDOW + 5, 10 * SERIALS_WINDOW};

	for (size_t i = 0; i < ARRAY_SIZE(jumps); i++) {
		struct serials *s = test_calloc(1, sizeof(*s));
		bool lost = false;

		serials_see(s, 1);
		serials_see(s, 3);
		lost |= !serials_see(s, jumps[i]);
		assert_true(lost);
		serials_skip_to(s, jumps[i]);
		assert_true(serials_see(s, jumps[i] + 2));
		assert_false(serials_complete_below(s, jumps[i] + 2));
		assert_true(serials_see(s, jumps[i] + 1));
		assert_true(serials_complete_below(s, jumps[i] + 3));
		test_free(s);
	}
}

/* No stale bit of an earlier lap passes for an arrival. */
static void laps(void **state)
{
	struct serials *s = test_calloc(1, sizeof(*s));
	uint32_t n = 0;

	for (; n < 3 * SERIALS_WINDOW; n += 2) {
		assert_true(serials_see(s, n + 1));
		assert_true(serials_see(s, n));
	}
	assert_true(serials_complete_below(s, n));
	assert_false(serials_complete_below(s, n + 1));
	test_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arrivals), cmocka_unit_test(nothing_yet_is_not_complete), cmocka_unit_test(giving_up),
		cmocka_unit_test(window_overflow), cmocka_unit_test(laps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
