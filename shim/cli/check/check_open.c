/* The profile's answers to calls that libraries try first, and what it allows beyond the defaults. */
#include "shim/cli/check/check.h"

#include "base/text.h"
#include "seccomp/policy/defaults.h"
#include "seccomp/syscall/sets.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

static bool answers_enosys(uint32_t answer)
{
	return answer == (SECCOMP_RET_ERRNO | ENOSYS);
}

static bool is_errno(uint32_t answer)
{
	return (answer & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO;
}

/* True if an older call that a library falls back on is allowed. If all are refused, programs are not meant to do this at all. */
static int has_older(struct check_view *v, const char *modern, bool *ret)
{
	const struct set_sibling *set = NULL;
	size_t n = set_siblings(&set);
	bool any = false;
	int r = 0;

	*ret = false;
	for (size_t i = 0; !r && i < n; i++) {
		struct check_answer a = {0};
		uint32_t nr = 0;

		if (!text_streq(set[i].modern, modern) || check_number(v->plan, set[i].older, &nr) < 0)
			continue;
		any = true;
		r = check_ask(v, nr, &a);
		*ret |= a.allows;
	}
	*ret |= !any;
	return r;
}

/* True if every runtime that is checked for answers ENOSYS instead of the profile. */
static bool all_stub(const struct check_view *v, uint32_t nr)
{
	const struct floor_file *floors = check_floors_of(v->plan);

	for (size_t i = 0; i < floors->runtime_count; i++)
		if (!check_is_stubbed(v, &floors->runtimes[i], nr))
			return false;
	return floors->runtime_count;
}

static int is_wrong(struct check_view *v, const struct set_fallback *set, uint32_t nr, bool *ret, uint32_t *ret_answer)
{
	struct check_answer a = {0};
	int r = check_ask(v, nr, &a);

	*ret = false;
	*ret_answer = a.answer;
	if (r < 0 || a.allows || !a.denies || answers_enosys(a.answer) || (set->kills_only && is_errno(a.answer)) || all_stub(v, nr))
		return r;
	return has_older(v, set->name, ret);
}

int check_fallback(struct check_view *v)
{
	const struct set_fallback *set = NULL;
	struct check_finding *f = NULL;
	cleanup_buf struct buf fix = {0};
	size_t n = set_fallbacks(&set);
	int r = 0;

	for (size_t i = 0; !r && i < n; i++) {
		struct check_call call = {.reason = set[i].reason};
		bool wrong = false;
		uint32_t nr = 0;

		if (check_number(v->plan, set[i].name, &nr) < 0)
			continue;
		r = is_wrong(v, &set[i], nr, &wrong, &call.answer);
		if (r < 0 || !wrong)
			continue;
		memcpy(call.name, set[i].name, strlen(set[i].name) + 1);
		if (!f)
			r = check_add(
				v->result, CHECK_WARNING, CHECK_FALLBACK, &f, v->err,
				"programs try these newer calls first and fall back to older ones only on ENOSYS");
		if (r < 0)
			return r;
		f->reader = v->reader;
		r = check_add_call(f, &call, v->err);
	}
	if (r < 0 || !f)
		return r;
	buf_adds(&fix, "set \"defaultErrnoRet\": 38, or add to \"syscalls\": {\"names\": [");
	for (size_t i = 0; i < f->call_count; i++)
		buf_addf(&fix, "%s\"%s\"", i ? ", " : "", f->calls[i].name);
	buf_adds(&fix, "], \"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": 38}");
	f->fix = buf_steal(&fix);
	return f->fix ? 0 : err_set(v->err, ENOMEM, "out of memory");
}

/* What the most permissive of the defaults that Docker and Kubernetes use allows of the call. */
static enum check_allows defaults_allow(const struct check_plan *p, uint32_t nr)
{
	const struct default_profile *facts = NULL;
	size_t n = default_profiles(check_floors_of(p)->arch->name, &facts);
	enum check_allows most = CHECK_DENIES;

	for (size_t i = 0; i < n; i++) {
		enum check_allows a = check_default_allows(p, i, nr);

		if (!text_streq(facts[i].name, "podman") && a > most)
			most = a;
	}
	return most;
}

/* "Docker 28.5 and containerd 2.1": the defaults that are compared above. */
static void add_titles(const struct check_plan *plan, struct buf *out)
{
	static const char *const names[] = {"moby", "containerd"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const struct default_profile *p = default_profile(names[i], check_floors_of(plan)->arch->name);

		buf_adds(out, i ? " and " : "");
		if (p)
			default_add_title(p, out);
	}
}

static int add_beyond(struct check_view *v, bool dangers, const char *name, struct check_finding **f)
{
	struct check_call call = {0};
	struct check_answer a = {0};
	enum check_allows allowed;
	uint32_t nr = 0;
	int r;

	if (strlen(name) >= sizeof(call.name) || check_number(v->plan, name, &nr) < 0)
		return 0;
	allowed = defaults_allow(v->plan, nr);
	if (allowed == CHECK_ALLOWS)
		return 0;
	r = check_ask(v, nr, &a);
	if (r < 0 || !a.allows || (allowed == CHECK_DEPENDS && a.denies))
		return r;
	call.reason = set_danger_of(name);
	if ((call.reason != NULL) != dangers)
		return 0;
	if (!call.reason && allowed == CHECK_DEPENDS)
		call.reason = "with any arguments; the defaults allow it only with some";
	memcpy(call.name, name, strlen(name) + 1);
	if (!*f) {
		cleanup_buf struct buf who = {0};

		add_titles(v->plan, &who);
		r = check_add(v->result, dangers ? CHECK_WARNING : CHECK_NOTE, CHECK_BEYOND, f, v->err,
			      dangers ? "it allows dangerous calls that the defaults of %s refuse"
				      : "it allows calls that the defaults of %s refuse; none is known to be dangerous",
			      who.data ? who.data : "");
	}
	if (r < 0)
		return r;
	(*f)->reader = v->reader;
	return check_add_call(*f, &call, v->err);
}

int check_beyond(struct check_view *v)
{
	enum policy_action d = policy_default(v->policy)->action;
	const struct policy_rule *const *rules = NULL;
	size_t n = policy_rules(v->policy, &rules);
	int r = 0;

	if (!check_has_defaults(v->plan) || d == POLICY_ALLOW || d == POLICY_LOG)
		return 0;
	for (int dangers = 1; !r && dangers >= 0; dangers--) {
		struct check_finding *f = NULL;

		for (size_t i = 0; !r && i < n; i++)
			for (size_t k = 0; !r && k < rules[i]->name_count; k++)
				if ((rules[i]->answer.action == POLICY_ALLOW || rules[i]->answer.action == POLICY_LOG) &&
				    filter_applies(v->filter, rules[i], check_floors_of(v->plan)->arch))
					r = add_beyond(v, dangers, rules[i]->names[k], &f);
	}
	return r;
}
