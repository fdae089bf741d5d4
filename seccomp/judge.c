#include "seccomp/judge.h"

#include "base/json_members.h"
#include "base/text.h"
#include "seccomp/bpf.h"
#include "seccomp/syscall.h"

#include <errno.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

#define ARGS_MAX 6

enum lean { AGAINST, FOR, LEANS }; /* how rules on arguments are taken */

struct program {
	struct sock_filter *code;
	size_t len;
};

struct judge {
	struct json_doc *doc;
	const struct json *section, *rules;
	uint32_t default_action;
	bool listed; /* the profile lists ABIs */
	bool lists[ARCH_COUNT];
	struct program program[ARCH_COUNT][LEANS];
};

const char *judge_verdict_name(enum judge_verdict v)
{
	static const char *const names[] = {
		[JUDGE_ALLOWS] = "allowed",  [JUDGE_DENIES] = "denied",          [JUDGE_REFUSES] = "refused",
		[JUDGE_DEPENDS] = "depends", [JUDGE_HANDS_OVER] = "handed over", [JUDGE_NO_ARCH] = "no architecture",
	};
	return names[v];
}

void judge_free(struct judge *j)
{
	if (!j)
		return;
	for (size_t i = 0; i < ARCH_COUNT; i++)
		for (size_t k = 0; k < LEANS; k++)
			free(j->program[i][k].code);
	json_free(j->doc);
	free(j);
}

const struct json_doc *judge_doc(const struct judge *j, const struct json **ret_section)
{
	*ret_section = j->section;
	return j->doc;
}

/* ret_errno: what an action that needs a number gets where the profile has none (EPERM). */
static int read_action(const struct json_doc *doc, const struct json *obj, const char *member, const char *errno_member,
		       uint32_t *ret, struct err *err)
{
	static const struct {
		const char *name;
		uint32_t action;
		bool number; /* or'ed into the action */
	} actions[] = {
		{"SCMP_ACT_ALLOW", SCMP_ACT_ALLOW, false},
		{"SCMP_ACT_ERRNO", SCMP_ACT_ERRNO(0), true},
		{"SCMP_ACT_LOG", SCMP_ACT_LOG, false},
		{"SCMP_ACT_KILL", SCMP_ACT_KILL_THREAD, false},
		{"SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD, false},
		{"SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS, false},
		{"SCMP_ACT_TRAP", SCMP_ACT_TRAP, false},
		{"SCMP_ACT_TRACE", SCMP_ACT_TRACE(0), true},
		{"SCMP_ACT_NOTIFY", SCMP_ACT_NOTIFY, false},
	};
	const char *name = NULL;
	uint64_t number = EPERM;
	int r = json_want_string(doc, obj, member, &name, err);

	if (r < 0)
		return r;
	if (json_get(obj, errno_member) && json_type(json_get(obj, errno_member)) != JSON_NULL)
		r = json_want_u64(doc, obj, errno_member, &number, err);
	if (r < 0)
		return r;
	if (number > 0xffff)
		return json_err(doc, json_get(obj, errno_member), err, "no errno is that high");
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++)
		if (text_streq(actions[i].name, name)) {
			*ret = actions[i].action | (actions[i].number ? (uint32_t)number : 0);
			return 0;
		}
	return json_err(doc, json_get(obj, member), err, "there is no such action");
}

/* Docker's names of machines (Go's GOARCH) for each ABI that they run. */
static const char *machine_of(const struct arch *arch)
{
	switch (arch->id) {
	case ARCH_X86_64:
	case ARCH_X86:
	case ARCH_X32:
		return "amd64";
	case ARCH_AARCH64:
	case ARCH_ARM:
		return "arm64";
	case ARCH_S390X:
	case ARCH_S390:
		return "s390x";
	default:
		return arch->name;
	}
}

/* moby oci/caps/defaults.go */
static bool is_default_capability(const char *name)
{
	static const char *const names[] = {
		"CAP_CHOWN",   "CAP_DAC_OVERRIDE", "CAP_FSETID",           "CAP_FOWNER",     "CAP_MKNOD",
		"CAP_NET_RAW", "CAP_SETGID",       "CAP_SETUID",           "CAP_SETFCAP",    "CAP_SETPCAP",
		"CAP_KILL",    "CAP_SYS_CHROOT",   "CAP_NET_BIND_SERVICE", "CAP_AUDIT_WRITE"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (text_streq(names[i], name))
			return true;
	return false;
}

/* moby profiles/seccomp/seccomp_linux.go setupSeccomp(): includes want all capabilities, excludes any. */
static bool applies(const struct json *rule, const struct arch *arch)
{
	const struct json *in = json_get(rule, "includes"), *ex = json_get(rule, "excludes"), *e;
	const struct json *arches = json_get(in, "arches");
	bool found = json_count(arches) == 0;

	for (e = json_first(json_get(ex, "arches")); e; e = json_next(e))
		if (text_streq(json_text(e), machine_of(arch)))
			return false;
	for (e = json_first(arches); e; e = json_next(e))
		found |= text_streq(json_text(e), machine_of(arch));
	for (e = json_first(json_get(ex, "caps")); e; e = json_next(e))
		if (is_default_capability(json_text(e)))
			return false;
	for (e = json_first(json_get(in, "caps")); e; e = json_next(e))
		if (!is_default_capability(json_text(e)))
			return false;
	return found;
}

bool judge_is_plain_allow(const struct json *rule)
{
	const char *action = json_text(json_get(rule, "action"));

	return text_streq(action, "SCMP_ACT_ALLOW") && json_type(json_get(rule, "names")) == JSON_ARRAY &&
	       !json_count(json_get(rule, "args")) && !json_count(json_get(rule, "includes")) &&
	       !json_count(json_get(rule, "excludes"));
}

/* Adds one name. What libseccomp cannot name a runtime leaves out too. A call that has both a plain rule and one of the
 * other kind keeps the first: the caller goes by the lean. */
static int add_name(scmp_filter_ctx ctx, uint32_t action, const char *name, struct err *err)
{
	int nr = seccomp_syscall_resolve_name(name), r;

	if (nr == __NR_SCMP_ERROR)
		return 0;
	r = seccomp_rule_add(ctx, action, nr, 0);
	if (r == -ENOMEM)
		return err_set(err, ENOMEM, "out of memory");
	return 0;
}

static bool is_good(uint32_t action)
{
	return action == SCMP_ACT_ALLOW || action == SCMP_ACT_LOG;
}

/* Adds the rules of one kind: those that allow, or the others. */
static int add_rules(const struct judge *j, scmp_filter_ctx ctx, const struct arch *arch, enum lean lean, bool good,
		     struct err *err)
{
	int r = 0;

	for (const struct json *rule = json_first(j->rules); rule && r == 0; rule = json_next(rule)) {
		uint32_t action = 0;

		r = read_action(j->doc, rule, "action", "errnoRet", &action, err);
		if (r < 0)
			return r;
		if (is_good(action) != good || action == j->default_action || !applies(rule, arch))
			continue;
		if (json_count(json_get(rule, "args")) && good != (lean == FOR))
			continue;
		if (json_get(rule, "name"))
			r = add_name(ctx, action, json_text(json_get(rule, "name")), err);
		for (const struct json *e = json_first(json_get(rule, "names")); e && r == 0; e = json_next(e))
			r = add_name(ctx, action, json_text(e), err);
	}
	return r;
}

static int fill(const struct judge *j, scmp_filter_ctx ctx, const struct arch *arch, enum lean lean,
		struct program *ret, struct err *err)
{
	int r = 0;

	/* Never both: they may differ in byte order. */
	if (seccomp_arch_native() != arch->scmp) {
		seccomp_arch_remove(ctx, SCMP_ARCH_NATIVE);
		r = seccomp_arch_add(ctx, arch->scmp);
	}
	if (r < 0)
		return err_sys(err, r, "libseccomp does not know %s", arch->name);
	r = add_rules(j, ctx, arch, lean, lean == FOR, err);
	if (r == 0)
		r = add_rules(j, ctx, arch, lean, lean != FOR, err);
	return r < 0 ? r : bpf_of_filter(ctx, &ret->code, &ret->len, err);
}

static int compile(const struct judge *j, const struct arch *arch, enum lean lean, struct program *ret, struct err *err)
{
	scmp_filter_ctx ctx = seccomp_init(j->default_action);
	int r;

	if (!ctx)
		return err_set(err, EINVAL, "libseccomp refuses the default action");
	r = fill(j, ctx, arch, lean, ret, err);
	seccomp_release(ctx);
	return r;
}

static int run(struct judge *j, const struct arch *arch, uint32_t nr, enum lean lean, uint32_t *ret, struct err *err)
{
	struct program *p = &j->program[arch->id][lean];
	struct seccomp_data data = {.nr = (int)nr, .arch = arch->audit};
	int r = p->code ? 0 : compile(j, arch, lean, p, err);

	if (r < 0)
		return r;
	r = bpf_run(p->code, p->len, &data, ret);
	return r < 0 ? err_set(err, EINVAL, "libseccomp made a filter that the kernel would refuse") : 0;
}

static enum judge_verdict verdict_of(uint32_t action)
{
	switch (action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
	case SECCOMP_RET_LOG:
		return JUDGE_ALLOWS;
	case SECCOMP_RET_TRACE:
	case SECCOMP_RET_USER_NOTIF:
		return JUDGE_HANDS_OVER;
	default:
		return JUDGE_DENIES;
	}
}

/* A profile that lists none is loaded for the machine's own ABI; a log of another machine is taken for that one's. */
static bool lists(const struct judge *j, const struct arch *arch)
{
	const struct arch *host[4];
	size_t n = arch_host(host);

	if (j->listed)
		return j->lists[arch->id];
	for (size_t i = 1; i < n; i++)
		if (host[i] == arch)
			return false;
	return true;
}

static bool names_call(const struct json *rule, const char *name)
{
	for (const struct json *e = json_first(json_get(rule, "names")); e; e = json_next(e))
		if (text_streq(json_text(e), name))
			return true;
	return text_streq(json_text(json_get(rule, "name")), name);
}

static bool is_refused_by_rule(const struct judge *j, const struct arch *arch, uint32_t nr)
{
	char name[SYSCALL_NAME_MAX];

	if (!syscall_name(arch, nr, name))
		return false;
	for (const struct json *rule = json_first(j->rules); rule; rule = json_next(rule)) {
		uint32_t action = 0;

		if (read_action(j->doc, rule, "action", "errnoRet", &action, NULL) == 0 && !is_good(action) &&
		    action != j->default_action && applies(rule, arch) && names_call(rule, name))
			return true;
	}
	return false;
}

int judge_call(struct judge *j, const struct arch *arch, uint32_t nr, enum judge_verdict *ret, struct err *err)
{
	uint32_t action[LEANS] = {0};
	int r = 0;

	if (!lists(j, arch)) {
		*ret = JUDGE_NO_ARCH;
		return 0;
	}
	for (int lean = 0; lean < LEANS && r == 0; lean++)
		r = run(j, arch, nr, (enum lean)lean, &action[lean], err);
	if (r < 0)
		return r;
	*ret = verdict_of(action[AGAINST]) == verdict_of(action[FOR]) ? verdict_of(action[FOR]) : JUDGE_DEPENDS;
	if (*ret == JUDGE_DENIES && is_refused_by_rule(j, arch, nr))
		*ret = JUDGE_REFUSES;
	return 0;
}

static int list_arch(struct judge *j, const struct json *e, struct err *err)
{
	const struct arch *arch = json_type(e) == JSON_STRING ? arch_by_oci(json_text(e)) : NULL;

	/* One that only a newer snug knows does no harm. */
	if (json_type(e) != JSON_STRING)
		return json_err(j->doc, e, err, "the name of an architecture is wanted");
	if (arch)
		j->lists[arch->id] = true;
	j->listed = true;
	return 0;
}

static int read_arches(struct judge *j, struct err *err)
{
	int r = 0;

	for (const struct json *e = json_first(json_get(j->section, "architectures")); e && r == 0; e = json_next(e))
		r = list_arch(j, e, err);
	for (const struct json *e = json_first(json_get(j->section, "archMap")); e && r == 0; e = json_next(e)) {
		if (!json_get(e, "architecture"))
			return json_err(j->doc, e, err, "\"architecture\" is missing");
		r = list_arch(j, json_get(e, "architecture"), err);
		for (const struct json *s = json_first(json_get(e, "subArchitectures")); s && r == 0; s = json_next(s))
			r = list_arch(j, s, err);
	}
	return r;
}

static int check_rule(const struct judge *j, const struct json *rule, struct err *err)
{
	static const char *const members[] = {"names", "name", "action", "errnoRet", "args", "includes", "excludes"};
	uint32_t action = 0;
	int r;

	if (json_type(rule) != JSON_OBJECT)
		return json_err(j->doc, rule, err, "an object is wanted");
	r = json_check_members(j->doc, rule, members, ARRAY_SIZE(members), err);
	if (r == 0)
		r = read_action(j->doc, rule, "action", "errnoRet", &action, err);
	if (r == 0 && !json_get(rule, "names") && !json_get(rule, "name"))
		r = json_err(j->doc, rule, err, "\"names\" is missing");
	if (r == 0 && json_get(rule, "name") && json_type(json_get(rule, "name")) != JSON_STRING)
		r = json_err(j->doc, json_get(rule, "name"), err, "a string is wanted");
	for (const struct json *e = json_first(json_get(rule, "names")); e && r == 0; e = json_next(e))
		if (json_type(e) != JSON_STRING)
			r = json_err(j->doc, e, err, "the name of a system call is wanted");
	return r;
}

static int read_section(struct judge *j, struct err *err)
{
	static const char *const members[] = {"defaultAction", "defaultErrnoRet", "architectures", "archMap",
					      "syscalls"};
	int r = json_check_members(j->doc, j->section, members, ARRAY_SIZE(members), err);

	if (r == 0)
		r = read_action(j->doc, j->section, "defaultAction", "defaultErrnoRet", &j->default_action, err);
	if (r == 0)
		r = read_arches(j, err);
	j->rules = json_get(j->section, "syscalls");
	if (r == 0 && j->rules && json_type(j->rules) != JSON_ARRAY && json_type(j->rules) != JSON_NULL)
		r = json_err(j->doc, j->rules, err, "an array is wanted");
	for (const struct json *rule = json_first(j->rules); rule && r == 0; rule = json_next(rule))
		r = check_rule(j, rule, err);
	return r;
}

int judge_new(const char *text, size_t len, const char *name, struct judge **ret, struct err *err)
{
	cleanup_judge struct judge *j = calloc(1, sizeof(*j));
	int r;

	if (!j)
		return err_set(err, ENOMEM, "out of memory");
	if (len > JUDGE_TEXT_MAX)
		return err_set(err, EFBIG, "%s: more than %u bytes", name, JUDGE_TEXT_MAX);
	r = json_parse(text, len, JSON_FOREIGN, name, &j->doc, err);
	if (r < 0)
		return r;
	j->section = json_root(j->doc);
	if (json_type(j->section) != JSON_OBJECT)
		return json_err(j->doc, j->section, err, "an object is wanted");
	if (!json_get(j->section, "defaultAction") &&
	    json_type(json_get(json_get(j->section, "linux"), "seccomp")) == JSON_OBJECT)
		j->section = json_get(json_get(j->section, "linux"), "seccomp");
	r = read_section(j, err);
	if (r == 0)
		*ret = steal_ptr(&j);
	return r;
}
