#include "shim/cli/merge/merge.h"

#include "base/text.h"
#include "seccomp/combine/combine.h"
#include "seccomp/write/write.h"

#include <errno.h>
#include <stdio.h>

/* True if the policy allows every call that it does not name. */
static bool allows_by_default(const struct policy *p)
{
	enum policy_action action = policy_default(p)->action;

	return action == POLICY_ALLOW || action == POLICY_LOG;
}

/* True if the policy refuses nothing and hands nothing over. */
static bool is_unconfined(const struct policy *p)
{
	const struct policy_rule *const *rules = NULL;
	size_t n = policy_rules(p, &rules);

	for (size_t i = 0; i < n; i++)
		if (rules[i]->name_count && rules[i]->answer.action != POLICY_ALLOW && rules[i]->answer.action != POLICY_LOG)
			return false;
	return allows_by_default(p);
}

/* Combines each of the parts with *all, and replaces *all with the result. */
static int narrow(struct policy **all, enum combine_kind kind, const struct merge_parts *parts, const struct merge_request *request,
		  struct buf *remarks, struct err *err)
{
	const struct combine_view view = {.kind = kind, .machine = request->machine, .remarks = remarks};
	int r = 0;

	for (size_t i = 0; !r && i < parts->count; i++) {
		struct policy *part = parts->policies[i], *narrower = NULL;
		const struct policy *const both[] = {*all, part};

		if (!policy_lists_arches(part))
			policy_copy_arches(*all, part);
		r = policy_combine(&view, both, 2, "merged profile", &narrower, err);
		if (r < 0)
			return r;
		policy_free(*all);
		*all = narrower;
	}
	return r;
}

/* Warns if a list of refusals is subtracted, since it allows almost everything. */
static void tell_contrary(const struct merge_parts *without)
{
	for (size_t i = 0; i < without->count; i++) {
		if (allows_by_default(without->policies[i]))
			fprintf(stderr, "snug: %s allows every call that it does not name, so --without leaves almost nothing;\n"
				"--within takes away what it refuses\n", policy_name(without->policies[i]));
	}
}

/* Warns if a part refuses every call that it does not name, and the result allows them because another part does. */
static bool tell_opened(const struct merge_parts *all, const struct policy *result)
{
	const struct policy *opens = NULL;
	bool closed = false;

	for (size_t i = 0; i < all->count; i++) {
		if (!allows_by_default(all->policies[i]))
			closed = true;
		else if (!opens)
			opens = all->policies[i];
	}
	if (!closed || !opens || !allows_by_default(result))
		return false;
	fprintf(stderr,
		"snug: %s allows every call that it does not name, and so does the result, which refuses only what\n"
		"all parts refuse; to take away what a list refuses, use --within\n",
		policy_name(opens));
	return true;
}

static void tell_unconfined(const struct merge_request *request)
{
	fputs("snug: together these profiles allow everything, so the result does not confine a container", stderr);
	fputs(request->all.count > 1 ? "; a list of refused calls takes\nnothing away from the others, --within that list does\n" : "\n", stderr);
}

/* If a profile has two lists of architectures, the result has the one that runtimes read. */
static void tell_arch_lists(const struct merge_parts *parts)
{
	const struct policy_remark *remarks = NULL;

	for (size_t i = 0; i < parts->count; i++)
		for (size_t k = policy_remarks(parts->policies[i], &remarks); k-- > 0;)
			if (remarks[k].kind == POLICY_TWO_ARCH_LISTS)
				fprintf(stderr, "snug: %s: left out \"archMap\", since \"architectures\" stands beside it\n",
					policy_name(parts->policies[i]));
}

static int combine(const struct merge_request *request, struct policy **ret, struct buf *remarks, struct err *err)
{
	const struct combine_view view = {.kind = COMBINE_UNION, .machine = request->machine, .remarks = remarks};
	cleanup_policy struct policy *all = NULL;
	int r = policy_combine(&view, (const struct policy *const *)request->all.policies, request->all.count, "merged profile", &all, err);

	if (!r)
		r = narrow(&all, COMBINE_WITHOUT, &request->without, request, remarks, err);
	if (!r)
		r = narrow(&all, COMBINE_WITHIN, &request->within, request, remarks, err);
	if (!r)
		*ret = steal_ptr(&all);
	return r;
}

int merge_profiles(const struct merge_request *request, struct buf *out, bool *ret_open, struct err *err)
{
	bool alone = request->all.count == 1 && !request->without.count && !request->within.count;
	cleanup_policy struct policy *all = NULL, *adapted = NULL;
	cleanup_buf struct buf remarks = {0}, lost = {0};
	enum policy_format form = POLICY_OCI;
	int r = request->format ? policy_output_by_name(request->format, &form, err) : 0;

	if (!r)
		r = combine(request, &all, &remarks, err);
	/* A single profile contradicts nothing: it stays as it is. */
	if (r == -EDOM && alone)
		r = policy_adapt(request->all.policies[0], form, &adapted, &lost, err);
	else if (!r)
		r = policy_adapt(all, form, &adapted, &lost, err);
	if (!r)
		r = policy_write(adapted, form, "merged", &lost, out, err);
	if (r < 0)
		return r;
	tell_arch_lists(&request->all);
	tell_arch_lists(&request->without);
	tell_arch_lists(&request->within);
	if (remarks.len)
		fputs(remarks.data, stderr);
	if (lost.len)
		fputs(lost.data, stderr);
	tell_contrary(&request->without);
	*ret_open = is_unconfined(adapted);
	if (*ret_open)
		tell_unconfined(request);
	else
		*ret_open = tell_opened(&request->all, adapted);
	return buf_failed(out) ? err_set(err, ENOMEM, "out of memory") : 0;
}
