#include "shim/recorder/stream/audit_rule.h"

#include "base/cleanup.h"

#include <linux/audit.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct field {
	uint32_t field, op, value;
	const char *text; /* in place of value */
};

/* The kernel's form of a rule; freed by the caller. */
static struct audit_rule_data *make(uint32_t list, const struct field *fields, size_t count, size_t *ret_len)
{
	struct audit_rule_data *r = calloc(1, sizeof(*r) + 256);

	assert_non_null(r);
	r->flags = list;
	r->action = AUDIT_NEVER;
	r->field_count = (uint32_t)count;
	for (size_t i = 0; i < count; i++) {
		r->fields[i] = fields[i].field;
		r->fieldflags[i] = fields[i].op;
		r->values[i] = fields[i].value;
		if (fields[i].text) {
			r->values[i] = (uint32_t)strlen(fields[i].text);
			memcpy(r->buf + r->buflen, fields[i].text, r->values[i]);
			r->buflen += r->values[i];
		}
	}
	*ret_len = sizeof(*r) + r->buflen;
	return r;
}

static void rules(void **state)
{
	static const struct {
		uint32_t list;
		struct field fields[3];
		size_t count;
		enum audit_drop drop;
		const char *fix;
	} cases[] = {
		{AUDIT_FILTER_EXCLUDE, {{AUDIT_MSGTYPE, AUDIT_EQUAL, AUDIT_SECCOMP, NULL}}, 1, AUDIT_DROP_ALL,
		 "auditctl -d never,exclude -F msgtype=1326"},
		{AUDIT_FILTER_EXCLUDE, {{AUDIT_MSGTYPE, AUDIT_EQUAL, AUDIT_CWD, NULL}}, 1, AUDIT_DROP_NONE, NULL},
		{AUDIT_FILTER_EXCLUDE, {{AUDIT_MSGTYPE, AUDIT_NOT_EQUAL, AUDIT_CWD, NULL}}, 1, AUDIT_DROP_ALL,
		 "auditctl -d never,exclude -F msgtype!=1307"},
		{AUDIT_FILTER_EXCLUDE,
		 {{AUDIT_MSGTYPE, AUDIT_GREATER_THAN_OR_EQUAL, 1300, NULL}, {AUDIT_MSGTYPE, AUDIT_LESS_THAN_OR_EQUAL, 1399, NULL}},
		 2, AUDIT_DROP_ALL, "auditctl -d never,exclude -F msgtype>=1300 -F msgtype<=1399"},
		{AUDIT_FILTER_EXCLUDE,
		 {{AUDIT_MSGTYPE, AUDIT_GREATER_THAN, 1326, NULL}, {AUDIT_MSGTYPE, AUDIT_LESS_THAN, 1399, NULL}},
		 2, AUDIT_DROP_NONE, NULL},
		{AUDIT_FILTER_EXCLUDE, {{AUDIT_UID, AUDIT_EQUAL, 1000, NULL}}, 1, AUDIT_DROP_SOME, "auditctl -d never,exclude -F uid=1000"},
		{AUDIT_FILTER_EXCLUDE,
		 {{AUDIT_EXE, AUDIT_EQUAL, 0, "/bin/x"}, {AUDIT_SUBJ_TYPE, AUDIT_NOT_EQUAL, 0, "a_t"}, {AUDIT_MSGTYPE, AUDIT_EQUAL, AUDIT_SECCOMP, NULL}},
		 3, AUDIT_DROP_SOME, "auditctl -d never,exclude -F exe=/bin/x -F subj_type!=a_t -F msgtype=1326"},
		{AUDIT_FILTER_EXCLUDE, {{AUDIT_UID, AUDIT_EQUAL, 0, NULL}, {AUDIT_MSGTYPE, AUDIT_EQUAL, AUDIT_CWD, NULL}}, 2, AUDIT_DROP_NONE, NULL},
		{AUDIT_FILTER_EXIT, {{AUDIT_UID, AUDIT_EQUAL, 0, NULL}}, 1, AUDIT_DROP_NONE, NULL},
		{AUDIT_FILTER_EXCLUDE, {{0}}, 0, AUDIT_DROP_ALL, "auditctl -d never,exclude"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_buf struct buf fix = {0};
		size_t len;
		struct audit_rule_data *rule = make(cases[i].list, cases[i].fields, cases[i].count, &len);

		if (audit_rule_evaluate(rule, len, &fix) != cases[i].drop)
			fail_msg("case %zu", i);
		if (cases[i].fix)
			assert_string_equal(fix.data, cases[i].fix);
		else
			assert_int_equal(fix.len, 0);
		free(rule);
	}
}

/* What no kernel sends: too short, a count or a length beyond the end. */
static void damaged(void **state)
{
	static const struct field exe = {AUDIT_EXE, AUDIT_EQUAL, 0, "/bin/x"};
	cleanup_buf struct buf fix = {0};
	size_t len;
	struct audit_rule_data *rule = make(AUDIT_FILTER_EXCLUDE, &exe, 1, &len);

	assert_int_equal(audit_rule_evaluate(rule, sizeof(*rule) - 1, &fix), AUDIT_DROP_NONE);
	rule->values[0] = UINT32_MAX;
	rule->field_count = UINT32_MAX;
	assert_int_equal(audit_rule_evaluate(rule, len, &fix), AUDIT_DROP_SOME);
	free(rule);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(rules), cmocka_unit_test(damaged)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
