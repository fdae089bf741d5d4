/* Reads the object that runtimes call the seccomp section, in all the dialects of it. */
#include "base/buf.h"
#include "base/json/members.h"
#include "base/text.h"
#include "seccomp/policy/read_section.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RULES_MAX   65536
#define REMARKS_MAX 1000
#define DATA_MAX    0xffff /* SECCOMP_RET_DATA */

static const struct member SECTION[] = {
	{"defaultAction", ALL},    {"defaultErrnoRet", PLAIN | DOCKER}, {"architectures", ALL}, {"flags", ALL},
	{"listenerPath", ALL},     {"listenerMetadata", ALL},           {"syscalls", ALL},      {"archMap", DOCKER},
	{"defaultErrno", DOCKER},  {"baseProfileName", SPO},            {"disabled", SPO},
};
static const struct member ARCH_ENTRY[] = {{"architecture", DOCKER}, {"subArchitectures", DOCKER}};

static void section_done(struct section *s)
{
	buf_done(&s->path);
	policy_free(s->policy);
}

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
		return json_err(s->doc, obj, s->err, "an object is wanted");
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
	return !v || json_type(v) == JSON_ARRAY ? 0 : json_err(s->doc, v, s->err, "an array is wanted");
}

int section_want_text(struct section *s, const struct json *v, const char *what)
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
	return section_remark(s, POLICY_IGNORED_ERRNO, v, "%s answers with no errno; crun refuses one",
		      policy_action_name(ret->action));
}

int section_read_answer(struct section *s, const struct json *obj, const char *action, const char *number,
		       const char *name, struct policy_answer *ret)
{
	const char *text = NULL;
	int r = json_want_string(s->doc, obj, action, &text, s->err);

	if (r < 0)
		return r;
	if (policy_action_by_name(text, &ret->action) < 0)
		return json_err(s->doc, json_get(obj, action), s->err, "there is no such action; SCMP_ACT_ALLOW, _ERRNO, _LOG, _TRAP, _TRACE, _NOTIFY, _KILL_THREAD and _KILL_PROCESS are");
	return read_number(s, section_member(obj, number), section_member(obj, name), ret);
}

/* *ret is NULL for one that only a newer snug knows. */
static int find_arch(struct section *s, const struct json *v, const struct arch **ret)
{
	const struct arch *host[4];
	int r = section_want_text(s, v, "the name of an architecture");

	if (r < 0)
		return r;
	*ret = arch_by_oci(json_text(v));
	if (text_streq(json_text(v), "SCMP_ARCH_NATIVE") && arch_host(host))
		*ret = host[0];
	return *ret ? 0 : section_remark(s, POLICY_UNKNOWN_ARCH, v, "no architecture of this name is known: %s", json_text(v));
}

static int read_list(struct section *s, const struct json *list)
{
	int r = section_want_array(s, list);

	for (const struct json *e = json_first(list); e && r == 0; e = json_next(e)) {
		const struct arch *arch = NULL;

		r = find_arch(s, e, &arch);
		policy_add_arch(s->policy, arch);
	}
	return r;
}

static int read_map_entry(struct section *s, const struct json *entry)
{
	const struct json *subs = section_member(entry, "subArchitectures"), *own = section_member(entry, "architecture");
	const struct arch *arch = NULL;
	int r = section_check_members(s, entry, ARCH_ENTRY, ARRAY_SIZE(ARCH_ENTRY));

	if (r == 0 && !own)
		r = json_err(s->doc, entry, s->err, "\"architecture\" is missing");
	if (r == 0)
		r = find_arch(s, own, &arch);
	if (r == 0)
		r = section_want_array(s, subs);
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
	const struct json *map = section_member(s->obj, "archMap"), *list = section_member(s->obj, "architectures");
	int r = read_list(s, list);

	if (r == 0)
		r = section_want_array(s, map);
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
	const struct json *list = section_member(s->obj, "flags");
	int r = section_want_array(s, list);

	for (const struct json *e = json_first(list); e && r == 0; e = json_next(e)) {
		size_t i = 0;

		r = section_want_text(s, e, "the name of a flag");
		if (r == 0)
			r = policy_add_flag(s->policy, json_text(e), s->err);
		while (r == 0 && i < ARRAY_SIZE(known) && !text_streq(known[i], json_text(e)))
			i++;
		if (r == 0 && i == ARRAY_SIZE(known))
			r = section_remark(s, POLICY_UNKNOWN_FLAG, e, "no flag of this name is known: %s", json_text(e));
	}
	return r;
}

static int read_listener(struct section *s)
{
	const struct json *path = section_member(s->obj, "listenerPath"), *data = section_member(s->obj, "listenerMetadata");
	int r = path ? section_want_text(s, path, "a path") : 0;

	if (r == 0 && data)
		r = section_want_text(s, data, "a string");
	return r < 0 ? r : policy_set_listener(s->policy, json_text(path), json_text(data), s->err);
}

static int read_rules(struct section *s)
{
	const struct json *list = section_member(s->obj, "syscalls");
	size_t number = 0;
	int r = section_want_array(s, list);

	if (r == 0 && json_count(list) > RULES_MAX)
		r = json_err(s->doc, list, s->err, "more than %d rules", RULES_MAX);
	for (const struct json *e = json_first(list); e && r == 0; e = json_next(e))
		r = section_read_rule(s, e, number++);
	return r;
}

static int read_all(struct section *s)
{
	struct policy_answer answer = {0};
	const struct json *base = section_member(s->obj, "baseProfileName");
	int r = section_check_members(s, s->obj, SECTION, ARRAY_SIZE(SECTION));

	if (r == 0)
		r = section_read_answer(s, s->obj, "defaultAction", "defaultErrnoRet", "defaultErrno", &answer);
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
		r = section_remark(s, POLICY_OUTSIDE, base, "the operator adds the rules of another profile, which are not here: %s",
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
