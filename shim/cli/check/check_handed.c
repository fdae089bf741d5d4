/* Calls that a profile neither allows nor refuses: a tracer or an agent decides. */
#include "shim/cli/check/check.h"

#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int add_calls(struct check_view *v, struct check_finding *f, enum policy_action action)
{
	const struct arch *arch = check_floors_of(v->plan)->arch;
	int r = 0;

	for (uint32_t nr = 0; !r && nr < CHECK_NR_MAX; nr++) {
		struct check_call call = {0};
		struct check_answer a = {0};

		if (!syscall_name(arch, arch_number_base(arch) + nr, call.name))
			continue;
		r = check_ask(v, arch_number_base(arch) + nr, &a);
		if (r < 0 || !(action == POLICY_TRACE ? a.traces : a.notifies))
			continue;
		call.answer = a.answer;
		call.reason = a.allows ? "for some arguments; others are allowed" : a.refuses ? "for some arguments; others are refused" : NULL;
		r = a.allows ? check_note_when(v, arch_number_base(arch) + nr, &call) : 0;
		if (!r)
			r = check_add_call(f, &call, v->err);
	}
	return r;
}

static int check_action(struct check_view *v, enum policy_action action)
{
	const struct policy_rule *const *rules = NULL;
	struct check_finding *f = NULL;
	size_t n = policy_rules(v->policy, &rules), any = 0;
	int r;

	for (size_t i = 0; i < n; i++)
		any += rules[i]->answer.action == action && rules[i]->name_count;
	/* If that is the default, the calls that the profile does not list need not be named. */
	if (policy_default(v->policy)->action == action || !any)
		return 0;
	r = check_add(v->result, CHECK_WARNING, CHECK_HANDED_OVER, &f, v->err,
		      action == POLICY_TRACE
			      ? "it hands these calls to a tracer (SCMP_ACT_TRACE): without one they fail with ENOSYS"
			      : "it hands these calls to an agent (SCMP_ACT_NOTIFY), which decides: each one waits for it, and "
				"fails with ENOSYS when the agent is gone");
	if (!r)
		r = add_calls(v, f, action);
	if (r < 0)
		return r;
	/* This machine has none of the calls. */
	if (!f->call_count)
		check_finding_done(&v->result->findings[--v->result->count]);
	return 0;
}

int check_handed_over(struct check_view *v)
{
	int r = check_action(v, POLICY_NOTIFY);

	return r ? r : check_action(v, POLICY_TRACE);
}
