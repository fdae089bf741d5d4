/* Reads the linux.seccomp object, in all its dialects. */
#include "base/buf.h"
#include "base/json/members.h"
#include "base/text.h"
#include "seccomp/policy/read_section.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define RULES_MAX   65536

static const struct member SECTION[] = {
	{"defaultAction", ALL},    {"defaultErrnoRet", PLAIN | DOCKER}, {"architectures", ALL}, {"flags", ALL},
	{"listenerPath", ALL},     {"listenerMetadata", ALL},           {"syscalls", ALL},      {"archMap", DOCKER},
	{"defaultErrno", DOCKER},  {"baseProfileName", SPO},            {"disabled", SPO},
	{"state", SPO},
};
static const struct member ARCH_ENTRY[] = {{"architecture", DOCKER}, {"subArchitectures", DOCKER}};

static void section_done(struct section *s)
{
	buf_done(&s->path);
	policy_free(s->policy);
}

/* As crun accepts it: without SCMP_ARCH_, and in lower case (src/libcrun/seccomp.c). */
static const struct arch *arch_by_spelling(const char *text)
{
	const char *word = text_starts(text, "SCMP_ARCH_") ? text + strlen("SCMP_ARCH_") : text;

	for (unsigned i = 0; i < ARCH_COUNT; i++)
		if (strcasecmp(arch_get((enum arch_id)i)->oci + strlen("SCMP_ARCH_"), word) == 0)
			return arch_get((enum arch_id)i);
	return NULL;
}

/* Of libseccomp 2.6 (src/arch.c), in crun's spelling; only those that are little endian as all machines of snug's but a few are: a filter
 * cannot mix them with others. */
static enum policy_remark_kind newer_arch(const char *text, enum policy_remark_kind unknown)
{
	const char *word = text_starts(text, "SCMP_ARCH_") ? text + strlen("SCMP_ARCH_") : text;

	if (unknown != POLICY_UNKNOWN_ARCH || (strcasecmp(word, "LOONGARCH64") != 0 && strcasecmp(word, "SH") != 0))
		return unknown;
	return text_streq(text, "SCMP_ARCH_LOONGARCH64") ? POLICY_NEWER_ARCH : POLICY_CRUN_ARCH;
}

/* *ret is NULL for an arch that only a newer snug knows. */
static int find_arch(struct section *s, const struct json *v, enum policy_remark_kind unknown, const struct arch **ret)
{
	const struct arch *host[4];
	int r = section_want_text(s, v, "the name of an architecture");

	if (r < 0)
		return r;
	*ret = arch_by_oci(json_text(v));
	if (*ret)
		return 0;
	*ret = arch_by_spelling(json_text(v));
	if (*ret)
		return section_remark(s, POLICY_ARCH_SPELLING, v, "only crun accepts %s for %s", json_text(v), (*ret)->oci);
	if (text_streq(json_text(v), "SCMP_ARCH_NATIVE") && arch_host(host))
		*ret = host[0];
	return section_remark(s, newer_arch(json_text(v), unknown), v, "unknown architecture: %s", json_text(v));
}

static int read_list(struct section *s, const struct json *list)
{
	int r = section_want_array(s, list);

	for (const struct json *e = json_first(list); e && r == 0; e = json_next(e)) {
		const struct arch *arch = NULL;

		r = find_arch(s, e, POLICY_UNKNOWN_ARCH, &arch);
		policy_add_arch(s->policy, arch);
	}
	return r;
}

/* An archMap entry. If a machine has two, the first counts (moby seccomp_linux.go). */
static int read_map_entry(struct section *s, const struct json *entry)
{
	const struct json *subs = section_member(entry, "subArchitectures"), *own = section_member(entry, "architecture");
	const struct policy_remark *remarks = NULL;
	const struct arch *arch = NULL;
	size_t before;
	bool again;
	int r = section_check_members(s, entry, ARCH_ENTRY, ARRAY_SIZE(ARCH_ENTRY));

	if (r == 0 && !own)
		r = json_err(s->doc, entry, s->err, "\"architecture\" is missing");
	if (r == 0)
		r = find_arch(s, own, POLICY_UNKNOWN_MACHINE, &arch);
	if (r == 0)
		r = section_want_array(s, subs);
	if (r < 0)
		return r;
	again = arch && policy_maps_arch(s->policy, arch, arch);
	policy_map_arch(s->policy, arch, arch);
	for (const struct json *e = json_first(subs); e && r == 0; e = json_next(e)) {
		const struct arch *sub = NULL;

		before = policy_remarks(s->policy, &remarks);
		r = find_arch(s, e, arch ? POLICY_UNKNOWN_ARCH : POLICY_UNKNOWN_MACHINE, &sub);
		if (r == 0 && arch && policy_remarks(s->policy, &remarks) > before)
			policy_bind_remark(s->policy, arch);
		if (!again)
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
		return section_remark(s, POLICY_TWO_ARCH_LISTS, map, "beside \"architectures\"");
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
			r = section_remark(s, POLICY_UNKNOWN_FLAG, e, "unknown flag: %s", json_text(e));
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
		r = section_read_answer(s, s->obj, "defaultAction", "defaultErrnoRet", "defaultErrno", NULL, &answer);
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
		r = policy_set_base(s->policy, json_text(base), s->err);
	if (r == 0 && policy_base(s->policy))
		r = section_remark(s, POLICY_OUTSIDE, base, "the operator adds the rules of another profile, which is missing here: %s",
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
