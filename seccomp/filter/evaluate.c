#include "seccomp/filter/evaluate.h"

#include "base/text.h"
#include "seccomp/filter/filter.h"
#include "seccomp/policy/read.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>

struct evaluator {
	struct policy *policy;
	struct filter *filter;
};

const char *evaluate_verdict_name(enum evaluate_verdict v)
{
	static const char *const names[] = {
		[EVALUATE_ALLOWS] = "allowed",  [EVALUATE_DENIES] = "denied",          [EVALUATE_REFUSES] = "refused",
		[EVALUATE_DEPENDS] = "depends", [EVALUATE_NOTIFIES] = "handed over (notify)",
		[EVALUATE_TRACES] = "handed over (trace)", [EVALUATE_NO_ARCH] = "no architecture",
	};
	return names[v];
}

void evaluate_free(struct evaluator *j)
{
	if (!j)
		return;
	filter_free(j->filter);
	policy_free(j->policy);
	free(j);
}

int evaluate_new(const char *text, size_t len, const char *name, struct evaluator **ret, struct err *err)
{
	cleanup_evaluator struct evaluator *j = calloc(1, sizeof(*j));
	int r;

	if (!j)
		return err_set(err, ENOMEM, "out of memory");
	r = policy_read_one(text, len, name, &j->policy, err);
	if (r == 0)
		r = filter_new(j->policy, NULL, &j->filter, err);
	if (r == 0)
		*ret = steal_ptr(&j);
	return r;
}

int evaluate_new_policy(struct policy *p, struct evaluator **ret, struct err *err)
{
	cleanup_evaluator struct evaluator *j = calloc(1, sizeof(*j));
	int r;

	if (!j) {
		policy_free(p);
		return err_set(err, ENOMEM, "out of memory");
	}
	j->policy = p;
	r = filter_new(j->policy, NULL, &j->filter, err);
	if (r == 0)
		*ret = steal_ptr(&j);
	return r;
}

static bool names_call(const struct policy_rule *rule, const char *name)
{
	for (size_t i = 0; i < rule->name_count; i++)
		if (text_streq(rule->names[i], name))
			return true;
	return false;
}

static bool is_refused_by_rule(const struct evaluator *j, const struct arch *arch, uint32_t nr)
{
	const struct policy_rule *const *rules = NULL;
	size_t count = policy_rules(j->policy, &rules);
	char name[SYSCALL_NAME_MAX];

	if (!syscall_name(arch, nr, name))
		return false;
	for (size_t i = 0; i < count; i++)
		if (rules[i]->answer.action != POLICY_ALLOW && rules[i]->answer.action != POLICY_LOG &&
		    !policy_same_answer(&rules[i]->answer, policy_default(j->policy)) &&
		    filter_applies(j->filter, rules[i], arch) && names_call(rules[i], name))
			return true;
	return false;
}

int evaluate_call(struct evaluator *j, const struct arch *arch, uint32_t nr, enum evaluate_verdict *ret, struct err *err)
{
	cleanup_filter_call struct filter_call c = {0};
	int r;

	if (!filter_lists(j->filter, arch)) {
		*ret = EVALUATE_NO_ARCH;
		return 0;
	}
	r = filter_call(j->filter, arch, nr, &c, err);
	if (r < 0)
		return r;
	if (c.allows + c.denies + c.hands_over > 1)
		*ret = EVALUATE_DEPENDS;
	else if (c.allows)
		*ret = EVALUATE_ALLOWS;
	else if (c.hands_over)
		*ret = (c.answer & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_TRACE ? EVALUATE_TRACES : EVALUATE_NOTIFIES;
	else
		*ret = is_refused_by_rule(j, arch, nr) ? EVALUATE_REFUSES : EVALUATE_DENIES;
	return 0;
}

int evaluate_add_when(struct evaluator *j, const struct arch *arch, uint32_t nr, struct buf *out, struct err *err)
{
	cleanup_filter_call struct filter_call c = {0};
	int r = filter_lists(j->filter, arch) ? filter_call(j->filter, arch, nr, &c, err) : 0;

	if (r == 0)
		filter_add_when(&c, "only where ", "except where ", out);
	return r;
}

static int number_of(const void *arg, const char *name, uint32_t *ret)
{
	/* What the runtime's libseccomp does not know has no number for it. */
	return syscall_known_to_libseccomp(name) ? syscall_number(arg, name, ret) : -ENOENT;
}

int evaluate_is_stubbed(struct evaluator *j, const struct arch *arch, uint32_t nr, bool *ret, struct err *err)
{
	const uint64_t args[POLICY_ARGS_MAX] = {0};
	uint32_t answer = 0;
	int r = 0;

	*ret = filter_is_stubbed(j->filter, arch, nr, number_of, arch);
	if (*ret)
		r = filter_answer(j->filter, arch, nr, args, &answer, err);
	if (answer == (SECCOMP_RET_ERRNO | ENOSYS))
		*ret = false;
	return r;
}
