/* What the writers of all forms share: a policy without what only one reader understands, sorted names, comments. */
#include "seccomp/write/write_private.h"

#include "base/text.h"
#include "seccomp/filter/filter.h"
#include "seccomp/syscall/sets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int string_order(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int policy_sorted_names(const struct policy_rule *rule, const char ***ret, size_t *ret_count, struct err *err)
{
	const char **names = calloc(rule->name_count + 1, sizeof(*names));
	size_t kept = 0;

	if (!names)
		return err_set(err, ENOMEM, "out of memory");
	for (size_t i = 0; i < rule->name_count; i++)
		names[i] = rule->names[i];
	qsort(names, rule->name_count, sizeof(*names), string_order);
	for (size_t i = 0; i < rule->name_count; i++)
		if (kept == 0 || strcmp(names[i], names[kept - 1]) != 0)
			names[kept++] = names[i];
	*ret = names;
	*ret_count = kept;
	return 0;
}

void policy_write_comments(const struct buf *lost, struct buf *out)
{
	for (const char *p = lost && lost->data ? lost->data : ""; *p;) {
		size_t len = strcspn(p, "\n");

		buf_addf(out, "# %.*s\n", (int)len, p);
		p += len + (p[len] == '\n');
	}
}

/* Copies everything except rules and architectures. */
int policy_copy_head(const struct policy *p, struct policy *n, struct err *err)
{
	const char *metadata = NULL, *path = policy_listener(p, &metadata);
	const char *const *flags = NULL;
	size_t count = policy_flags(p, &flags);
	int r = policy_set_listener(n, path, metadata, err);

	policy_set_default(n, policy_default(p));
	for (size_t i = 0; i < count && r == 0; i++)
		r = policy_add_flag(n, flags[i], err);
	return r;
}

/* From an archMap, copies only this machine's entry. */
static void copy_arches(const struct policy *p, struct policy *n)
{
	const struct arch *const *arches = NULL;
	const struct arch *host[4];
	size_t count = policy_arches(p, &arches);

	arch_host(host);
	for (size_t i = 0; i < count; i++)
		if (!policy_has_arch_map(p) || policy_maps_arch(p, host[0], arches[i]))
			policy_add_arch(n, arches[i]);
}

int policy_copy_rules(const struct policy *p, const struct filter *view, struct policy *n, struct err *err)
{
	const struct policy_rule *const *rules = NULL;
	const struct arch *host[4];
	size_t count = policy_rules(p, &rules);
	int r = 0;

	arch_host(host);
	for (size_t i = 0; i < count && r == 0; i++) {
		struct policy_rule rule = *rules[i];

		/* A rule without names has no effect, and crun refuses it. */
		if (rule.name_count == 0 || (view && !filter_applies(view, rules[i], host[0])))
			continue;
		if (view) {
			rule.includes = (struct policy_condition){0};
			rule.excludes = (struct policy_condition){0};
		}
		/* crun refuses an errno with any other action. */
		if (rule.answer.action != POLICY_ERRNO && rule.answer.action != POLICY_TRACE)
			rule.answer.has_errno = false;
		r = policy_add_rule(n, &rule, err);
	}
	return r;
}

int policy_adapt_plain(const struct policy *p, enum policy_format format, struct policy **ret, struct buf *lost,
		       struct err *err)
{
	cleanup_policy struct policy *n = NULL;
	cleanup_filter struct filter *view = NULL;
	int r = policy_new(format, policy_name(p), &n, err);

	if (r == 0)
		r = filter_new(p, NULL, &view, err);
	if (r == 0)
		r = policy_copy_head(p, n, err);
	if (r < 0)
		return r;
	copy_arches(p, n);
	if (policy_has_conditions(p))
		buf_adds(lost, "conditions on capabilities, machines and kernels are Docker's alone: they were decided for "
			       "its default capabilities, this machine and any kernel\n");
	r = policy_copy_rules(p, view, n, err);
	if (r == 0)
		*ret = steal_ptr(&n);
	return r;
}
