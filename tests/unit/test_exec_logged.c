#include "seccomp/learning/exec_logged.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define RULE(names) "{\"names\":[" names "],\"action\":\"SCMP_ACT_ALLOW\"}"
#define DENY        "{\"names\":[\"execve\"],\"action\":\"SCMP_ACT_ERRNO\"}"
#define IN(rules)   " {\"a\":1, \"syscalls\": [" rules "] }\n"

static const struct {
	const char *in, *out; /* out NULL: unchanged */
} cases[] = {
	{IN(RULE("\"execve\", \"read\"")), IN(RULE("\"read\""))},
	{IN(RULE("\"read\", \"execve\"")), IN(RULE("\"read\""))},
	{IN(RULE("\"brk\",\"execve\",\"execveat\",\"read\"")), IN(RULE("\"brk\",\"read\""))},
	{IN(RULE("\n \"execve\",\n \"execveat\",\n \"read\",\n \"execve\"\n")), IN(RULE("\"read\"\n"))},
	/* a rule that has nothing else: first, last, in the middle, alone, several */
	{IN(RULE("\"execve\"") ", " RULE("\"read\"")), IN(RULE("\"read\""))},
	{IN(RULE("\"read\"") ", " RULE("\"execve\",\"execveat\"")), IN(RULE("\"read\""))},
	{IN(RULE("\"brk\"") "," RULE("\"execve\"") "," RULE("\"read\"")), IN(RULE("\"brk\"") "," RULE("\"read\""))},
	{IN(RULE("\"execve\"")), IN("")},
	{IN(RULE("\"execve\"") "," RULE("\"execveat\"")), IN("")},
	{IN(RULE("\"execve\"") "," RULE("\"execve\",\"x\"") "," RULE("\"execveat\"") "," RULE("\"y\",\"execve\"")),
	 IN(RULE("\"x\"") "," RULE("\"y\""))},
	/* what denies, and what is no execve */
	{IN(DENY), NULL},
	{IN(RULE("\"execv\",\"execve2\"")), NULL},
	{IN(RULE("")), NULL},
	{IN("{\"names\":\"execve\",\"action\":\"SCMP_ACT_ALLOW\"}"), NULL},
	{"{\"syscalls\":null}", NULL},
	{"{}", NULL},
};

static void test_make(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_buf struct buf got = {0};

		assert_int_equal(exec_logged_make(cases[i].in, strlen(cases[i].in), "p", &got, NULL), 0);
		assert_string_equal(got.data, cases[i].out ? cases[i].out : cases[i].in);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_make)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
