/* Which profiles each runtime refuses, according to its source; tests/root/oracle checks it against the runtimes.
 *
 *   runc  libcontainer/specconv SetupSeccomp(), libcontainer/seccomp config.go, seccomp_linux.go, process_linux.go
 *   crun  src/libcrun/seccomp.c, container.c get_seccomp_receiver_fd(), and its reader of config.json (libocispec) */
#include "shim/cli/check/check.h"

#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SHOWN_MAX 4 /* places named in a sentence */
#define VERSION(major, minor) ((major) * 1000u + (minor))

enum runtime_kind { RUNTIME_OTHER, RUNTIME_RUNC, RUNTIME_CRUN };

struct runtime {
	enum runtime_kind kind;
	unsigned version; /* as in VERSION(); 0: unknown */
	unsigned patch;
	bool debian;         /* with Debian's patches: "1.1.15+ds1" */
	bool libseccomp_2_6; /* or newer */
};

static struct runtime runtime_of(const struct floor_file *floors, const struct floor_runtime *rt)
{
	unsigned major = 0, minor = 0;
	struct runtime r = {.kind = RUNTIME_OTHER};

	if (text_starts(rt->version, "crun version") || (!*rt->version && !rt->go && strstr(rt->path, "crun")))
		r.kind = RUNTIME_CRUN;
	else if (text_starts(rt->version, "runc version") || (!*rt->version && rt->go && strstr(rt->path, "runc")))
		r.kind = RUNTIME_RUNC;
	if (sscanf(rt->version, "%*[a-z] version %u.%u.%u", &major, &minor, &r.patch) >= 2)
		r.version = VERSION(major, minor);
	r.debian = strstr(rt->version, "+ds");
	r.libseccomp_2_6 = sscanf(floors->libseccomp, "%u.%u", &major, &minor) == 2 && VERSION(major, minor) >= VERSION(2, 6);
	return r;
}

static bool any(const struct runtime *rt)
{
	return rt->kind != RUNTIME_OTHER;
}

static bool runc(const struct runtime *rt)
{
	return rt->kind == RUNTIME_RUNC;
}

static bool crun(const struct runtime *rt)
{
	return rt->kind == RUNTIME_CRUN;
}

/* 1.1.8 added it to the table. */
static bool runc_before_riscv(const struct runtime *rt)
{
	return runc(rt) && rt->version && rt->version < VERSION(1, 2) && rt->patch < 8;
}

/* runc has had it since 1.4, Debian's runc since 1.1.15+ds1. */
static bool lacks_newer_arch(const struct runtime *rt)
{
	bool patched = rt->debian && (rt->version >= VERSION(1, 2) || (rt->version == VERSION(1, 1) && rt->patch >= 15));

	return !rt->libseccomp_2_6 || (runc(rt) && rt->version < VERSION(1, 4) && !patched);
}

static bool lacks_crun_arch(const struct runtime *rt)
{
	return !rt->libseccomp_2_6 || runc(rt);
}

static bool not_by_json_c(const struct runtime *rt)
{
	return runc(rt) || (crun(rt) && rt->version < VERSION(1, 28));
}

static bool runc_before_1_2(const struct runtime *rt)
{
	return runc(rt) && rt->version && rt->version < VERSION(1, 2);
}

static bool runc_since_1_2(const struct runtime *rt)
{
	return runc(rt) && !runc_before_1_2(rt);
}

/* Appends a place; only the first SHOWN_MAX are named. */
static void add_place(struct buf *where, size_t *found, const char *place)
{
	if (++*found <= SHOWN_MAX)
		buf_addf(where, "%s%s", *found > 1 ? ", " : "", place);
	else if (*found == SHOWN_MAX + 1)
		buf_adds(where, ", and more");
}

static bool has_remark(const struct check_view *v, enum policy_remark_kind kind, struct buf *where)
{
	const struct policy_remark *remarks = NULL;
	size_t n = policy_remarks(v->policy, &remarks), found = 0;

	for (size_t i = 0; i < n; i++)
		if (remarks[i].kind == kind && (!remarks[i].machine || remarks[i].machine == check_floors_of(v->plan)->arch)) {
			cleanup_buf struct buf place = {0};

			buf_addf(&place, "%s: %s", remarks[i].path, remarks[i].text);
			add_place(where, &found, place.data ? place.data : "");
		}
	return found;
}

static bool other_flag(const struct check_view *v, const char *const known[], size_t count, struct buf *where)
{
	const char *const *flags = NULL;
	size_t n = policy_flags(v->policy, &flags), found = 0;

	for (size_t i = 0; i < n; i++) {
		size_t k = 0;

		while (k < count && !text_streq(flags[i], known[k]))
			k++;
		if (k == count)
			add_place(where, &found, flags[i]);
	}
	return found;
}

static bool any_flag(const struct check_view *v, struct buf *where)
{
	return other_flag(v, NULL, 0, where);
}

static const char *const FLAGS[] = {"SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
				    "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"};

static bool unknown_flag(const struct check_view *v, struct buf *where)
{
	return other_flag(v, FLAGS, ARRAY_SIZE(FLAGS), where);
}

static bool killable_flag(const struct check_view *v, struct buf *where)
{
	return !other_flag(v, FLAGS, ARRAY_SIZE(FLAGS), where) && other_flag(v, FLAGS, ARRAY_SIZE(FLAGS) - 1, where);
}

static const char *listener(const struct check_view *v)
{
	const char *metadata = NULL;

	return policy_listener(v->policy, &metadata);
}

/* With a listener, the kernel accepts TSYNC only together with a flag that OCI does not have (kernel/seccomp.c
 * seccomp_set_mode_filter()). */
static bool sync_with_listener(const struct check_view *v, struct buf *where)
{
	const char *const *flags = NULL;
	size_t n = listener(v) ? policy_flags(v->policy, &flags) : 0;

	for (size_t i = 0; i < n; i++)
		if (text_streq(flags[i], FLAGS[0]))
			buf_adds(where, flags[i]);
	return where->len;
}

/* Finds the first rule that hands over a call: any call, or the one of this name. */
static bool notifies(const struct check_view *v, const char *name, struct buf *where)
{
	const struct policy_rule *const *rules = NULL;
	size_t n = policy_rules(v->policy, &rules);

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; rules[i]->answer.action == POLICY_NOTIFY && k < rules[i]->name_count; k++)
			if (!name || text_streq(rules[i]->names[k], name)) {
				buf_addf(where, "%s: %s", rules[i]->path ? rules[i]->path : "a rule", rules[i]->names[k]);
				return true;
			}
	return false;
}

static bool notify_by_default(const struct check_view *v, struct buf *where)
{
	(void)where;
	return policy_default(v->policy)->action == POLICY_NOTIFY;
}

static bool notify_write(const struct check_view *v, struct buf *where)
{
	return notifies(v, "write", where);
}

static bool notify_to_nobody(const struct check_view *v, struct buf *where)
{
	return (!listener(v) || !*listener(v)) && notifies(v, NULL, where);
}

static bool relative_listener(const struct check_view *v, struct buf *where)
{
	if (!listener(v) || *listener(v) == '/')
		return false;
	buf_addf(where, "\"%s\"", listener(v));
	return true;
}

static bool relative_notified(const struct check_view *v, struct buf *where)
{
	cleanup_buf struct buf rule = {0};

	return listener(v) && *listener(v) && notifies(v, NULL, &rule) && relative_listener(v, where);
}

/* True if the check is for this machine and nothing can listen at the path. */
static bool dead_listener(const struct check_view *v, struct buf *where)
{
	struct stat st;

	if (check_floors_of(v->plan)->name || !listener(v) || *listener(v) != '/')
		return false;
	if (stat(listener(v), &st) == 0 ? S_ISSOCK(st.st_mode) : errno != ENOENT && errno != ENOTDIR)
		return false;
	buf_adds(where, listener(v));
	return true;
}

static bool dead_notified(const struct check_view *v, struct buf *where)
{
	cleanup_buf struct buf rule = {0};

	return notifies(v, NULL, &rule) && dead_listener(v, where);
}

static bool empty_name(const struct check_view *v, struct buf *where)
{
	const struct policy_rule *const *rules = NULL;
	size_t n = policy_rules(v->policy, &rules), found = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < rules[i]->name_count; k++)
			if (!*rules[i]->names[k]) {
				add_place(where, &found, rules[i]->path ? rules[i]->path : "a rule");
				break;
			}
	return found;
}

static bool no_names(const struct check_view *v, struct buf *where)
{
	return has_remark(v, POLICY_NO_NAMES, where);
}

static bool ignored_errno(const struct check_view *v, struct buf *where)
{
	return has_remark(v, POLICY_IGNORED_ERRNO, where);
}

static bool wide_errno(const struct check_view *v, struct buf *where)
{
	return has_remark(v, POLICY_WIDE_ERRNO, where);
}

static bool wide_index(const struct check_view *v, struct buf *where)
{
	return has_remark(v, POLICY_WIDE_INDEX, where);
}

static bool unknown_op(const struct check_view *v, struct buf *where)
{
	return has_remark(v, POLICY_UNKNOWN_OP, where);
}

static bool no_op(const struct check_view *v, struct buf *where)
{
	return has_remark(v, POLICY_NO_OP, where);
}

static bool negative_value(const struct check_view *v, struct buf *where)
{
	return has_remark(v, POLICY_NEGATIVE_VALUE, where);
}

static bool unknown_arch(const struct check_view *v, struct buf *where)
{
	return has_remark(v, POLICY_UNKNOWN_ARCH, where);
}

static bool arch_spelling(const struct check_view *v, struct buf *where)
{
	return has_remark(v, POLICY_ARCH_SPELLING, where);
}

static bool wide_value(const struct check_view *v, struct buf *where)
{
	return has_remark(v, POLICY_WIDE_VALUE, where);
}

static bool newer_arch(const struct check_view *v, struct buf *where)
{
	return has_remark(v, POLICY_NEWER_ARCH, where);
}

static bool crun_arch(const struct check_view *v, struct buf *where)
{
	return has_remark(v, POLICY_CRUN_ARCH, where);
}

static bool riscv(const struct check_view *v, struct buf *where)
{
	buf_adds(where, arch_get(ARCH_RISCV64)->oci);
	return filter_machine(v->filter)->id != ARCH_RISCV64 && filter_arches(v->filter) >> ARCH_RISCV64 & 1;
}

static bool byte_orders(const struct check_view *v, struct buf *where)
{
	const struct arch *machine = filter_machine(v->filter);
	uint32_t set = filter_arches(v->filter);
	size_t found = 0;

	for (unsigned i = 0; i < ARCH_COUNT; i++)
		if (set >> i & 1 && arch_is_little(arch_get((enum arch_id)i)) != arch_is_little(machine))
			add_place(where, &found, arch_get((enum arch_id)i)->oci);
	return found;
}

static const struct refusal {
	bool (*holds)(const struct check_view *v, struct buf *where);
	bool (*refuses)(const struct runtime *rt);
	const char *who; /* said if none of the runtimes checked for refuses it; NULL: not worth a finding */
	bool all;        /* every runtime refuses it: a failure, whatever is checked for */
	const char *why, *fix;
} REFUSALS[] = {
	{any_flag, runc_before_1_2, "runc before 1.2", false, "it rejects \"flags\"",
	 "remove \"flags\", or use runc 1.2 or crun"},
	{killable_flag, runc_since_1_2, NULL, false, "it does not know the flag", "remove it from \"flags\""},
	{unknown_flag, any, "every runtime", true, "it does not know the flag", "remove it from \"flags\""},
	{sync_with_listener, crun, "crun", false, "the kernel refuses this flag beside a listener",
	 "remove it from \"flags\""},
	{notify_by_default, runc, "runc", false, "SCMP_ACT_NOTIFY cannot be the default action",
	 "set \"defaultAction\" to SCMP_ACT_ERRNO and name the calls to hand over"},
	{notify_write, runc, "runc", false,
	 "it calls write itself before the agent is there, so write cannot be handed over",
	 "remove write from the SCMP_ACT_NOTIFY rules"},
	{notify_to_nobody, runc, "runc", false, "SCMP_ACT_NOTIFY needs a \"listenerPath\"",
	 "set \"listenerPath\" to the agent's socket"},
	{relative_listener, crun, "crun", false, "\"listenerPath\" is not an absolute path",
	 "set it to the agent's absolute path, or remove it"},
	{relative_notified, runc, NULL, false, "it resolves \"listenerPath\" in its current directory",
	 "set it to the agent's absolute path"},
	{dead_listener, crun, NULL, false, "no socket at \"listenerPath\" on this machine", "start the agent first"},
	{dead_notified, runc, NULL, false, "no socket at \"listenerPath\" on this machine", "start the agent first"},
	{empty_name, runc, "runc", false, "a call's name is empty", "remove it"},
	{no_names, crun, "crun", false, "a rule has no \"names\"", "name the calls, or remove the rule"},
	{ignored_errno, crun, "crun", false, "an errno is set for an action that returns none", "remove the errno"},
	{wide_errno, crun, "crun", false, "an errno has more than 32 bits", "write the intended errno"},
	{wide_index, crun, "crun", false, "the index of an argument has more than 32 bits", "arguments are 0 to 5"},
	{wide_value, not_by_json_c, "runc, crun before 1.28 too,", false, "an argument is compared with a number of more than 64 bits",
	 "write the intended number"},
	{unknown_op, runc, "runc", false, "it does not know the operator", "fix the operator, or remove the rule"},
	{no_op, crun, "crun", false, "a comparison has no \"op\"", "add the operator, or remove the rule"},
	{negative_value, runc, "runc", false, "an argument is compared with a negative number",
	 "write the intended unsigned number"},
	{unknown_arch, any, "every runtime", true, "it does not know the architecture",
	 "remove it from \"architectures\""},
	{arch_spelling, runc, "runc", false, "it does not know this spelling of the architecture",
	 "spell it like SCMP_ARCH_X86_64"},
	{newer_arch, lacks_newer_arch, "libseccomp before 2.6 and runc before 1.4", false, "it does not know the architecture",
	 "remove it from \"architectures\""},
	{crun_arch, lacks_crun_arch, "runc, with libseccomp before 2.6 crun too,", false, "it does not know the architecture",
	 "remove it from \"architectures\""},
	{riscv, runc_before_riscv, "runc before 1.1.8", false, "it does not know the architecture",
	 "remove it from \"architectures\""},
	{byte_orders, any, "every runtime", true, "a filter cannot mix byte orders",
	 "keep only this machine's own in \"architectures\""},
};

static int add_refusal(struct check_view *v, const struct refusal *how, const struct floor_runtime *rt, const struct buf *where)
{
	cleanup_buf struct buf who = {0};
	struct check_finding *f = NULL;
	int r;

	if (rt)
		check_add_runtime(rt, &who);
	else
		buf_adds(&who, how->who);
	r = check_add(v->result, rt || how->all ? CHECK_FAILURE : CHECK_WARNING, CHECK_REFUSED, &f, v->err,
		      "%s rejects this profile: %s%s%s%s", who.data ? who.data : "", how->why, where->len ? " (" : "",
		      where->len ? where->data : "", where->len ? ")" : "");
	if (r < 0)
		return r;
	f->runtime = rt;
	f->fix = strdup(how->fix);
	return f->fix ? 0 : err_set(v->err, ENOMEM, "out of memory");
}

int check_runtimes(struct check_view *v)
{
	const struct floor_file *floors = check_floors_of(v->plan);
	int r = 0;

	for (size_t i = 0; !r && i < ARRAY_SIZE(REFUSALS); i++) {
		cleanup_buf struct buf where = {0};
		bool told = false;

		if (!REFUSALS[i].holds(v, &where))
			continue;
		if (buf_failed(&where))
			return err_set(v->err, ENOMEM, "out of memory");
		for (size_t k = 0; !r && k < floors->runtime_count; k++) {
			const struct runtime rt = runtime_of(floors, &floors->runtimes[k]);

			if (!REFUSALS[i].refuses(&rt))
				continue;
			r = add_refusal(v, &REFUSALS[i], &floors->runtimes[k], &where);
			told = true;
		}
		if (!r && !told && REFUSALS[i].who)
			r = add_refusal(v, &REFUSALS[i], NULL, &where);
	}
	return r;
}
