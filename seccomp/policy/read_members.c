/* The members of an object in a seccomp section: finds them, checks them, adds remarks. */
#include "seccomp/policy/read_section.h"

#include "base/json/members.h"
#include "base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REMARKS_MAX 1000
#define DATA_MAX    0xffff /* SECCOMP_RET_DATA */

const struct json *section_member(const struct json *obj, const char *name)
{
	const struct json *v = json_get(obj, name);

	return json_type(v) == JSON_NULL ? NULL : v;
}

int section_remark(struct section *s, enum policy_remark_kind kind, const struct json *v, const char *fmt, ...)
{
	cleanup_buf struct buf path = {0};
	const struct policy_remark *all = NULL;
	char text[ERR_MSG_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (policy_remarks(s->policy, &all) >= REMARKS_MAX)
		return 0;
	json_add_path(v, &path);
	return policy_add_remark(s->policy, kind, json_line(s->doc, v), path.data, s->err, "%s", text);
}

int section_check_members(struct section *s, const struct json *obj, const struct member *members, size_t count)
{
	const char *names[16];
	int r;

	for (size_t i = 0; i < count; i++)
		names[i] = members[i].name;
	if (json_type(obj) != JSON_OBJECT)
		return json_err(s->doc, obj, s->err, "expected an object");
	r = json_check_members(s->doc, obj, names, count, s->err);
	for (const struct json *m = json_first(obj); m && r == 0; m = json_next(m)) {
		size_t i = 0;

		while (i < count && !(members[i].dialects & s->dialect && text_streq(members[i].name, json_key(m))))
			i++;
		if (i == count)
			r = section_remark(s, POLICY_UNKNOWN_FIELD, m, "\"%s\" is not read", json_key(m));
	}
	return r;
}

int section_want_array(struct section *s, const struct json *v)
{
	return !v || json_type(v) == JSON_ARRAY ? 0 : json_err(s->doc, v, s->err, "expected an array");
}

int section_want_text(struct section *s, const struct json *v, const char *what)
{
	if (json_type(v) != JSON_STRING)
		return json_err(s->doc, v, s->err, "expected %s", what);
	if (strlen(json_text(v)) != json_text_len(v))
		return json_err(s->doc, v, s->err, "contains a NUL character");
	if (!text_is_utf8(json_text(v), json_text_len(v)))
		return json_err(s->doc, v, s->err, "is not UTF-8");
	return 0;
}

bool section_names_some_call(const struct policy_rule *rule)
{
	for (size_t i = 0; i < rule->name_count; i++)
		if (policy_knows_call(rule->names[i]))
			return true;
	return false;
}

/* runc takes 64 bits, crun 32, and both pass on the lower 16 (SECCOMP_RET_DATA), of which libseccomp refuses an errno of 4095
 * and above (src/db.c db_action_valid()). */
static int take_errno(struct section *s, const struct json *v, uint64_t n, const struct policy_rule *rule, struct policy_answer *ret)
{
	bool used = ret->action == POLICY_ERRNO || ret->action == POLICY_TRACE;
	int r = 0;

	if (ret->action == POLICY_ERRNO && (n & DATA_MAX) >= POLICY_ERRNO_MAX && (!rule || section_names_some_call(rule)))
		return json_err(s->doc, v, s->err, "too high for an errno");
	ret->has_errno = true;
	ret->errno_ret = (uint32_t)(n & DATA_MAX);
	if (n > UINT32_MAX)
		r = section_remark(s, POLICY_WIDE_ERRNO, v, "%llu has more than 32 bits", (unsigned long long)n);
	if (r == 0 && used && n > DATA_MAX)
		r = section_remark(s, POLICY_WRAPPED_ERRNO, v, "%llu becomes %u", (unsigned long long)n, ret->errno_ret);
	if (r < 0 || used)
		return r;
	return section_remark(s, POLICY_IGNORED_ERRNO, v, "%s takes no errno; crun refuses one", policy_action_name(ret->action));
}

/* The number of an answer: errnoRet (security-profiles-operator writes it as a string), or containers/common's errno,
 * which wins if both are present (pkg/seccomp/seccomp_linux.go). */
static int read_number(struct section *s, const struct json *number, const struct json *name, const struct policy_rule *rule,
		       struct policy_answer *ret)
{
	const struct json *v = name && json_text_len(name) ? name : number;
	uint64_t n = 0;

	if (!v)
		return 0;
	if (v == name || json_type(v) == JSON_STRING) {
		uint32_t found = 0;

		if (json_type(v) != JSON_STRING)
			return json_err(s->doc, v, s->err, "expected a string");
		if (v == number && !(s->dialect & SPO))
			return json_err(s->doc, v, s->err, "expected a number; a name belongs in \"errno\"");
		if (policy_errno_by_name(json_text(v), &found) < 0)
			return json_err(s->doc, v, s->err, "unknown errno");
		n = found;
	} else if (json_u64(v, &n) < 0) {
		return json_err(s->doc, v, s->err, "expected a whole number");
	}
	/* To the operator, 0 is an absent field. */
	if (n == 0 && s->dialect & SPO)
		return 0;
	return take_errno(s, v, n, rule, ret);
}

int section_read_answer(struct section *s, const struct json *obj, const char *action, const char *number,
		       const char *name, const struct policy_rule *rule, struct policy_answer *ret)
{
	const char *text = NULL;
	int r = json_want_string(s->doc, obj, action, &text, s->err);

	if (r < 0)
		return r;
	if (policy_action_by_name(text, &ret->action) < 0)
		return json_err(s->doc, json_get(obj, action), s->err, "unknown action; there are SCMP_ACT_ALLOW, _ERRNO, _LOG, _TRAP, _TRACE, _NOTIFY, _KILL_THREAD and _KILL_PROCESS");
	return read_number(s, section_member(obj, number), section_member(obj, name), rule, ret);
}
