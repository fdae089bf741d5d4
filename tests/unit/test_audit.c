#include "shim/recorder/stream/audit.h"

#include "base/cleanup.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Writes one message; says claim bytes of length in its header. */
static size_t message(char *out, uint16_t type, uint32_t seq, const void *text, size_t len, size_t claim)
{
	struct nlmsghdr h = {.nlmsg_len = (uint32_t)claim, .nlmsg_type = type, .nlmsg_seq = seq};

	memcpy(out, &h, sizeof(h));
	memcpy(out + NLMSG_HDRLEN, text, len);
	return NLMSG_HDRLEN + len;
}

static void collect(void *arg, uint16_t type, const char *text, size_t len)
{
	char *all = arg;

	sprintf(all + strlen(all), "%u:%.*s ", type, (int)len, text);
}

static void framing(void **state)
{
	static const struct {
		const char *text[2];
		int claim[2]; /* off the true length by so much; -1000: less than a header */
		uint16_t type;
		int r;
		const char *want;
	} cases[] = {
		{{"abc"}, {0}, 1326, 0, "1326:abc "},
		{{"abc"}, {-NLMSG_HDRLEN}, 1326, 0, "1326:abc "}, /* the unicast form's length */
		{{"abcd", "ef"}, {0, 0}, 1326, 0, "1326:abcd 1326:ef "},
		{{"abc", "ef"}, {0, 0}, 1326, 0, "1326:abc 1326:ef "},
		{{"abcd", "ef"}, {0, 8}, 1326, -EBADMSG, "1326:abcd "},
		{{"abcd", "ef"}, {0, -1000}, 1326, -EBADMSG, "1326:abcd "},
		{{"abc"}, {8}, 1326, -EBADMSG, ""},
		{{"abc"}, {-1000}, 1326, -EBADMSG, ""},
		{{"abc"}, {0}, NLMSG_NOOP, 0, ""},
		{{"abc"}, {0}, NLMSG_OVERRUN, -EBADMSG, ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char data[256] = "", all[256] = "";
		size_t len = 0;

		for (size_t k = 0; k < 2 && cases[i].text[k]; k++) {
			size_t n = strlen(cases[i].text[k]), claim = cases[i].claim[k] == -1000 ? 1 : NLMSG_HDRLEN + n + (size_t)cases[i].claim[k];

			len = NLMSG_ALIGN(len);
			len += message(data + len, cases[i].type, 0, cases[i].text[k], n, claim);
		}
		if (audit_each(data, len, collect, all) != cases[i].r || strcmp(all, cases[i].want) != 0)
			fail_msg("case %zu: %s", i, all);
	}
	assert_int_equal(audit_each("", 0, collect, NULL), -EBADMSG);
	assert_int_equal(audit_each("abc", 3, collect, NULL), -EBADMSG);
}

/* Kernels answer with 8 numbers (before 3.16), 10 or 11. */
static void status_answers(void **state)
{
	static const size_t sizes[] = {7, 8, 10, 11, 20};
	const uint32_t field[20] = {0, 1, 2, 0, 50, 8192, 77, 3};
	struct audit_answer a;
	char data[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		size_t len = message(data, AUDIT_GET, 9, field, sizes[i] * 4, NLMSG_HDRLEN + sizes[i] * 4);

		assert_int_equal(audit_parse_answer(data, len, &a), 0);
		assert_true(a.kind == AUDIT_ANSWER_INFO && a.seq == 9);
		assert_true(a.info.enabled == 1 && a.info.failure == 2 && a.info.rate_limit == 50 && a.info.lost == 77);
	}
	assert_int_equal(audit_parse_answer(data, message(data, AUDIT_GET, 9, field, 24, 40), &a), -EBADMSG);
	assert_int_equal(audit_parse_answer(data, 3, &a), -EBADMSG);
}

static void other_answers(void **state)
{
	const struct nlmsgerr refused = {.error = -EPERM}, done = {.error = 0};
	struct audit_rule_data rule = {.flags = AUDIT_FILTER_EXCLUDE, .action = AUDIT_ALWAYS, .field_count = 1,
				       .fields = {AUDIT_UID}, .values = {1000}, .fieldflags = {AUDIT_EQUAL}};
	struct audit_answer a;
	char data[2048];

	(void)state;
	assert_int_equal(audit_parse_answer(data, message(data, NLMSG_ERROR, 1, &refused, sizeof(refused), 36), &a), -EPERM);
	assert_int_equal(audit_parse_answer(data, message(data, NLMSG_ERROR, 1, &done, sizeof(done), 36), &a), 0);
	assert_int_equal(a.kind, AUDIT_ANSWER_OTHER);
	assert_int_equal(audit_parse_answer(data, message(data, NLMSG_DONE, 1, "", 0, 16), &a), 0);
	assert_int_equal(a.kind, AUDIT_ANSWER_RULES_END);
	/* A rule on a user lets the probe's record through and a container's not. */
	assert_int_equal(audit_parse_answer(data, message(data, AUDIT_LIST_RULES, 1, &rule, sizeof(rule), 0), &a), 0);
	assert_int_equal(a.kind, AUDIT_ANSWER_EXCLUDES);
	rule.flags = AUDIT_FILTER_EXIT;
	assert_int_equal(audit_parse_answer(data, message(data, AUDIT_LIST_RULES, 1, &rule, sizeof(rule), 0), &a), 0);
	assert_int_equal(a.kind, AUDIT_ANSWER_OTHER);
	assert_int_equal(audit_parse_answer(data, message(data, AUDIT_LIST_RULES, 1, &rule, 100, 0), &a), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(framing),
		cmocka_unit_test(status_answers),
		cmocka_unit_test(other_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
