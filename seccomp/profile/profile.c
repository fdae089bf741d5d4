#include "seccomp/profile/profile.h"

#include "base/cleanup.h"
#include "base/json/json.h"
#include "base/json/members.h"
#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ERRNO_MAX     4095 /* include/linux/err.h MAX_ERRNO: the highest that a filter can return */
#define ARG_INDEX_MAX 5
#define TEXT_MAX      (8u << 20)
#define ACTION_DENY   "SCMP_ACT_ERRNO"
#define ACTION_ALLOW  "SCMP_ACT_ALLOW"
#define OP_MASKED     "SCMP_CMP_MASKED_EQ"

struct profile {
	uint32_t errno_ret;
	struct profile_rule *rules; /* sorted by rule_order() */
	size_t rule_count, rule_cap;
	const struct arch *arches[ARCH_COUNT]; /* the native one first, the others by id */
	size_t arch_count;
};

int profile_new(uint32_t errno_ret, struct profile **ret, struct err *err)
{
	struct profile *p;

	if (errno_ret == 0 || errno_ret > ERRNO_MAX)
		return err_set(err, EINVAL, "a denied call cannot be answered with errno %u", errno_ret);
	p = calloc(1, sizeof(*p));
	if (!p)
		return err_set(err, ENOMEM, "out of memory");
	p->errno_ret = errno_ret;
	*ret = p;
	return 0;
}

void profile_free(struct profile *p)
{
	if (!p)
		return;
	free(p->rules);
	free(p);
}

static int number_order(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/* By name; under one name the full rule first, then masked ones by index, mask and value. */
static int rule_order(const struct profile_rule *a, const struct profile_rule *b)
{
	int c = strcmp(a->name, b->name);

	if (c == 0)
		c = number_order(a->masked, b->masked);
	if (c == 0)
		c = number_order(a->index, b->index);
	if (c == 0)
		c = number_order(a->mask, b->mask);
	return c ? c : number_order(a->value, b->value);
}

static size_t lower_bound(const struct profile *p, const struct profile_rule *rule)
{
	size_t lo = 0, hi = p->rule_count;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (rule_order(&p->rules[mid], rule) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static int check_name(const char *name, struct err *err)
{
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

	if (len == 0 || name[len] || len >= sizeof(((struct profile_rule *)0)->name))
		return err_set(err, EINVAL, "\"%.64s\" is no name of a system call", name);
	return 0;
}

static int insert(struct profile *p, const struct profile_rule *rule, struct err *err)
{
	size_t at = lower_bound(p, rule);

	if (at < p->rule_count && rule_order(&p->rules[at], rule) == 0) {
		p->rules[at].sources |= rule->sources;
		return 0;
	}
	if (p->rule_count == p->rule_cap) {
		size_t cap = p->rule_cap ? p->rule_cap * 2 : 64;
		struct profile_rule *rules = reallocarray(p->rules, cap, sizeof(*rules));

		if (!rules)
			return err_set(err, ENOMEM, "out of memory");
		p->rules = rules;
		p->rule_cap = cap;
	}
	memmove(&p->rules[at + 1], &p->rules[at], (p->rule_count - at) * sizeof(*p->rules));
	p->rules[at] = *rule;
	p->rule_count++;
	return 0;
}

/* Removes the masked rules after the full rule of their name, which takes over their sources. */
static void swallow_masked(struct profile *p, const struct profile_rule *full)
{
	size_t at = lower_bound(p, full), end = at + 1;

	for (; end < p->rule_count && strcmp(p->rules[end].name, full->name) == 0; end++)
		p->rules[at].sources |= p->rules[end].sources;
	memmove(&p->rules[at + 1], &p->rules[end], (p->rule_count - end) * sizeof(*p->rules));
	p->rule_count -= end - at - 1;
}

int profile_allow(struct profile *p, const char *name, unsigned source, struct err *err)
{
	struct profile_rule rule = {.sources = source};
	int r = check_name(name, err);

	if (r < 0)
		return r;
	memcpy(rule.name, name, strlen(name));
	r = insert(p, &rule, err);
	if (r == 0)
		swallow_masked(p, &rule);
	return r;
}

int profile_allow_masked(struct profile *p, const char *name, unsigned index, uint64_t mask, uint64_t value,
			 unsigned source, struct err *err)
{
	struct profile_rule rule = {.sources = source, .masked = true, .index = index, .mask = mask, .value = value};
	const struct profile_rule *found;
	int r = check_name(name, err);

	if (r < 0)
		return r;
	if (index > ARG_INDEX_MAX)
		return err_set(err, EINVAL, "%s: a system call has arguments 0 to %d", name, ARG_INDEX_MAX);
	if (mask == 0 || value & ~mask)
		return err_set(err, EINVAL, "%s: the value lies outside the mask", name);
	found = profile_find(p, name);
	if (found && !found->masked)
		return profile_allow(p, name, source, err);
	memcpy(rule.name, name, strlen(name));
	return insert(p, &rule, err);
}

void profile_add_arch(struct profile *p, const struct arch *arch)
{
	size_t i = p->arch_count;

	if (profile_has_arch(p, arch))
		return;
	for (; i > 1 && p->arches[i - 1]->id > arch->id; i--)
		p->arches[i] = p->arches[i - 1];
	p->arches[i] = arch;
	p->arch_count++;
}

bool profile_has_arch(const struct profile *p, const struct arch *arch)
{
	for (size_t i = 0; i < p->arch_count; i++)
		if (p->arches[i] == arch)
			return true;
	return false;
}

size_t profile_arches(const struct profile *p, const struct arch *const **ret)
{
	*ret = p->arches;
	return p->arch_count;
}

uint32_t profile_errno(const struct profile *p)
{
	return p->errno_ret;
}

size_t profile_rules(const struct profile *p, const struct profile_rule **ret)
{
	*ret = p->rules;
	return p->rule_count;
}

const struct profile_rule *profile_find(const struct profile *p, const char *name)
{
	struct profile_rule least = {0}; /* sorts before every rule of this name */
	size_t at;

	if (check_name(name, NULL) < 0)
		return NULL;
	memcpy(least.name, name, strlen(name));
	at = lower_bound(p, &least);
	return at < p->rule_count && strcmp(p->rules[at].name, name) == 0 ? &p->rules[at] : NULL;
}
struct reader {
	const struct json_doc *doc;
	struct profile *profile;
	struct err *err;
};

static int check_object(struct reader *rd, const struct json *v, const char *const members[], size_t n)
{
	return json_want_members(rd->doc, v, members, n, "a profile of snug has no such member", rd->err);
}

static int want_word(struct reader *rd, const struct json *parent, const char *what, const char *word)
{
	const char *s = NULL;
	int r = json_want_string(rd->doc, parent, what, &s, rd->err);

	if (r == 0 && strcmp(s, word) != 0)
		r = json_err(rd->doc, json_get(parent, what), rd->err, "expected \"%s\"", word);
	return r;
}

/* Fails unless the member is an array that is not empty. */
static int want_array(struct reader *rd, const struct json *parent, const char *what, const struct json **ret)
{
	const struct json *v = json_get(parent, what);

	if (!v)
		return json_err(rd->doc, parent, rd->err, "\"%s\" is missing", what);
	if (json_type(v) != JSON_ARRAY || json_count(v) == 0)
		return json_err(rd->doc, v, rd->err, "expected an array that is not empty");
	*ret = v;
	return 0;
}

static bool is_plain_string(const struct json *v)
{
	return json_type(v) == JSON_STRING && strlen(json_text(v)) == json_text_len(v);
}

static int read_arches(struct reader *rd, const struct json *root)
{
	const struct json *list = NULL;
	int r = want_array(rd, root, "architectures", &list);

	for (const struct json *e = json_first(list); r == 0 && e; e = json_next(e)) {
		const struct arch *arch = is_plain_string(e) ? arch_by_oci(json_text(e)) : NULL;

		if (!arch)
			return json_err(rd->doc, e, rd->err, "unknown architecture");
		if (profile_has_arch(rd->profile, arch))
			return json_err(rd->doc, e, rd->err, "appears twice");
		profile_add_arch(rd->profile, arch);
	}
	return r;
}

/* Reads the only argument of a masked rule. */
static int read_arg(struct reader *rd, const struct json *args, struct profile_rule *ret)
{
	static const char *const members[] = {"index", "value", "valueTwo", "op"};
	const struct json *arg = json_first(args);
	uint64_t index = 0;
	int r;

	if (json_type(args) != JSON_ARRAY || json_count(args) != 1)
		return json_err(rd->doc, args, rd->err, "expected an array of one argument");
	r = check_object(rd, arg, members, ARRAY_SIZE(members));
	if (r == 0)
		r = json_want_u64(rd->doc, arg, "index", &index, rd->err);
	if (r == 0)
		r = json_want_u64(rd->doc, arg, "value", &ret->mask, rd->err);
	if (r == 0)
		r = json_want_u64(rd->doc, arg, "valueTwo", &ret->value, rd->err);
	if (r == 0)
		r = want_word(rd, arg, "op", OP_MASKED);
	if (r == 0 && (index > ARG_INDEX_MAX || ret->mask == 0 || ret->value & ~ret->mask))
		r = json_err(rd->doc, arg, rd->err, "no argument has this index, or the value lies outside the mask");
	ret->masked = true;
	ret->index = (unsigned)index;
	return r;
}

static bool is_there(const struct profile *p, const struct profile_rule *rule)
{
	const struct profile_rule *found = profile_find(p, rule->name);
	size_t at = lower_bound(p, rule);

	if (found && (!found->masked || !rule->masked))
		return true;
	return at < p->rule_count && rule_order(&p->rules[at], rule) == 0;
}

static int read_name(struct reader *rd, const struct json *e, const struct profile_rule *arg)
{
	struct profile_rule rule = *arg;
	int r;

	if (!is_plain_string(e) || check_name(json_text(e), NULL) < 0)
		return json_err(rd->doc, e, rd->err, "expected the name of a system call");
	memcpy(rule.name, json_text(e), json_text_len(e));
	if (is_there(rd->profile, &rule))
		return json_err(rd->doc, e, rd->err, "%s is allowed twice", rule.name);
	r = insert(rd->profile, &rule, rd->err);
	return r;
}

static int read_rule(struct reader *rd, const struct json *v)
{
	static const char *const members[] = {"names", "action", "args"};
	struct profile_rule arg = {.sources = PROFILE_FROM_FILE};
	const struct json *names = NULL;
	int r = check_object(rd, v, members, ARRAY_SIZE(members));

	if (r == 0)
		r = want_word(rd, v, "action", ACTION_ALLOW);
	if (r == 0 && json_get(v, "args"))
		r = read_arg(rd, json_get(v, "args"), &arg);
	if (r == 0)
		r = want_array(rd, v, "names", &names);
	for (const struct json *e = json_first(names); r == 0 && e; e = json_next(e))
		r = read_name(rd, e, &arg);
	return r;
}

static int read_root(struct reader *rd, const struct json *root)
{
	const struct json *list = json_get(root, "syscalls");
	int r = read_arches(rd, root);

	if (r < 0)
		return r;
	if (!list)
		return json_err(rd->doc, root, rd->err, "\"syscalls\" is missing");
	if (json_type(list) != JSON_ARRAY)
		return json_err(rd->doc, list, rd->err, "expected an array");
	for (const struct json *e = json_first(list); r == 0 && e; e = json_next(e))
		r = read_rule(rd, e);
	return r;
}

static int read_defaults(struct reader *rd, const struct json *root, uint64_t *ret_errno)
{
	static const char *const members[] = {"defaultAction", "defaultErrnoRet", "architectures", "syscalls"};
	int r = check_object(rd, root, members, ARRAY_SIZE(members));

	if (r == 0)
		r = want_word(rd, root, "defaultAction", ACTION_DENY);
	if (r == 0)
		r = json_want_u64(rd->doc, root, "defaultErrnoRet", ret_errno, rd->err);
	if (r == 0 && (*ret_errno == 0 || *ret_errno > ERRNO_MAX))
		r = json_err(rd->doc, json_get(root, "defaultErrnoRet"), rd->err, "expected a number from 1 to %d",
			     ERRNO_MAX);
	return r;
}

int profile_parse_oci(const char *text, size_t len, const char *name, struct profile **ret, struct err *err)
{
	cleanup_json struct json_doc *doc = NULL;
	cleanup_profile struct profile *p = NULL;
	struct reader rd = {.err = err};
	uint64_t errno_ret = 0;
	int r;

	if (len > TEXT_MAX)
		return err_set(err, EFBIG, "%s: more than %u bytes", name, TEXT_MAX);
	r = json_parse(text, len, JSON_OURS, name, &doc, err);
	rd.doc = doc;
	if (r == 0)
		r = read_defaults(&rd, json_root(doc), &errno_ret);
	if (r == 0)
		r = profile_new((uint32_t)errno_ret, &p, err);
	rd.profile = p;
	if (r == 0)
		r = read_root(&rd, json_root(doc));
	if (r == 0)
		*ret = steal_ptr(&p);
	return r;
}
