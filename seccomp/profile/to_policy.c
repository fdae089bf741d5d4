/* A tight profile as a policy, for code that writes and compiles policies. */
#include "seccomp/policy/policy.h"
#include "seccomp/profile/profile.h"
#include "seccomp/write/write.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* One rule with all full names, in their order; then one for each masked rule. */
static int add_profile_rules(struct policy *p, const struct profile_rule *rules, size_t count, struct err *err)
{
	struct policy_rule full = {.answer.action = POLICY_ALLOW};
	int r = 0;

	full.names = calloc(count + 1, sizeof(*full.names));
	if (!full.names)
		return err_set(err, ENOMEM, "out of memory");
	for (size_t i = 0; i < count; i++)
		if (!rules[i].masked)
			full.names[full.name_count++] = (char *)(uintptr_t)rules[i].name;
	if (full.name_count)
		r = policy_add_rule(p, &full, err);
	free(full.names);
	for (size_t i = 0; r == 0 && i < count; i++) {
		char *name = (char *)(uintptr_t)rules[i].name;
		struct policy_arg arg = {.index = rules[i].index,
					 .op = POLICY_MASKED_EQ,
					 .value = rules[i].mask,
					 .value_two = rules[i].value};
		struct policy_rule rule = {.names = &name, .name_count = 1, .args = &arg, .arg_count = 1};

		if (rules[i].masked)
			r = policy_add_rule(p, &rule, err);
	}
	return r;
}

int profile_to_policy(const struct profile *profile, const char *name, struct policy **ret, struct err *err)
{
	cleanup_policy struct policy *p = NULL;
	const struct profile_rule *rules = NULL;
	const struct arch *const *arches = NULL;
	size_t count = profile_rules(profile, &rules);
	int r = policy_new(POLICY_OCI, name, &p, err);

	if (r < 0)
		return r;
	policy_set_default(p, &(struct policy_answer){POLICY_ERRNO, true, profile_errno(profile)});
	for (size_t i = 0, n = profile_arches(profile, &arches); i < n; i++)
		policy_add_arch(p, arches[i]);
	r = add_profile_rules(p, rules, count, err);
	if (r == 0)
		*ret = steal_ptr(&p);
	return r;
}

int profile_write_oci(const struct profile *p, struct buf *out, struct err *err)
{
	cleanup_policy struct policy *policy = NULL;
	int r = profile_to_policy(p, "profile", &policy, err);

	return r < 0 ? r : policy_write(policy, POLICY_OCI, "profile", NULL, out, err);
}
