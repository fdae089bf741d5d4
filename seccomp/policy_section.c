/* Reads the object that runtimes call the seccomp section, in all the dialects of it. */
#include "base/buf.h"
#include "base/json_members.h"
#include "base/text.h"
#include "seccomp/policy_private.h"
#include "seccomp/syscall.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RULES_MAX   65536
#define REMARKS_MAX 1000
#define DATA_MAX    0xffff /* SECCOMP_RET_DATA */

enum dialect { PLAIN = 1 << 0, DOCKER = 1 << 1, SPO = 1 << 2, ALL = PLAIN | DOCKER | SPO };

struct member {
	const char *name;
	unsigned dialects; /* that have it */
};

static const struct member SECTION[] = {
	{"defaultAction", ALL},    {"defaultErrnoRet", PLAIN | DOCKER}, {"architectures", ALL}, {"flags", ALL},
	{"listenerPath", ALL},     {"listenerMetadata", ALL},           {"syscalls", ALL},      {"archMap", DOCKER},
	{"defaultErrno", DOCKER},  {"baseProfileName", SPO},            {"disabled", SPO},
};
static const struct member RULE[] = {
	{"names", ALL},    {"action", ALL},       {"errnoRet", ALL},    {"args", ALL},    {"name", DOCKER},
	{"comment", DOCKER}, {"includes", DOCKER}, {"excludes", DOCKER}, {"errno", DOCKER},
};
static const struct member ARG[] = {{"index", ALL}, {"value", ALL}, {"valueTwo", ALL}, {"op", ALL}};
static const struct member CONDITION[] = {{"caps", DOCKER}, {"arches", DOCKER}, {"minKernel", DOCKER}};
static const struct member ARCH_ENTRY[] = {{"architecture", DOCKER}, {"subArchitectures", DOCKER}};

struct section {
	const struct json_doc *doc;
	const struct json *obj;
	unsigned dialect;
	struct buf path; /* of obj, "" or ending in "." */
	struct policy *policy;
	struct err *err;
};

static void section_done(struct section *s)
{
	buf_done(&s->path);
	policy_free(s->policy);
}

/* Go leaves a null out. */
static const struct json *member(const struct json *obj, const char *name)
{
	const struct json *v = json_get(obj, name);

	return json_type(v) == JSON_NULL ? NULL : v;
}

static __attribute__((format(printf, 4, 5))) int remark(struct section *s, enum policy_remark_kind kind,
							const struct json *v, const char *fmt, ...)
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

/* Refuses what readers differ on; keeps what no reader of this dialect has as a remark. */
static int check_members(struct section *s, const struct json *obj, const struct member *members, size_t count)
{
	const char *names[16];
	int r;

	for (size_t i = 0; i < count; i++)
		names[i] = members[i].name;
	if (json_type(obj) != JSON_OBJECT)
		return json_err(s->doc, obj, s->err, "an object is wanted");
	r = json_check_members(s->doc, obj, names, count, s->err);
	for (const struct json *m = json_first(obj); m && r == 0; m = json_next(m)) {
		size_t i = 0;

		while (i < count && !(members[i].dialects & s->dialect && text_streq(members[i].name, json_key(m))))
			i++;
		if (i == count)
			r = remark(s, POLICY_UNKNOWN_FIELD, m, "\"%s\" is not read", json_key(m));
	}
	return r;
}

static int want_array(struct section *s, const struct json *v)
{
	return !v || json_type(v) == JSON_ARRAY ? 0 : json_err(s->doc, v, s->err, "an array is wanted");
}

/* A string of UTF-8 without NUL. */
static int want_text(struct section *s, const struct json *v, const char *what)
{
	if (json_type(v) != JSON_STRING)
		return json_err(s->doc, v, s->err, "%s is wanted", what);
	if (strlen(json_text(v)) != json_text_len(v))
		return json_err(s->doc, v, s->err, "holds a NUL character");
	if (!text_is_utf8(json_text(v), json_text_len(v)))
		return json_err(s->doc, v, s->err, "is not UTF-8");
	return 0;
}

/* The number of an answer: errnoRet (security-profiles-operator writes it as a string), or containers/common's errno,
 * which counts where both are there (pkg/seccomp/seccomp_linux.go). */
static int read_number(struct section *s, const struct json *number, const struct json *name, struct policy_answer *ret)
{
	const struct json *v = name && json_text_len(name) ? name : number;
	uint64_t n = 0;

	if (!v)
		return 0;
	if (v == name || json_type(v) == JSON_STRING) {
		uint32_t found = 0;

		if (json_type(v) != JSON_STRING)
			return json_err(s->doc, v, s->err, "a string is wanted");
		if (v == number && !(s->dialect & SPO))
			return json_err(s->doc, v, s->err, "a number is wanted; a name belongs into \"errno\"");
		if (policy_errno_by_name(json_text(v), &found) < 0)
			return json_err(s->doc, v, s->err, "there is no errno of this name");
		n = found;
	} else if (json_u64(v, &n) < 0) {
		return json_err(s->doc, v, s->err, "a whole number is wanted");
	}
	if (n > (ret->action == POLICY_ERRNO ? POLICY_ERRNO_MAX : DATA_MAX))
		return json_err(s->doc, v, s->err, "no errno is that high");
	ret->has_errno = true;
	ret->errno_ret = (uint32_t)n;
	if (ret->action == POLICY_ERRNO || ret->action == POLICY_TRACE)
		return 0;
	return remark(s, POLICY_IGNORED_ERRNO, v, "%s answers with no errno; crun refuses one",
		      policy_action_name(ret->action));
}

static int read_answer(struct section *s, const struct json *obj, const char *action, const char *number,
		       const char *name, struct policy_answer *ret)
{
	const char *text = NULL;
	int r = json_want_string(s->doc, obj, action, &text, s->err);

	if (r < 0)
		return r;
	if (policy_action_by_name(text, &ret->action) < 0)
		return json_err(s->doc, json_get(obj, action), s->err, "there is no such action");
	return read_number(s, member(obj, number), member(obj, name), ret);
}

/* *ret is NULL for one that only a newer snug knows. */
static int find_arch(struct section *s, const struct json *v, const struct arch **ret)
{
	const struct arch *host[4];
	int r = want_text(s, v, "the name of an architecture");

	if (r < 0)
		return r;
	*ret = arch_by_oci(json_text(v));
	if (text_streq(json_text(v), "SCMP_ARCH_NATIVE") && arch_host(host))
		*ret = host[0];
	return *ret ? 0 : remark(s, POLICY_UNKNOWN_ARCH, v, "no architecture of this name is known: %s", json_text(v));
}

static int read_list(struct section *s, const struct json *list)
{
	int r = want_array(s, list);

	for (const struct json *e = json_first(list); e && r == 0; e = json_next(e)) {
		const struct arch *arch = NULL;

		r = find_arch(s, e, &arch);
		policy_add_arch(s->policy, arch);
	}
	return r;
}

static int read_map_entry(struct section *s, const struct json *entry)
{
	const struct json *subs = member(entry, "subArchitectures"), *own = member(entry, "architecture");
	const struct arch *arch = NULL;
	int r = check_members(s, entry, ARCH_ENTRY, ARRAY_SIZE(ARCH_ENTRY));

	if (r == 0 && !own)
		r = json_err(s->doc, entry, s->err, "\"architecture\" is missing");
	if (r == 0)
		r = find_arch(s, own, &arch);
	if (r == 0)
		r = want_array(s, subs);
	if (r < 0)
		return r;
	policy_map_arch(s->policy, arch, arch);
	for (const struct json *e = json_first(subs); e && r == 0; e = json_next(e)) {
		const struct arch *sub = NULL;

		r = find_arch(s, e, &sub);
		policy_map_arch(s->policy, arch, sub);
	}
	return r;
}

static int read_arches(struct section *s)
{
	const struct json *map = member(s->obj, "archMap"), *list = member(s->obj, "architectures");
	int r = read_list(s, list);

	if (r == 0)
		r = want_array(s, map);
	/* moby seccomp_linux.go setupSeccomp() */
	if (r == 0 && json_count(map) && json_count(list))
		r = json_err(s->doc, map, s->err, "stands beside \"architectures\", which Docker and Podman refuse");
	if (r == 0 && map)
		policy_set_arch_map(s->policy);
	for (const struct json *e = json_first(map); e && r == 0; e = json_next(e))
		r = read_map_entry(s, e);
	return r;
}

static int read_flags(struct section *s)
{
	static const char *const known[] = {"SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG",
					    "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
					    "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"};
	const struct json *list = member(s->obj, "flags");
	int r = want_array(s, list);

	for (const struct json *e = json_first(list); e && r == 0; e = json_next(e)) {
		size_t i = 0;

		r = want_text(s, e, "the name of a flag");
		if (r == 0)
			r = policy_add_flag(s->policy, json_text(e), s->err);
		while (r == 0 && i < ARRAY_SIZE(known) && !text_streq(known[i], json_text(e)))
			i++;
		if (r == 0 && i == ARRAY_SIZE(known))
			r = remark(s, POLICY_UNKNOWN_FLAG, e, "no flag of this name is known: %s", json_text(e));
	}
	return r;
}

static int read_listener(struct section *s)
{
	const struct json *path = member(s->obj, "listenerPath"), *data = member(s->obj, "listenerMetadata");
	int r = path ? want_text(s, path, "a path") : 0;

	if (r == 0 && data)
		r = want_text(s, data, "a string");
	return r < 0 ? r : policy_set_listener(s->policy, json_text(path), json_text(data), s->err);
}

/* A rule while it is read; the names are the document's. */
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

/* The strings of an array, the document's; `what` for the message. *ret is freed by the caller also after an error. */
static int read_strings(struct section *s, const struct json *list, const char *what, char ***ret, size_t *ret_count)
{
	int r = want_array(s, list);

	if (r < 0 || !json_count(list))
		return r;
	*ret = reallocarray(NULL, json_count(list), sizeof(**ret));
	if (!*ret)
		return err_set(s->err, ENOMEM, "out of memory");
	for (const struct json *e = json_first(list); e && r == 0; e = json_next(e)) {
		r = want_text(s, e, what);
		if (r == 0)
			(*ret)[(*ret_count)++] = (char *)(uintptr_t)json_text(e);
	}
	return r;
}

static int read_condition(struct section *s, const struct json *obj, struct policy_condition *ret)
{
	const struct json *kernel = member(obj, "minKernel");
	char end = 0;
	int r;

	if (!obj)
		return 0;
	r = check_members(s, obj, CONDITION, ARRAY_SIZE(CONDITION));
	if (r == 0)
		r = read_strings(s, member(obj, "caps"), "the name of a capability", &ret->caps, &ret->cap_count);
	if (r == 0)
		r = read_strings(s, member(obj, "arches"), "the name of a machine", &ret->arches, &ret->arch_count);
	if (r < 0 || !kernel)
		return r;
	r = want_text(s, kernel, "a version");
	ret->has_kernel = true;
	/* moby seccomp.go KernelVersion: "MAJOR.MINOR" */
	if (r == 0 && (sscanf(json_text(kernel), "%4u.%4u%c", &ret->kernel[0], &ret->kernel[1], &end) != 2 ||
		       json_text(kernel)[0] == '-' || json_text(kernel)[0] == '+'))
		r = json_err(s->doc, kernel, s->err, "a version like \"4.8\" is wanted");
	return r;
}

static int read_arg(struct section *s, const struct json *v, struct policy_arg *ret)
{
	const char *op = NULL;
	uint64_t index = 0;
	int r = check_members(s, v, ARG, ARRAY_SIZE(ARG));

	if (r == 0)
		r = json_want_u64(s->doc, v, "index", &index, s->err);
	if (r == 0 && index >= POLICY_ARGS_MAX)
		r = json_err(s->doc, json_get(v, "index"), s->err, "a system call has arguments 0 to %d",
			     POLICY_ARGS_MAX - 1);
	if (r == 0 && member(v, "value"))
		r = json_want_u64(s->doc, v, "value", &ret->value, s->err);
	if (r == 0 && member(v, "valueTwo"))
		r = json_want_u64(s->doc, v, "valueTwo", &ret->value_two, s->err);
	if (r == 0)
		r = json_want_string(s->doc, v, "op", &op, s->err);
	if (r == 0 && policy_op_by_name(op, &ret->op) < 0)
		r = json_err(s->doc, json_get(v, "op"), s->err, "there is no such operator");
	ret->index = (unsigned)index;
	return r;
}

static int read_args(struct section *s, const struct json *list, struct policy_rule *rule)
{
	unsigned seen = 0;
	bool twice = false;
	int r = want_array(s, list);

	if (r < 0 || !json_count(list))
		return r;
	rule->args = calloc(json_count(list), sizeof(*rule->args));
	if (!rule->args)
		return err_set(s->err, ENOMEM, "out of memory");
	for (const struct json *e = json_first(list); e && r == 0; e = json_next(e)) {
		struct policy_arg *arg = &rule->args[rule->arg_count++];

		r = read_arg(s, e, arg);
		twice |= r == 0 && seen >> arg->index & 1;
		seen |= r == 0 ? 1u << arg->index : 0;
	}
	if (r == 0 && twice)
		r = remark(s, POLICY_INDEX_TWICE, list,
			   "compares one argument twice: runtimes take any one of these comparisons for enough");
	return r;
}

bool policy_knows_call(const char *name)
{
	uint32_t nr;

	if (syscall_known_to_libseccomp(name))
		return true;
	for (size_t i = 0; i < ARCH_COUNT; i++)
		if (syscall_number(arch_get((enum arch_id)i), name, &nr) == 0)
			return true;
	return false;
}

static int read_names(struct section *s, const struct json *v, struct policy_rule *rule)
{
	const struct json *list = member(v, "names"), *one = member(v, "name");
	int r = 0;

	if (!list && !one)
		return json_err(s->doc, v, s->err, "\"names\" is missing");
	if (one && json_count(list))
		return json_err(s->doc, one, s->err, "stands beside \"names\", which Docker and Podman refuse");
	if (one) {
		r = want_text(s, one, "the name of a system call");
		rule->legacy_name = true;
		rule->names = malloc(sizeof(*rule->names));
		if (!rule->names)
			return err_set(s->err, ENOMEM, "out of memory");
		rule->names[rule->name_count++] = (char *)(uintptr_t)json_text(one);
	} else {
		r = read_strings(s, list, "the name of a system call", &rule->names, &rule->name_count);
	}
	if (r == 0 && one && !policy_knows_call(json_text(one)))
		r = remark(s, POLICY_UNKNOWN_NAME, one, "no system call of this name is known: %s", json_text(one));
	for (const struct json *e = json_first(list); e && r == 0; e = json_next(e))
		if (!policy_knows_call(json_text(e)))
			r = remark(s, POLICY_UNKNOWN_NAME, e, "no system call of this name is known: %s", json_text(e));
	if (r == 0 && !rule->name_count)
		r = remark(s, POLICY_EMPTY_RULE, v, "names no system call");
	return r;
}

static int read_rule(struct section *s, const struct json *v, size_t number)
{
	cleanup_with(draft_done) struct draft d = {0};
	const struct json *comment;
	int r = check_members(s, v, RULE, ARRAY_SIZE(RULE));

	if (r == 0)
		r = read_answer(s, v, "action", "errnoRet", "errno", &d.rule.answer);
	if (r == 0)
		r = read_names(s, v, &d.rule);
	if (r == 0)
		r = read_args(s, member(v, "args"), &d.rule);
	if (r == 0)
		r = read_condition(s, member(v, "includes"), &d.rule.includes);
	if (r == 0)
		r = read_condition(s, member(v, "excludes"), &d.rule.excludes);
	comment = member(v, "comment");
	if (r == 0 && comment)
		r = want_text(s, comment, "a string");
	if (r < 0)
		return r;
	d.rule.comment = comment && json_text_len(comment) ? (char *)(uintptr_t)json_text(comment) : NULL;
	d.rule.line = json_line(s->doc, v);
	snprintf(d.path, sizeof(d.path), "%.40ssyscalls[%zu]", s->path.data ? s->path.data : "", number);
	d.rule.path = d.path;
	return policy_add_rule(s->policy, &d.rule, s->err);
}

static int read_rules(struct section *s)
{
	const struct json *list = member(s->obj, "syscalls");
	size_t number = 0;
	int r = want_array(s, list);

	if (r == 0 && json_count(list) > RULES_MAX)
		r = json_err(s->doc, list, s->err, "more than %d rules", RULES_MAX);
	for (const struct json *e = json_first(list); e && r == 0; e = json_next(e))
		r = read_rule(s, e, number++);
	return r;
}

static int read_all(struct section *s)
{
	struct policy_answer answer = {0};
	const struct json *base = member(s->obj, "baseProfileName");
	int r = check_members(s, s->obj, SECTION, ARRAY_SIZE(SECTION));

	if (r == 0)
		r = read_answer(s, s->obj, "defaultAction", "defaultErrnoRet", "defaultErrno", &answer);
	if (r < 0)
		return r;
	policy_set_default(s->policy, &answer);
	r = read_arches(s);
	if (r == 0)
		r = read_flags(s);
	if (r == 0)
		r = read_listener(s);
	if (r == 0)
		r = read_rules(s);
	if (r == 0 && s->dialect & SPO && json_text_len(base))
		r = remark(s, POLICY_OUTSIDE, base, "the operator adds the rules of another profile, which are not here: %s",
			   json_text(base));
	return r;
}

static bool is_docker(const struct json *section)
{
	static const char *const words[] = {"includes", "excludes", "name", "errno", "comment"};

	if (json_get(section, "archMap") || json_get(section, "defaultErrno"))
		return true;
	for (const struct json *e = json_first(json_get(section, "syscalls")); e; e = json_next(e))
		for (size_t i = 0; i < ARRAY_SIZE(words); i++)
			if (json_get(e, words[i]))
				return true;
	return false;
}

int policy_read_section(const struct json_doc *doc, const struct json *section, enum policy_format format,
			const char *name, struct policy **ret, struct err *err)
{
	cleanup_with(section_done) struct section s = {.doc = doc, .obj = section, .err = err};
	int r;

	if (format == POLICY_OCI && is_docker(section))
		format = POLICY_DOCKER;
	s.dialect = format == POLICY_SPO ? SPO : format == POLICY_DOCKER ? DOCKER : PLAIN;
	r = policy_new(format, name, &s.policy, err);
	if (r < 0)
		return r;
	json_add_path(section, &s.path);
	if (s.path.len)
		buf_addc(&s.path, '.');
	r = read_all(&s);
	if (r == 0)
		*ret = steal_ptr(&s.policy);
	return r;
}
