#include "shim/cli/floor/ablation.h"

#include "base/text.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define U ABLATION_UNTRIED
#define S ABLATION_STARTS
#define F ABLATION_FAILS

static void tells_uses_apart(void **state)
{
	static const struct {
		uint64_t seen, starts;
		bool tried, either;
		enum ablation_outcome without[ABLATION_ERRNOS];
		enum floor_use use;
	} cases[] = {
		{10, 10, false, false, {U, U}, FLOOR_UNKNOWN}, {3, 10, false, false, {U, U}, FLOOR_UNKNOWN},
		{10, 10, true, false, {F, F}, FLOOR_NEEDS},    {5, 10, true, false, {F, F}, FLOOR_NEEDS},
		{10, 10, true, false, {S, S}, FLOOR_TRIES},    {10, 10, true, false, {S, F}, FLOOR_TRIES},
		{10, 10, true, false, {F, S}, FLOOR_TRIES},    {9, 10, true, false, {S, S}, FLOOR_MAY_USE},
		{1, 10, true, false, {U, U}, FLOOR_MAY_USE},   {10, 10, true, false, {U, U}, FLOOR_UNKNOWN},
		{10, 10, true, true, {S, S}, FLOOR_EITHER},    {10, 10, true, true, {F, F}, FLOOR_NEEDS},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (floor_use_of(cases[i].seen, cases[i].starts, cases[i].tried, cases[i].either, cases[i].without) != cases[i].use)
			fail_msg("case %zu", i);
}

static void reads_what_it_writes(void **state)
{
	cleanup_ablation struct ablation a = {0}, b = {0};
	cleanup_buf struct buf one = {0}, two = {0};
	const struct arch *x64 = arch_get(ARCH_X86_64);

	assert_int_equal(ablation_set(&a, FLOOR_EXEC, x64, 430, ABLATION_ENOSYS, S, NULL), 0);
	assert_int_equal(ablation_set(&a, FLOOR_CREATE, x64, 59, ABLATION_ENOSYS, F, NULL), 0);
	assert_int_equal(ablation_set(&a, FLOOR_EXEC, x64, 430, ABLATION_EPERM, F, NULL), 0);
	assert_int_equal(a.count, 2);
	const struct ablation_either either = {.phase = FLOOR_CREATE, .by = ABLATION_EPERM, .arch = x64, .nr = {72, 437}, .count = 2};

	assert_int_equal(ablation_add_either(&a, &either, NULL), 0);
	ablation_find(&a, FLOOR_EXEC, x64, 430)->unmade = true;
	assert_int_equal(ablation_write(&a, &one, NULL), 0);
	assert_int_equal(ablation_parse(one.data, one.len, "a", &b, NULL), 0);
	assert_int_equal(ablation_write(&b, &two, NULL), 0);
	assert_string_equal(one.data, two.data);
	assert_int_equal(ablation_find(&b, FLOOR_EXEC, x64, 430)->without[ABLATION_EPERM], F);
	assert_true(ablation_find(&b, FLOOR_EXEC, x64, 430)->unmade);
	assert_false(ablation_find(&b, FLOOR_CREATE, x64, 59)->unmade);
	assert_null(ablation_find(&b, FLOOR_CREATE, x64, 430));
	assert_int_equal(b.either_count, 1);
	assert_int_equal(b.either[0].by, ABLATION_EPERM);
	assert_true(ablation_is_either(&b, FLOOR_CREATE, x64, 437));
	assert_false(ablation_is_either(&b, FLOOR_EXEC, x64, 437));
}

static void refuses_what_is_none(void **state)
{
	static const struct {
		const char *text, *why;
		int r;
	} cases[] = {
		{"{}", "version", -EINVAL},
		{"{\"version\": 2, \"calls\": []}", "version 1", -EPROTONOSUPPORT},
		{"{\"version\": 1}", "calls", -EINVAL},
		{"{\"version\": 1, \"calls\": [{\"phase\": \"x\"}]}", "create", -EINVAL},
		{"{\"version\": 1, \"calls\": [{\"phase\": \"exec\", \"arch\": \"x86_64\", \"nr\": 1, \"enosys\": \"no\"}]}",
		 "starts", -EINVAL},
		{"{\"version\": 1, \"calls\": [], \"either\": [{\"phase\": \"exec\", \"arch\": \"x86_64\", \"errno\": \"no\"}]}", "eperm",
		 -EINVAL},
		{"{\"version\": 1, \"calls\": [], \"either\": [{\"phase\": \"exec\", \"arch\": \"x86_64\", \"errno\": \"eperm\"}]}", "nr",
		 -EINVAL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_ablation struct ablation a = {0};
		struct err err = {0};

		assert_int_equal(ablation_parse(cases[i].text, strlen(cases[i].text), "f", &a, &err), cases[i].r);
		if (!strstr(err.msg, cases[i].why))
			fail_msg("case %zu: %s", i, err.msg);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_uses_apart),
		cmocka_unit_test(reads_what_it_writes),
		cmocka_unit_test(refuses_what_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
