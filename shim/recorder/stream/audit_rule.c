#include "shim/recorder/stream/audit_rule.h"

#include "base/cleanup.h"

#include <linux/audit.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static const struct {
	uint32_t flag;
	const char *sign;
} operators[] = {
	{AUDIT_EQUAL, "="},           {AUDIT_NOT_EQUAL, "!="}, {AUDIT_LESS_THAN, "<"}, {AUDIT_LESS_THAN_OR_EQUAL, "<="},
	{AUDIT_GREATER_THAN, ">"},    {AUDIT_GREATER_THAN_OR_EQUAL, ">="},
	{AUDIT_BIT_MASK, "&"},        {AUDIT_BIT_TEST, "&="},
};

/* The fields that the exclude list accepts (kernel/auditfilter.c audit_field_valid()). text: the value is in the rule's buffer. */
static const struct {
	uint32_t field;
	const char *name;
	bool text;
} fields[] = {
	{AUDIT_PID, "pid", false},          {AUDIT_UID, "uid", false},           {AUDIT_GID, "gid", false},
	{AUDIT_LOGINUID, "auid", false},    {AUDIT_LOGINUID_SET, "loginuid_set", false},
	{AUDIT_MSGTYPE, "msgtype", false},  {AUDIT_SUBJ_USER, "subj_user", true}, {AUDIT_SUBJ_ROLE, "subj_role", true},
	{AUDIT_SUBJ_TYPE, "subj_type", true}, {AUDIT_SUBJ_SEN, "subj_sen", true}, {AUDIT_SUBJ_CLR, "subj_clr", true},
	{AUDIT_EXE, "exe", true},           {AUDIT_FILTERKEY, "key", true},
};

/* kernel/auditfilter.c audit_comparator() */
static bool compare(uint32_t left, uint32_t op, uint32_t right)
{
	switch (op) {
	case AUDIT_EQUAL:
		return left == right;
	case AUDIT_NOT_EQUAL:
		return left != right;
	case AUDIT_LESS_THAN:
		return left < right;
	case AUDIT_LESS_THAN_OR_EQUAL:
		return left <= right;
	case AUDIT_GREATER_THAN:
		return left > right;
	case AUDIT_GREATER_THAN_OR_EQUAL:
		return left >= right;
	case AUDIT_BIT_MASK:
		return left & right;
	case AUDIT_BIT_TEST:
		return (left & right) == right;
	default:
		return true;
	}
}

static const char *sign_of(uint32_t op)
{
	for (size_t i = 0; i < ARRAY_SIZE(operators); i++)
		if (operators[i].flag == op)
			return operators[i].sign;
	return "?";
}

/* Appends one "-F NAME OP VALUE"; if the value is text, moves *texts past it. */
static void add_field(const struct audit_rule_data *rule, uint32_t i, const char **texts, const char *end, struct buf *out)
{
	const char *sign = sign_of(rule->fieldflags[i] & AUDIT_OPERATORS);

	for (size_t k = 0; k < ARRAY_SIZE(fields); k++) {
		size_t len = rule->values[i];

		if (fields[k].field != rule->fields[i])
			continue;
		if (!fields[k].text) {
			buf_addf(out, " -F %s%s%u", fields[k].name, sign, rule->values[i]);
			return;
		}
		if (len > (size_t)(end - *texts))
			len = (size_t)(end - *texts);
		buf_addf(out, " -F %s%s%.*s", fields[k].name, sign, (int)len, *texts);
		*texts += len;
		return;
	}
	buf_addf(out, " -F %u%s%u", rule->fields[i], sign, rule->values[i]);
}

static void add_rule(const struct audit_rule_data *rule, size_t len, struct buf *out)
{
	const char *texts = rule->buf, *end = (const char *)rule + len;

	buf_addf(out, "%sauditctl -d %s,exclude", out->len ? " && " : "", rule->action == AUDIT_NEVER ? "never" : "always");
	for (uint32_t i = 0; i < rule->field_count && i < AUDIT_MAX_FIELDS; i++)
		add_field(rule, i, &texts, end, out);
}

enum audit_drop audit_rule_evaluate(const void *payload, size_t len, struct buf *ret_fix)
{
	union {
		struct audit_rule_data rule;
		char bytes[AUDIT_RULE_MAX];
	} r;
	enum audit_drop drop = AUDIT_DROP_ALL;

	if (len < sizeof(r.rule))
		return AUDIT_DROP_NONE;
	len = len < sizeof(r) ? len : sizeof(r);
	memcpy(&r, payload, len);
	if ((r.rule.flags & ~(uint32_t)AUDIT_FILTER_PREPEND) != AUDIT_FILTER_EXCLUDE)
		return AUDIT_DROP_NONE;
	for (uint32_t i = 0; i < r.rule.field_count && i < AUDIT_MAX_FIELDS; i++) {
		if (r.rule.fields[i] == AUDIT_FILTERKEY)
			continue;
		/* The other fields may match a container's processes even if they do not match the probe. */
		if (r.rule.fields[i] != AUDIT_MSGTYPE)
			drop = AUDIT_DROP_SOME;
		else if (!compare(AUDIT_SECCOMP, r.rule.fieldflags[i] & AUDIT_OPERATORS, r.rule.values[i]))
			return AUDIT_DROP_NONE;
	}
	if (ret_fix)
		add_rule(&r.rule, len, ret_fix);
	return drop;
}
