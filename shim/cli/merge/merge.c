#include "shim/cli/merge/merge.h"

#include "base/text.h"
#include "seccomp/combine/merge.h"
#include "seccomp/write/write.h"

#include <errno.h>
#include <stdio.h>

/* True if it refuses and hands over nothing. */
static bool is_unconfined(const struct policy *p)
{
	enum policy_action action = policy_default(p)->action;
	const struct policy_rule *const *rules = NULL;
	size_t n = policy_rules(p, &rules);

	for (size_t i = 0; i < n; i++)
		if (rules[i]->name_count && rules[i]->answer.action != POLICY_ALLOW && rules[i]->answer.action != POLICY_LOG)
			return false;
	return action == POLICY_ALLOW || action == POLICY_LOG;
}

int merge_profiles(const struct policy *const in[], size_t count, const char *format, struct buf *out, bool *ret_unconfined,
		   struct err *err)
{
	cleanup_policy struct policy *all = NULL, *adapted = NULL;
	cleanup_buf struct buf remarks = {0}, lost = {0};
	enum policy_format form = POLICY_OCI;
	int r;

	r = format ? policy_output_by_name(format, &form, err) : 0;
	if (!r)
		r = policy_merge(in, count, "merged profile", &all, &remarks, err);
	/* One alone contradicts nobody: it stays as it is. */
	if (r == -EDOM && count == 1)
		r = policy_adapt(in[0], form, &adapted, &lost, err);
	else if (!r)
		r = policy_adapt(all, form, &adapted, &lost, err);
	if (!r)
		r = policy_write(adapted, form, "merged", &lost, out, err);
	if (r < 0)
		return r;
	if (remarks.len)
		fputs(remarks.data, stderr);
	if (lost.len)
		fputs(lost.data, stderr);
	*ret_unconfined = is_unconfined(adapted);
	if (*ret_unconfined)
		fputs("snug: together these profiles allow everything, so the result does not confine a container. A "
		      "list of refused calls takes nothing away from the other profiles; add the refusals to the "
		      "profile that they are meant for\n",
		      stderr);
	return buf_failed(out) ? err_set(err, ENOMEM, "out of memory") : 0;
}
