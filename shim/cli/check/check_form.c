/* Parts of a profile that runtimes refuse, ignore, or read differently from what they seem to say. */
#include "shim/cli/check/check.h"

#include "base/text.h"
#include "seccomp/syscall/nearest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN_MAX 4 /* places named in a sentence */

/* How each kind of remark is reported. */
static const struct remark {
	enum check_level level;
	enum check_kind kind;
	const char *text, *fix;
} REMARKS[POLICY_REMARK_KINDS] = {
	[POLICY_UNKNOWN_FIELD] = {CHECK_WARNING, CHECK_INEFFECTIVE,
				  "no reader of this format knows this field, so it has no effect",
				  "remove it or fix its spelling"},
	[POLICY_TWO_ARCH_LISTS] = {CHECK_FAILURE, CHECK_AMBIGUOUS,
				   "Docker and Podman reject a profile with both lists of architectures; Kubernetes ignores archMap",
				   "keep one: \"archMap\" for Docker and Podman, else \"architectures\""},
	[POLICY_UNKNOWN_MACHINE] = {CHECK_NOTE, CHECK_INEFFECTIVE,
				    "an archMap entry is for a machine unknown to snug; other machines ignore it",
				    NULL},
	[POLICY_UNNAMED_CALL] = {CHECK_WARNING, CHECK_UNNAMEABLE,
				 "a learnt call has no name here, so no profile can allow it",
				 "use a snug and a libseccomp at least as new as the kernel"},
	[POLICY_INDEX_TWICE] = {CHECK_WARNING, CHECK_AMBIGUOUS,
				"a rule compares one argument twice: runtimes allow the call if either matches, though "
				"both may be meant",
				"write one comparison, or two rules if either should do"},
	[POLICY_WRAPPED_ERRNO] = {CHECK_WARNING, CHECK_AMBIGUOUS,
				  "an errno is out of range: runtimes use its lower 16 bits",
				  "write the intended number"},
	[POLICY_EMPTY_RULE] = {CHECK_WARNING, CHECK_INEFFECTIVE, "a rule without names has no effect", "remove it"},
	[POLICY_OUTSIDE] =
		{CHECK_WARNING, CHECK_INEFFECTIVE, "the base profile is elsewhere and was not checked",
		 "put the base into the same file or directory, or check the profile that the operator merges"},
};

static int add_remarks(struct check_view *v, enum policy_remark_kind kind)
{
	const struct arch *machine = check_floors_of(v->plan)->arch;
	const struct remark *how = &REMARKS[kind];
	const struct policy_remark *remarks = NULL;
	size_t n = policy_remarks(v->policy, &remarks), found = 0;
	struct check_finding *f = NULL;
	cleanup_buf struct buf where = {0};
	int r;

	for (size_t i = 0; how->text && i < n; i++)
		if (remarks[i].kind == kind && (!remarks[i].machine || remarks[i].machine == machine) && found++ < SHOWN_MAX)
			buf_addf(&where, "%s%s%s%s", where.len ? "; " : "", remarks[i].path,
				 *remarks[i].path ? ": " : "", remarks[i].text);
	if (!found)
		return 0;
	if (found > SHOWN_MAX)
		buf_addf(&where, "; and %zu more", found - SHOWN_MAX);
	r = check_add(v->result, how->level, how->kind, &f, v->err, "%s (%s)", how->text,
		      buf_failed(&where) ? "" : where.data);
	if (!r && how->fix && !(f->fix = strdup(how->fix)))
		r = err_set(v->err, ENOMEM, "out of memory");
	return r;
}

static int check_refusals(struct check_view *v)
{
	const struct filter_refusal *refusals = NULL;
	struct check_finding *f = NULL;
	size_t n = 0;
	int r = filter_refusals(v->filter, check_floors_of(v->plan)->arch, &refusals, &n, v->err);

	if (r < 0 || !n)
		return r;
	r = check_add(v->result, CHECK_FAILURE, CHECK_REFUSED, &f, v->err,
		      "libseccomp rejects the rule for %s (%s%s), so no container starts", refusals[0].name,
		      refusals[0].rule->path ? refusals[0].rule->path : "", n > 1 ? ", and others" : "");
	if (r < 0)
		return r;
	f->reader = v->reader;
	f->fix = strdup("it contradicts another rule for the same call: keep one of them");
	return 0;
}

/* Reports the names with this status, over all rules. */
static int check_names(struct check_view *v, enum check_name status, enum check_kind kind, const char *text,
		       const char *fix)
{
	const struct policy_rule *const *rules = NULL;
	size_t n = policy_rules(v->policy, &rules);
	struct check_finding *f = NULL;
	int r = 0;

	for (size_t i = 0; !r && i < n; i++)
		for (size_t k = 0; !r && k < rules[i]->name_count; k++) {
			struct check_call call = {0};

			if (check_name_status(v->plan, rules[i]->names[k]) != status)
				continue;
			if (!f)
				r = check_add(v->result, CHECK_WARNING, kind, &f, v->err, "libseccomp %s %s",
					      check_floors_of(v->plan)->libseccomp, text);
			if (r < 0)
				return r;
			snprintf(call.name, sizeof(call.name), "%s", rules[i]->names[k]);
			if (status == CHECK_NAME_UNKNOWN && !syscall_nearest(check_floors_of(v->plan)->arch, rules[i]->names[k], call.nearest))
				*call.nearest = '\0';
			r = check_add_call(f, &call, v->err);
		}
	if (!r && f && !(f->fix = strdup(fix)))
		r = err_set(v->err, ENOMEM, "out of memory");
	return r;
}

/* True if the machine's native ABI or a listed one has the call. */
static bool is_of_some_arch(const struct check_view *v, const char *name)
{
	const struct arch *const *arches = NULL;
	size_t n = policy_arches(v->policy, &arches);
	uint32_t nr = 0;

	if (check_number(v->plan, name, &nr) == 0)
		return true;
	for (size_t i = 0; i < n; i++)
		if (syscall_number(arches[i], name, &nr) == 0)
			return true;
	return false;
}

/* Reports calls of other machines whose equivalent here, an older name or a library's, is not in the profile. */
static int check_elsewhere(struct check_view *v)
{
	const struct arch *arch = check_floors_of(v->plan)->arch;
	const struct policy_rule *const *rules = NULL;
	size_t n = policy_rules(v->policy, &rules);
	struct check_finding *f = NULL;
	int r = 0;

	/* The groups of systemd and the lists of Docker are meant for all machines. */
	if (policy_format(v->policy) == POLICY_SYSTEMD || policy_has_arch_map(v->policy))
		return 0;
	for (size_t i = 0; !r && i < n; i++)
		for (size_t k = 0; !r && k < rules[i]->name_count; k++) {
			struct check_call call = {0};
			const char *name = rules[i]->names[k];

			if (check_name_status(v->plan, name) != CHECK_NAME_KNOWN || is_of_some_arch(v, name) ||
			    !syscall_nearest(arch, name, call.nearest) || policy_names_call(v->policy, call.nearest))
				continue;
			if (!f)
				r = check_add(v->result, CHECK_WARNING, CHECK_ELSEWHERE, &f, v->err,
					      "calls that exist only on other machines; this machine's equivalents are "
					      "not listed");
			if (r < 0)
				return r;
			snprintf(call.name, sizeof(call.name), "%s", name);
			r = check_add_call(f, &call, v->err);
		}
	if (!r && f && !(f->fix = strdup("use this machine's names if these are meant")))
		r = err_set(v->err, ENOMEM, "out of memory");
	return r;
}

/* A default that refuses nothing. */
static int check_default(struct check_view *v)
{
	enum policy_action action = policy_default(v->policy)->action;
	const struct policy_rule *const *rules = NULL;
	size_t n = policy_rules(v->policy, &rules), denied = 0, handed = 0;
	struct check_finding *f = NULL;
	int r;

	if (action != POLICY_ALLOW && action != POLICY_LOG)
		return 0;
	for (size_t i = 0; i < n; i++)
		if (rules[i]->answer.action == POLICY_NOTIFY || rules[i]->answer.action == POLICY_TRACE)
			handed += rules[i]->name_count;
		else if (rules[i]->answer.action != POLICY_ALLOW && rules[i]->answer.action != POLICY_LOG)
			denied += rules[i]->name_count;
	if (!denied && handed)
		r = check_add(v->result, CHECK_WARNING, CHECK_UNCONFINED, &f, v->err,
			      "it refuses nothing: it hands %zu call%s over and allows all others", handed, handed == 1 ? "" : "s");
	else if (!denied && action == POLICY_ALLOW)
		r = check_add(v->result, CHECK_FAILURE, CHECK_UNCONFINED, &f, v->err,
			      "it allows everything, so a container with it is unconfined");
	else if (!denied)
		r = check_add(v->result, CHECK_WARNING, CHECK_UNCONFINED, &f, v->err,
			      "it only logs and refuses nothing");
	else
		r = check_add(
			v->result, CHECK_WARNING, CHECK_UNCONFINED, &f, v->err,
			"it refuses only the %zu listed call%s and allows all others, including those of newer kernels",
			denied, denied == 1 ? "" : "s");
	if (r < 0)
		return r;
	f->fix = strdup("set \"defaultAction\" to SCMP_ACT_ERRNO and list what is allowed");
	return 0;
}

int check_form(struct check_view *v)
{
	int r = check_default(v);

	if (!r)
		r = check_runtimes(v);
	for (enum policy_remark_kind k = 0; !r && k < POLICY_REMARK_KINDS; k++)
		r = add_remarks(v, k);
	if (!r)
		r = check_names(v, CHECK_NAME_UNKNOWN, CHECK_UNKNOWN_NAME,
				"does not know this call, nor does snug; runtimes silently ignore it",
				"fix its spelling, or remove it");
	if (!r)
		r = check_names(v, CHECK_NAME_LACKING, CHECK_UNNAMEABLE,
				"does not know these calls: runtimes that use it silently ignore them, so the default "
				"action applies",
				"the profile cannot fix this; a newer libseccomp for the runtime does");
	if (!r)
		r = check_elsewhere(v);
	return r ? r : check_refusals(v);
}
