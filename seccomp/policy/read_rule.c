/* Reads one rule of a seccomp section. */
#include "seccomp/policy/read_section.h"

#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct member RULE[] = {
	{"names", ALL},    {"action", ALL},       {"errnoRet", ALL},    {"args", ALL},    {"name", DOCKER},
	{"comment", DOCKER}, {"includes", DOCKER}, {"excludes", DOCKER}, {"errno", DOCKER},
};
static const struct member ARG[] = {{"index", ALL}, {"value", ALL}, {"valueTwo", ALL}, {"op", ALL}};
static const struct member CONDITION[] = {{"caps", DOCKER}, {"arches", DOCKER}, {"minKernel", DOCKER}};

/* A rule being read; the names belong to the document. */
struct draft {
	struct policy_rule rule;
	char path[64];
};

static void condition_done(struct policy_condition *c)
{
	free(c->caps);
	free(c->arches);
}

static void draft_done(struct draft *d)
{
	free(d->rule.names);
	free(d->rule.args);
	condition_done(&d->rule.includes);
	condition_done(&d->rule.excludes);
}

/* The strings of an array, which belong to the document; `what` is for the message. The caller frees *ret, also after an
 * error. */
static int read_strings(struct section *s, const struct json *list, const char *what, char ***ret, size_t *ret_count)
{
	int r = section_want_array(s, list);

	if (r < 0 || !json_count(list))
		return r;
	*ret = reallocarray(NULL, json_count(list), sizeof(**ret));
	if (!*ret)
		return err_set(s->err, ENOMEM, "out of memory");
	for (const struct json *e = json_first(list); e && r == 0; e = json_next(e)) {
		r = section_want_text(s, e, what);
		if (r == 0)
			(*ret)[(*ret_count)++] = (char *)(uintptr_t)json_text(e);
	}
	return r;
}

static int read_condition(struct section *s, const struct json *obj, struct policy_condition *ret)
{
	const struct json *kernel = section_member(obj, "minKernel");
	char end = 0;
	int r;

	if (!obj)
		return 0;
	r = section_check_members(s, obj, CONDITION, ARRAY_SIZE(CONDITION));
	if (r == 0)
		r = read_strings(s, section_member(obj, "caps"), "the name of a capability", &ret->caps, &ret->cap_count);
	if (r == 0)
		r = read_strings(s, section_member(obj, "arches"), "the name of a machine", &ret->arches, &ret->arch_count);
	if (r < 0 || !kernel)
		return r;
	r = section_want_text(s, kernel, "a version");
	ret->has_kernel = true;
	/* moby seccomp.go KernelVersion: "MAJOR.MINOR" */
	if (r == 0 && (sscanf(json_text(kernel), "%4u.%4u%c", &ret->kernel[0], &ret->kernel[1], &end) != 2 ||
		       json_text(kernel)[0] == '-' || json_text(kernel)[0] == '+'))
		r = json_err(s->doc, kernel, s->err, "expected a version like \"4.8\"");
	return r;
}

/* An element of a list. What crun reads with json-c (since 1.28) leaves out the whole section that has a null here. */
static int want_object(struct section *s, const struct json *v)
{
	if (json_type(v) == JSON_NULL)
		return json_err(s->doc, v, s->err, "expected an object; with a null here crun 1.28 starts containers without any filter");
	return 0;
}

/* Rules that answer as the default does are left out too. */
static bool has_effect(const struct section *s, const struct policy_rule *rule)
{
	return section_names_some_call(rule) && !policy_same_answer(&rule->answer, policy_default(s->policy));
}

/* Both runtimes leave out a rule without effect before they look at the index. */
static int index_too_high(struct section *s, const struct json *v, uint64_t index, const struct policy_rule *rule)
{
	int r = 0;

	if (index > UINT32_MAX)
		r = section_remark(s, POLICY_WIDE_INDEX, v, "%llu has more than 32 bits", (unsigned long long)index);
	if (r < 0)
		return r;
	if (!has_effect(s, rule))
		return section_remark(s, POLICY_EMPTY_RULE, v, "compares an argument that no system call has; the rule has no effect");
	return json_err(s->doc, json_get(v, "index"), s->err, "a system call has arguments 0 to %d", POLICY_ARGS_MAX - 1);
}

/* runc looks at the operator once for each name, crun only where the rule has an effect; but crun's reader wants the member to be there. */
static int read_op(struct section *s, const struct json *v, const struct policy_rule *rule, enum policy_op *ret)
{
	const struct json *op = section_member(v, "op");
	const char *name = NULL;
	int r;

	if (!op && !rule->name_count)
		return section_remark(s, POLICY_NO_OP, v, "\"op\" is missing or null");
	r = json_want_string(s->doc, v, "op", &name, s->err);
	if (r < 0 || policy_op_by_name(name, ret) == 0 || !rule->name_count)
		return r;
	if (has_effect(s, rule))
		return json_err(s->doc, op, s->err, "unknown operator");
	return section_remark(s, POLICY_UNKNOWN_OP, op, "unknown operator: %s", name);
}

/* The value that an argument is compared with. crun reads a negative number as strtoull(3) does, and since 1.28 (json-c) a number that is too
 * high as the highest one. */
static int read_value(struct section *s, const struct json *obj, const char *name, uint64_t *ret)
{
	const struct json *v = section_member(obj, name);
	const char *digits = v && json_type(v) == JSON_NUMBER && *json_text(v) == '-' ? json_text(v) + 1 : NULL;

	if (!v)
		return 0;
	if (json_u64(v, ret) == -ERANGE) {
		*ret = UINT64_MAX;
		return section_remark(s, POLICY_WIDE_VALUE, v, "%.40s", json_text(v));
	}
	if (!digits || text_parse_u64(digits, ret) < 0)
		return json_want_u64(s->doc, obj, name, ret, s->err);
	*ret = 0 - *ret;
	return section_remark(s, POLICY_NEGATIVE_VALUE, v, "%s becomes 0x%llx", json_text(v), (unsigned long long)*ret);
}

static int read_arg(struct section *s, const struct json *v, const struct policy_rule *rule, struct policy_arg *ret)
{
	uint64_t index = 0;
	int r;

	if (json_type(v) == JSON_NULL && !rule->name_count)
		return section_remark(s, POLICY_NO_OP, v, "is null");
	r = want_object(s, v);
	if (r == 0)
		r = section_check_members(s, v, ARG, ARRAY_SIZE(ARG));

	/* For the runtimes' decoders, what is absent is 0. */
	if (r == 0)
		r = section_member(v, "index") ? json_want_u64(s->doc, v, "index", &index, s->err) : 0;
	if (r == 0)
		r = read_value(s, v, "value", &ret->value);
	if (r == 0)
		r = read_value(s, v, "valueTwo", &ret->value_two);
	if (r == 0)
		r = read_op(s, v, rule, &ret->op);
	if (r == 0 && index >= POLICY_ARGS_MAX)
		return index_too_high(s, v, index, rule);
	ret->index = (unsigned)index;
	return r;
}

static int read_args(struct section *s, const struct json *list, struct policy_rule *rule)
{
	unsigned seen = 0;
	bool twice = false;
	int r = section_want_array(s, list);

	if (r < 0 || !json_count(list))
		return r;
	rule->args = calloc(json_count(list), sizeof(*rule->args));
	if (!rule->args)
		return err_set(s->err, ENOMEM, "out of memory");
	for (const struct json *e = json_first(list); e && r == 0; e = json_next(e)) {
		struct policy_arg *arg = &rule->args[rule->arg_count++];

		r = read_arg(s, e, rule, arg);
		twice |= r == 0 && seen >> arg->index & 1;
		seen |= r == 0 ? 1u << arg->index : 0;
	}
	if (r == 0 && twice)
		r = section_remark(s, POLICY_INDEX_TWICE, list,
			   "compares one argument twice: to runtimes, any one of the comparisons is enough");
	return r;
}

/* A null is the empty name, as in runc's decoder. */
static int read_call_names(struct section *s, const struct json *list, struct policy_rule *rule)
{
	static char empty[] = "";
	int r = section_want_array(s, list);

	if (r < 0 || !json_count(list))
		return r;
	rule->names = reallocarray(NULL, json_count(list), sizeof(*rule->names));
	if (!rule->names)
		return err_set(s->err, ENOMEM, "out of memory");
	for (const struct json *e = json_first(list); e && r == 0; e = json_next(e)) {
		bool null = json_type(e) == JSON_NULL;

		r = null ? 0 : section_want_text(s, e, "the name of a system call");
		if (r == 0)
			rule->names[rule->name_count++] = null ? empty : (char *)(uintptr_t)json_text(e);
	}
	return r;
}

static int read_names(struct section *s, const struct json *v, struct policy_rule *rule)
{
	const struct json *list = section_member(v, "names"), *one = section_member(v, "name");
	int r = 0;

	if (!list && !one)
		return section_remark(s, POLICY_NO_NAMES, v, "\"names\" is missing or null");
	if (one && json_count(list))
		return json_err(s->doc, one, s->err, "Docker and Podman refuse it together with \"names\"");
	if (one) {
		r = section_want_text(s, one, "the name of a system call");
		rule->legacy_name = true;
		rule->names = malloc(sizeof(*rule->names));
		if (!rule->names)
			return err_set(s->err, ENOMEM, "out of memory");
		rule->names[rule->name_count++] = (char *)(uintptr_t)json_text(one);
	} else {
		r = read_call_names(s, list, rule);
	}
	if (r == 0 && one && !policy_knows_call(json_text(one)))
		r = section_remark(s, POLICY_UNKNOWN_NAME, one, "unknown system call: %s", json_text(one));
	for (const struct json *e = json_first(list); e && r == 0; e = json_next(e))
		if (json_type(e) != JSON_NULL && !policy_knows_call(json_text(e)))
			r = section_remark(s, POLICY_UNKNOWN_NAME, e, "unknown system call: %s", json_text(e));
	if (r == 0 && !rule->name_count)
		r = section_remark(s, POLICY_EMPTY_RULE, v, "names no system call");
	return r;
}

int section_read_rule(struct section *s, const struct json *v, size_t number)
{
	cleanup_with(draft_done) struct draft d = {0};
	const struct json *comment;
	int r = want_object(s, v);

	if (r == 0)
		r = section_check_members(s, v, RULE, ARRAY_SIZE(RULE));
	if (r == 0)
		r = read_names(s, v, &d.rule);
	if (r == 0)
		r = section_read_answer(s, v, "action", "errnoRet", "errno", &d.rule, &d.rule.answer);
	if (r == 0)
		r = read_args(s, section_member(v, "args"), &d.rule);
	if (r == 0)
		r = read_condition(s, section_member(v, "includes"), &d.rule.includes);
	if (r == 0)
		r = read_condition(s, section_member(v, "excludes"), &d.rule.excludes);
	comment = section_member(v, "comment");
	if (r == 0 && comment)
		r = section_want_text(s, comment, "a string");
	if (r < 0)
		return r;
	d.rule.comment = comment && json_text_len(comment) ? (char *)(uintptr_t)json_text(comment) : NULL;
	d.rule.line = json_line(s->doc, v);
	snprintf(d.path, sizeof(d.path), "%.40ssyscalls[%zu]", s->path.data ? s->path.data : "", number);
	d.rule.path = d.path;
	return policy_add_rule(s->policy, &d.rule, s->err);
}
