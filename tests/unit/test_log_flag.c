#include "seccomp/learning/log_flag.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LOG  "\"SECCOMP_FILTER_FLAG_LOG\""
#define SPEC "\"SECCOMP_FILTER_FLAG_SPEC_ALLOW\""

static const struct {
	const char *in, *out; /* out NULL: refused */
} cases[] = {
	/* none: both, for runtimes take the second by themselves only where none are written */
	{" {\"defaultAction\":\"x\", \"a\": 1 }\n", "{\"flags\":[" LOG "," SPEC "],\"defaultAction\":\"x\", \"a\": 1 }"},
	{"{}", "{\"flags\":[" LOG "," SPEC "]}"},
	{"{\"flags\": null ,\"a\":1}", "{\"flags\": [" LOG "," SPEC "] ,\"a\":1}"},
	/* somebody's own: nothing but the one is added */
	{"{\"flags\":[]}", "{\"flags\":[" LOG "]}"},
	{"{\"a\":[],\"flags\":[ " SPEC "]}", "{\"a\":[],\"flags\":[" LOG ", " SPEC "]}"},
	{"{\"flags\":[\"X\"," LOG "]}", "{\"flags\":[\"X\"," LOG "]}"},
	{"{\"flags\":[\"SECCOMP_FILTER_FLAG_\\u004cOG\"]}", "{\"flags\":[\"SECCOMP_FILTER_FLAG_\\u004cOG\"]}"},
	{"{\"a\":{\"flags\":[" LOG "]}}", "{\"flags\":[" LOG "," SPEC "],\"a\":{\"flags\":[" LOG "]}}"},
	{"{\"flags\":\"SECCOMP_FILTER_FLAG_LOG\"}", NULL},
	{"{\"flags\":[1]}", NULL},
	{"{\"Flags\":[]}", NULL}, /* Go reads it as flags, others do not */
	{"{\"flags\":[],\"flags\":[]}", NULL},
	{"[]", NULL},
	{"", NULL},
	{"{\"flags\":[]", NULL},
};

static void test_add(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_buf struct buf got = {0};
		struct err err = {0};
		int r = log_flag_add(cases[i].in, strlen(cases[i].in), "p.json", &got, &err);

		if (!cases[i].out) {
			assert_int_equal(r, -EINVAL);
			assert_non_null(strstr(err.msg, "p.json"));
			continue;
		}
		assert_int_equal(r, 0);
		assert_string_equal(got.data, cases[i].out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_add)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
