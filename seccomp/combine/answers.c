#include "seccomp/combine/combine_private.h"

#include "base/text.h"
#include "seccomp/syscall/names.h"

#include <errno.h>
#include <linux/seccomp.h>

void combine_find_call(const struct combine *c, const char *name, struct combine_call *ret)
{
	const struct arch *const *arches = NULL;
	size_t n = policy_arches(c->out, &arches);

	*ret = (struct combine_call){.name = name};
	if (!syscall_known_to_libseccomp(name) && !filter_is_raw(c->filter[0]))
		return;
	if (syscall_number(c->machine, name, &ret->nr) == 0)
		ret->arch = c->machine;
	for (size_t i = 0; !ret->arch && i < n; i++)
		if (syscall_number(arches[i], name, &ret->nr) == 0)
			ret->arch = arches[i];
}

static bool names_call(const struct policy_rule *rule, const char *name)
{
	for (size_t i = 0; i < rule->name_count; i++)
		if (text_streq(rule->names[i], name))
			return true;
	return false;
}

bool combine_speaks(const struct combine *c, size_t i, const struct policy_rule *rule, const char *name)
{
	return names_call(rule, name) && filter_applies(c->filter[i], rule, c->machine) &&
	       filter_action_of(&rule->answer) != filter_action_of(policy_default(c->in[i]));
}

static bool rule_holds(const struct policy_rule *rule, const uint64_t args[POLICY_ARGS_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < rule->arg_count; i++)
		n += filter_arg_holds(&rule->args[i], args[rule->args[i].index], true);
	return filter_splits(rule) ? n > 0 : n == rule->arg_count;
}

/* Rules on arguments take precedence over rules without. */
static uint32_t read_text(const struct combine *c, size_t i, const char *name, const uint64_t args[POLICY_ARGS_MAX])
{
	const struct policy_rule *const *rules = NULL, *plain = NULL;
	size_t n = policy_rules(c->in[i], &rules);

	for (size_t k = 0; k < n; k++) {
		if (!combine_speaks(c, i, rules[k], name) || !rule_holds(rules[k], args))
			continue;
		if (rules[k]->arg_count)
			return filter_action_of(&rules[k]->answer);
		plain = plain ? plain : rules[k];
	}
	return filter_action_of(plain ? &plain->answer : policy_default(c->in[i]));
}

int combine_ask(const struct combine *c, size_t i, const struct combine_call *call, const uint64_t args[POLICY_ARGS_MAX],
		uint32_t *ret)
{
	if (call->arch && filter_lists(c->filter[i], call->arch))
		return filter_answer(c->filter[i], call->arch, call->nr, args, ret, c->err);
	*ret = read_text(c, i, call->name, args);
	return 0;
}

bool combine_hands_over(uint32_t answer)
{
	uint32_t action = answer & SECCOMP_RET_ACTION_FULL;

	return action == SECCOMP_RET_TRACE || action == SECCOMP_RET_USER_NOTIF;
}

static bool refuses(uint32_t answer)
{
	return !filter_allows(answer) && !combine_hands_over(answer);
}

static uint32_t default_of(const struct combine *c, size_t i)
{
	return filter_action_of(policy_default(c->in[i]));
}

static uint32_t unite(const struct combine *c, const uint32_t answers[])
{
	bool allows = false, logs = true;

	for (size_t i = 0; i < c->count; i++) {
		allows |= filter_allows(answers[i]);
		logs &= !filter_allows(answers[i]) || answers[i] == SECCOMP_RET_LOG;
	}
	if (allows)
		return logs ? SECCOMP_RET_LOG : SECCOMP_RET_ALLOW;
	for (size_t i = 0; i < c->count; i++)
		if (answers[i] != default_of(c, i))
			return answers[i];
	return answers[0];
}

static uint32_t intersect(const struct combine *c, const uint32_t answers[])
{
	for (size_t i = 0; i < c->count; i++)
		if (refuses(answers[i]))
			return answers[i];
	for (size_t i = 0; i < c->count; i++)
		if (combine_hands_over(answers[i]))
			return answers[i];
	for (size_t i = 0; i < c->count; i++)
		if (answers[i] == SECCOMP_RET_LOG)
			return answers[i];
	return SECCOMP_RET_ALLOW;
}

static uint32_t subtract(const struct combine *c, const uint32_t answers[])
{
	uint32_t instead = default_of(c, 0);

	if (!filter_allows(answers[1]) || refuses(answers[0]))
		return answers[0];
	return refuses(instead) ? instead : SECCOMP_RET_ERRNO | EPERM;
}

static uint32_t combine_all(const struct combine *c, const uint32_t answers[])
{
	switch (c->kind) {
	case COMBINE_WITHOUT:
		return subtract(c, answers);
	case COMBINE_WITHIN:
		return intersect(c, answers);
	default:
		return unite(c, answers);
	}
}

int combine_answer(const struct combine *c, const struct combine_call *call, const uint64_t args[POLICY_ARGS_MAX], uint32_t *ret,
		   size_t *ret_lost)
{
	size_t lost = c->count;
	int r = 0;

	for (size_t i = 0; !r && i < c->count; i++) {
		r = combine_ask(c, i, call, args, &c->answers[i]);
		if (!r && combine_hands_over(c->answers[i]) && lost == c->count)
			lost = i;
	}
	if (r < 0)
		return r;
	*ret = combine_all(c, c->answers);
	if (ret_lost)
		*ret_lost = combine_hands_over(*ret) ? c->count : lost;
	return 0;
}

uint32_t combine_default(const struct combine *c)
{
	for (size_t i = 0; i < c->count; i++)
		c->answers[i] = default_of(c, i);
	return combine_all(c, c->answers);
}

struct policy_answer combine_policy_answer(uint32_t answer)
{
	uint32_t data = answer & SECCOMP_RET_DATA;
	struct policy_answer a = {.action = POLICY_KILL_THREAD};

	switch (answer & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
		a.action = POLICY_ALLOW;
		break;
	case SECCOMP_RET_LOG:
		a.action = POLICY_LOG;
		break;
	case SECCOMP_RET_ERRNO:
		a = (struct policy_answer){POLICY_ERRNO, data != EPERM, data};
		break;
	case SECCOMP_RET_TRACE:
		a = (struct policy_answer){POLICY_TRACE, data != EPERM, data};
		break;
	case SECCOMP_RET_TRAP:
		a.action = POLICY_TRAP;
		break;
	case SECCOMP_RET_USER_NOTIF:
		a.action = POLICY_NOTIFY;
		break;
	case SECCOMP_RET_KILL_PROCESS:
		a.action = POLICY_KILL_PROCESS;
		break;
	default:
		break;
	}
	return a;
}
