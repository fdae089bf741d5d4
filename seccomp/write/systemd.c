/* Writes systemd's form (systemd.exec(5)): a drop-in for a unit. It has no arguments, and one answer for everything refused,
 * apart from an errno after a name. */
#include "base/text.h"
#include "seccomp/filter/filter.h"
#include "seccomp/policy/read_private.h"
#include "seccomp/policy/systemd.h"
#include "seccomp/write/write_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_GROUP_MAX 256 /* calls */

static void add_list(const char *const *names, size_t count, struct buf *out)
{
	for (size_t i = 0; i < count; i++)
		buf_addf(out, "%s%s", i ? ", " : "", names[i]);
}

/* Reports that the calls of a rule on arguments are allowed with any arguments. */
static int adapt_arguments(const struct policy_rule *rule, bool deny_list, struct buf *lost, struct err *err)
{
	cleanup_buf struct buf args = {0};
	const char **names = NULL;
	size_t count = 0;
	int r = policy_sorted_names(rule, &names, &count, err);

	if (r < 0)
		return r;
	filter_add_args(count == 1 ? names[0] : NULL, arch_get(ARCH_X86_64), rule->args, rule->arg_count, &args);
	add_list(names, count, lost);
	buf_addf(lost, ": the profile %s it only where %s; systemd knows no arguments: %s for any\n",
		 deny_list ? "refuses" : "allows", args.data, "allowed");
	free(names);
	return 0;
}

static struct policy_answer refusal(const struct policy_answer *from, struct buf *lost)
{
	uint32_t number = from->has_errno ? from->errno_ret : EPERM;

	if (number == 0) {
		buf_adds(lost, "systemd cannot answer with errno 0, which looks like success: such calls get EPERM\n");
		number = EPERM;
	}
	return (struct policy_answer){POLICY_ERRNO, true, number};
}

static int adapt_rule(const struct policy_rule *from, struct policy *n, bool deny_list, struct buf *lost,
		      struct err *err)
{
	enum policy_action action = from->answer.action;
	bool allows = action == POLICY_ALLOW || action == POLICY_LOG;
	struct policy_rule rule = *from;

	if (from->arg_count) {
		int r = adapt_arguments(from, deny_list, lost, err);

		/* A deny list leaves such a rule out; so does an allow list if the rule refuses, else it takes the rule without
		 * arguments. */
		if (r < 0 || deny_list || !allows)
			return r;
		rule.args = NULL;
		rule.arg_count = 0;
	}
	if (action == POLICY_LOG)
		buf_adds(lost, "systemd cannot log what it allows: calls to be logged are allowed silently\n");
	if (allows)
		rule.answer = (struct policy_answer){POLICY_ALLOW, false, 0};
	if (allows && deny_list)
		return 0;
	if (!allows && action != POLICY_ERRNO && action != POLICY_KILL_PROCESS) {
		buf_addf(lost, "%s cannot be expressed: the process is killed\n", policy_action_name(action));
		rule.answer = (struct policy_answer){POLICY_KILL_PROCESS, false, 0};
	}
	if (rule.answer.action == POLICY_ERRNO)
		rule.answer = refusal(&from->answer, lost);
	return policy_add_rule(n, &rule, err);
}

static void tell_odd_names(const struct policy *p, struct buf *lost)
{
	const struct policy_rule *const *rules = NULL;
	size_t count = policy_rules(p, &rules);

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < rules[i]->name_count; k++)
			if (!systemd_is_name(rules[i]->names[k])) {
				buf_adds(lost, "not the name of a system call, left out: ");
				text_add_safe(lost, rules[i]->names[k], strlen(rules[i]->names[k]));
				buf_addc(lost, '\n');
			}
}

/* As the reader reads them: each call once, and rules that allow first. */
static int adapt_rules(const struct policy *p, struct policy *n, bool deny_list, struct buf *lost, struct err *err)
{
	const struct policy_rule *const *rules = NULL;
	size_t count = policy_rules(p, &rules);
	int r = 0;

	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < count && r == 0; i++) {
			struct policy_rule rule = *rules[i];
			bool allows = rule.answer.action == POLICY_ALLOW || rule.answer.action == POLICY_LOG;
			char **names = calloc(rule.name_count + 1, sizeof(*names));

			if (!names)
				return err_set(err, ENOMEM, "out of memory");
			rule.name_count = 0;
			for (size_t k = 0; k < rules[i]->name_count; k++)
				if (systemd_is_name(rules[i]->names[k]) && !policy_names_call(n, rules[i]->names[k]))
					names[rule.name_count++] = rules[i]->names[k];
			rule.names = names;
			if (allows == (pass == 0) && rule.name_count)
				r = adapt_rule(&rule, n, deny_list, lost, err);
			free(names);
		}
	return r;
}

struct default_group {
	const struct policy *policy;
	char **names;
	size_t count;
};

static int take_default(const char *call, void *arg)
{
	struct default_group *g = arg;

	if (!policy_knows_call(call) || policy_names_call(g->policy, call))
		return 0;
	for (size_t i = 0; i < g->count; i++)
		if (text_streq(g->names[i], call))
			return 0;
	if (g->count == DEFAULT_GROUP_MAX)
		return -E2BIG;
	g->names[g->count] = strdup(call);
	return g->names[g->count++] ? 0 : -ENOMEM;
}

/* Adds the calls that systemd allows besides those of an allow list. */
static int add_default_group(struct policy *n, struct buf *lost, struct err *err)
{
	struct default_group g = {.policy = n, .names = calloc(DEFAULT_GROUP_MAX, sizeof(*g.names))};
	struct policy_rule rule = {.answer.action = POLICY_ALLOW, .comment = (char *)(uintptr_t)POLICY_SYSTEMD_DEFAULT};
	int r = g.names ? systemd_group_each(systemd_groups(), "@default", take_default, &g) : -ENOMEM;

	rule.names = g.names;
	rule.name_count = g.count;
	if (r < 0)
		r = err_set(err, -r, "the calls of @default cannot be added");
	else if (g.count)
		r = policy_add_rule(n, &rule, err);
	if (r == 0 && g.count)
		buf_addf(lost, "systemd also allows the calls of its own @default group: %zu that the profile does not name\n", g.count);
	for (size_t i = 0; i < g.count; i++)
		free(g.names[i]);
	free(g.names);
	return r;
}

int policy_adapt_systemd(const struct policy *p, struct policy **ret, struct buf *lost, struct err *err)
{
	cleanup_policy struct policy *plain = NULL, *n = NULL;
	struct policy_answer def = *policy_default(p);
	const struct arch *const *arches = NULL;
	const struct policy_rule *const *rules = NULL;
	bool deny_list = def.action == POLICY_ALLOW;
	int r;

	if (def.action != POLICY_ALLOW && def.action != POLICY_ERRNO && def.action != POLICY_KILL_PROCESS &&
	    def.action != POLICY_KILL_THREAD)
		return err_set(err, EINVAL, "systemd cannot express the default action %s", policy_action_name(def.action));
	r = policy_adapt_plain(p, POLICY_OCI, &plain, lost, err);
	if (r == 0)
		r = policy_new(POLICY_SYSTEMD, policy_name(p), &n, err);
	if (r < 0)
		return r;
	if (def.action == POLICY_KILL_THREAD) {
		buf_adds(lost, "SCMP_ACT_KILL kills a thread; systemd kills the process\n");
		def.action = POLICY_KILL_PROCESS;
	}
	if (def.action == POLICY_ERRNO)
		def = refusal(&def, lost);
	policy_set_default(n, &def);
	for (size_t i = 0, count = policy_arches(plain, &arches); i < count; i++)
		policy_add_arch(n, arches[i]);
	tell_odd_names(plain, lost);
	r = adapt_rules(plain, n, deny_list, lost, err);
	/* To systemd an empty list is no list. */
	if (r == 0 && policy_rules(n, &rules) == 0)
		r = err_set(err, EINVAL, "systemd cannot express a profile that names no call");
	if (r == 0 && !deny_list)
		r = add_default_group(n, lost, err);
	if (r == 0)
		*ret = steal_ptr(&n);
	return r;
}

/* systemd adds these itself, so they are not written. */
static bool is_by_default(const struct policy_rule *rule)
{
	return text_streq(rule->comment, POLICY_SYSTEMD_DEFAULT);
}

static int write_rule(const struct policy_rule *rule, const struct policy_answer *def, struct buf *out, struct err *err)
{
	bool deny_list = def->action == POLICY_ALLOW;
	const char **names = NULL;
	size_t count = 0;
	int r = policy_sorted_names(rule, &names, &count, err);

	for (size_t i = 0; r == 0 && i < count; i++) {
		buf_addf(out, "SystemCallFilter=%s%s", deny_list ? "~" : "", names[i]);
		if (rule->answer.action == POLICY_ERRNO) {
			const char *word = policy_errno_name(rule->answer.errno_ret);

			if (word)
				buf_addf(out, ":%s", word);
			else
				buf_addf(out, ":%u", rule->answer.errno_ret);
		} else if (rule->answer.action == POLICY_KILL_PROCESS) {
			buf_adds(out, ":kill");
		}
		buf_addc(out, '\n');
	}
	free(names);
	return r;
}

int policy_write_systemd(const struct policy *p, const char *name, const struct buf *lost, struct buf *out,
			 struct err *err)
{
	const struct policy_answer *def = policy_default(p);
	const struct policy_rule *const *rules = NULL;
	const struct arch *const *arches = NULL;
	size_t count = policy_rules(p, &rules), arch_count = policy_arches(p, &arches);
	const char *word = policy_errno_name(def->errno_ret);
	size_t written = 0;
	int r = 0;

	buf_adds(out, "# Save as UNIT.service.d/seccomp.conf below /etc/systemd/system, then systemctl daemon-reload.\n");
	policy_write_comments(lost, out);
	buf_adds(out, "[Service]\n");
	if (arch_count)
		buf_adds(out, "SystemCallArchitectures=");
	for (size_t i = 0; i < arch_count; i++)
		buf_addf(out, "%s%s", i ? " " : "", systemd_arch_name(arches[i]));
	buf_adds(out, arch_count ? "\n" : "");
	if (def->action == POLICY_ERRNO && word)
		buf_addf(out, "SystemCallErrorNumber=%s\n", word);
	else if (def->action == POLICY_ERRNO)
		buf_addf(out, "SystemCallErrorNumber=%u\n", def->errno_ret);
	for (size_t i = 0; i < count && r == 0; i++)
		if (!is_by_default(rules[i])) {
			r = write_rule(rules[i], def, out, err);
			written++;
		}
	/* A unit without a list has no filter. */
	if (r == 0 && !written)
		buf_adds(out, "SystemCallFilter=@default\n");
	return r;
}
