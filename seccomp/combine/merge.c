#include "seccomp/combine/merge.h"

#include "base/text.h"
#include "seccomp/combine/merge_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void merge_done(struct merge *m)
{
	for (size_t i = 0; m->filter && i < m->count; i++)
		filter_free(m->filter[i]);
	free(m->filter);
	free(m->names);
	free(m->refusals);
	policy_free(m->out);
}

static bool is_good(const struct policy_answer *a)
{
	return a->action == POLICY_ALLOW || a->action == POLICY_LOG;
}

static int name_order(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int collect_names(struct merge *m)
{
	size_t total = 0, kept = 0;

	for (size_t i = 0; i < m->count; i++) {
		const struct policy_rule *const *rules = NULL;
		size_t n = policy_rules(m->in[i], &rules);

		for (size_t k = 0; k < n; k++)
			total += rules[k]->name_count;
	}
	m->names = calloc(total + 1, sizeof(*m->names));
	m->refusals = calloc(total + 1, sizeof(*m->refusals));
	if (!m->names || !m->refusals)
		return err_set(m->err, ENOMEM, "out of memory");
	for (size_t i = 0; i < m->count; i++) {
		const struct policy_rule *const *rules = NULL;
		size_t n = policy_rules(m->in[i], &rules);

		for (size_t k = 0; k < n; k++)
			for (size_t j = 0; j < rules[k]->name_count; j++)
				m->names[m->name_count++] = rules[k]->names[j];
	}
	qsort(m->names, m->name_count, sizeof(*m->names), name_order);
	for (size_t i = 0; i < m->name_count; i++)
		if (!kept || strcmp(m->names[kept - 1], m->names[i]) != 0)
			m->names[kept++] = m->names[i];
	m->name_count = kept;
	return 0;
}

static bool names_call(const struct policy_rule *rule, const char *name)
{
	for (size_t i = 0; i < rule->name_count; i++)
		if (text_streq(rule->names[i], name))
			return true;
	return false;
}

/* What one input's rules say of a name. */
struct said {
	bool allows_all, allows_some; /* by rules without arguments, with arguments */
	bool refuses_all, refuses_some;
	bool by_default; /* no rule names it */
};

static void ask(const struct merge *m, size_t i, const char *name, struct said *ret)
{
	const struct policy_rule *const *rules = NULL;
	size_t n = policy_rules(m->in[i], &rules);
	bool good = is_good(policy_default(m->in[i]));

	*ret = (struct said){.by_default = true};
	for (size_t k = 0; k < n; k++) {
		bool allows = is_good(&rules[k]->answer), some = rules[k]->arg_count;

		if (!names_call(rules[k], name) || !filter_applies(m->filter[i], rules[k], m->native))
			continue;
		ret->by_default = false;
		/* libseccomp has no use for a rule that answers as the default does. */
		if (allows != good) {
			ret->allows_all |= allows && !some;
			ret->allows_some |= allows && some;
			ret->refuses_all |= !allows && !some;
			ret->refuses_some |= !allows && some;
		} else {
			ret->refuses_all |= !allows && !some;
		}
	}
	if (good && !ret->refuses_all && !ret->refuses_some)
		ret->allows_all = true;
}

/* Adds a rule of some of the names: those that `pick` picks. */
static int add_names(struct merge *m, bool (*pick)(const struct merge *m, size_t name, const void *arg), const void *arg,
		     const struct policy_answer *answer)
{
	cleanup_free char **names = calloc(m->name_count + 1, sizeof(*names));
	struct policy_rule rule = {.names = names, .answer = *answer};

	if (!names)
		return err_set(m->err, ENOMEM, "out of memory");
	for (size_t i = 0; i < m->name_count; i++)
		if (pick(m, i, arg))
			names[rule.name_count++] = (char *)(uintptr_t)m->names[i];
	return rule.name_count ? policy_add_rule(m->out, &rule, m->err) : 0;
}

static bool same_args(const struct policy_rule *a, const struct policy_rule *b)
{
	if (a->arg_count != b->arg_count)
		return false;
	for (size_t i = 0; i < a->arg_count; i++)
		if (a->args[i].index != b->args[i].index || a->args[i].op != b->args[i].op ||
		    a->args[i].value != b->args[i].value || a->args[i].value_two != b->args[i].value_two)
			return false;
	return true;
}

/* True if the result has a rule of the name with these arguments. */
static bool has_rule(const struct merge *m, const char *name, const struct policy_rule *rule)
{
	const struct policy_rule *const *rules = NULL;
	size_t n = policy_rules(m->out, &rules);

	for (size_t i = n; i-- > 0 && names_call(rules[i], name);)
		if (same_args(rules[i], rule))
			return true;
	return false;
}

/* The rules of one input on a name's arguments: those that allow, or the others. */
static int copy_rules(struct merge *m, size_t i, const char *name, bool good)
{
	const struct policy_rule *const *rules = NULL;
	size_t n = policy_rules(m->in[i], &rules);
	int r = 0;

	for (size_t k = 0; !r && k < n; k++)
		if (rules[k]->arg_count && is_good(&rules[k]->answer) == good && names_call(rules[k], name) &&
		    filter_applies(m->filter[i], rules[k], m->native) && !has_rule(m, name, rules[k])) {
			char *names[] = {(char *)(uintptr_t)name};
			const struct policy_rule rule = {.names = names,
							 .name_count = 1,
							 .answer = rules[k]->answer,
							 .args = rules[k]->args,
							 .arg_count = rules[k]->arg_count};

			r = policy_add_rule(m->out, &rule, m->err);
		}
	return r;
}

/* The answer of the first input's own rule for a name, NULL if it has none. */
static const struct policy_answer *first_refusal(const struct merge *m, const char *name)
{
	const struct policy_rule *const *rules = NULL;
	size_t n = policy_rules(m->in[0], &rules);

	for (size_t k = 0; k < n; k++)
		if (!is_good(&rules[k]->answer) && !rules[k]->arg_count && names_call(rules[k], name) &&
		    filter_applies(m->filter[0], rules[k], m->native))
			return &rules[k]->answer;
	return NULL;
}

static bool is_allowed(const struct merge *m, size_t name, const void *arg)
{
	bool all = false;

	for (size_t i = 0; i < m->count && !all; i++) {
		struct said s;

		ask(m, i, m->names[name], &s);
		all = s.allows_all;
	}
	return all;
}

/* What is up to arguments, and what is refused by rules of its own. */
static int merge_name(struct merge *m, size_t at)
{
	static const struct policy_answer eperm = {.action = POLICY_ERRNO};
	bool good = is_good(policy_default(m->out));
	size_t some = 0, refusing = 0, one = 0;
	const char *name = m->names[at];
	int r = 0;

	if (is_allowed(m, at, NULL))
		return 0;
	for (size_t i = 0; i < m->count; i++) {
		struct said s;

		ask(m, i, name, &s);
		some += s.allows_some;
		refusing += s.refuses_some;
		one = s.allows_some || s.refuses_some ? i : one;
	}
	if (good && refusing && some + refusing > 1)
		return merge_clash(m, name);
	for (size_t i = 0; !r && i < m->count; i++)
		r = copy_rules(m, i, name, true);
	/* A refusal of its own that concerns some arguments stays where nobody else has a say. */
	if (!r && refusing && (good || (some == 1 && refusing == 1)))
		return copy_rules(m, one, name, false);
	if (!some)
		m->refusals[at] = first_refusal(m, name);
	if (!some && good && !m->refusals[at])
		m->refusals[at] = &eperm;
	return r;
}

static bool same_answer(const struct policy_answer *a, const struct policy_answer *b)
{
	return a && b && a->action == b->action && a->has_errno == b->has_errno &&
	       (!a->has_errno || a->errno_ret == b->errno_ret);
}

static bool is_refused_so(const struct merge *m, size_t name, const void *arg)
{
	return same_answer(m->refusals[name], arg);
}

/* True if each input that allows the call for any arguments logs it. */
static bool is_logged(const struct merge *m, size_t name, const void *arg)
{
	bool logged = false;

	if (!is_allowed(m, name, NULL))
		return false;
	for (size_t i = 0; i < m->count; i++) {
		const struct policy_rule *const *rules = NULL;
		size_t n = policy_rules(m->in[i], &rules);
		struct said s;

		ask(m, i, m->names[name], &s);
		if (!s.allows_all)
			continue;
		logged = false;
		for (size_t k = 0; k < n && !logged; k++)
			logged = rules[k]->answer.action == POLICY_LOG && !rules[k]->arg_count && names_call(rules[k], m->names[name]) &&
				 filter_applies(m->filter[i], rules[k], m->native);
		if (!logged)
			return false;
	}
	return logged;
}

static bool is_plainly_allowed(const struct merge *m, size_t name, const void *arg)
{
	return is_allowed(m, name, NULL) && !is_logged(m, name, NULL);
}

static int merge_rules(struct merge *m)
{
	static const struct policy_answer allow = {.action = POLICY_ALLOW}, log = {.action = POLICY_LOG};
	bool good = is_good(policy_default(m->out));
	int r = good ? 0 : add_names(m, is_plainly_allowed, NULL, &allow);

	if (!r && policy_default(m->out)->action != POLICY_LOG)
		r = add_names(m, is_logged, NULL, &log);

	for (size_t i = 0; !r && i < m->name_count; i++)
		r = merge_name(m, i);
	for (size_t i = 0; !r && i < m->name_count; i++) {
		size_t k = 0;

		while (k < i && !same_answer(m->refusals[k], m->refusals[i]))
			k++;
		if (k == i && m->refusals[i])
			r = add_names(m, is_refused_so, m->refusals[i], m->refusals[i]);
	}
	return r;
}

static void remark_arch(struct merge *m, const struct arch *arch, size_t listing, size_t not_listing)
{
	if (m->remarks)
		buf_addf(m->remarks,
			 "%s: %s lists this ABI and %s does not; a profile has one list of calls for all of its ABIs, so "
			 "what either allows is now allowed there\n",
			 arch->name, policy_name(m->in[listing]), policy_name(m->in[not_listing]));
}

static void merge_arches(struct merge *m)
{
	for (unsigned a = 0; a < ARCH_COUNT; a++) {
		const struct arch *arch = arch_get((enum arch_id)a);
		size_t listing = m->count, not_listing = m->count;

		for (size_t i = m->count; i-- > 0;)
			if (merge_counts(m, i, arch))
				listing = i;
			else
				not_listing = i;
		if (listing == m->count)
			continue;
		policy_add_arch(m->out, arch);
		if (not_listing < m->count)
			remark_arch(m, arch, listing, not_listing);
	}
}

static void merge_default(struct merge *m)
{
	const struct policy_answer *answer = policy_default(m->in[0]);

	for (size_t i = 1; i < m->count && !is_good(answer); i++)
		if (is_good(policy_default(m->in[i])))
			answer = policy_default(m->in[i]);
	policy_set_default(m->out, answer);
}

static bool notifies(const struct policy *p)
{
	const struct policy_rule *const *rules = NULL;
	size_t n = policy_rules(p, &rules);

	for (size_t i = 0; i < n; i++)
		if (rules[i]->answer.action == POLICY_NOTIFY)
			return true;
	return policy_default(p)->action == POLICY_NOTIFY;
}

/* The listener of those that have one, where they agree. */
static int merge_listener(struct merge *m)
{
	const char *path = NULL, *metadata = NULL;

	for (size_t i = 0; i < m->count; i++) {
		const char *other = NULL, *its = policy_listener(m->in[i], &other);

		if (!its && !other)
			continue;
		if ((path || metadata) && (!text_streq(path, its) || !text_streq(metadata, other))) {
			if (notifies(m->out))
				return err_set(m->err, EINVAL,
					       "%s hands calls to another listener than the profiles before it, and a profile has one: make "
					       "\"listenerPath\" and \"listenerMetadata\" the same first",
					       policy_name(m->in[i]));
			if (m->remarks)
				buf_addf(m->remarks, "%s: its listenerPath is left out, since others have another and nothing is handed over\n",
					 policy_name(m->in[i]));
			continue;
		}
		path = its;
		metadata = other;
	}
	return policy_set_listener(m->out, path, metadata, m->err);
}

static bool same_flags(const struct policy *a, const struct policy *b)
{
	const char *const *x = NULL, *const *y = NULL;
	size_t n = policy_flags(a, &x);

	if (policy_flags(b, &y) != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!text_streq(x[i], y[i]))
			return false;
	return true;
}

/* Flags change how all is answered: they stand where all parts have them. */
static int merge_flags(struct merge *m)
{
	const char *const *flags = NULL;
	size_t n = policy_flags(m->in[0], &flags);
	int r = 0;

	for (size_t i = 1; i < m->count; i++)
		if (!same_flags(m->in[0], m->in[i])) {
			if (m->remarks)
				buf_addf(m->remarks, "%s and %s have different \"flags\": the result has none\n", policy_name(m->in[0]),
					 policy_name(m->in[i]));
			return 0;
		}
	for (size_t i = 0; !r && i < n; i++)
		r = policy_add_flag(m->out, flags[i], m->err);
	return r;
}

int policy_merge(const struct policy *const in[], size_t count, const char *name, struct policy **ret,
		 struct buf *remarks, struct err *err)
{
	cleanup_with(merge_done) struct merge m = {.in = in, .count = count, .remarks = remarks, .err = err};
	const struct arch *host[4];
	int r = policy_new(POLICY_OCI, name, &m.out, err);

	m.native = arch_host(host) ? host[0] : arch_get(ARCH_X86_64);
	m.filter = calloc(count, sizeof(*m.filter));
	if (!r && !m.filter)
		r = err_set(err, ENOMEM, "out of memory");
	for (size_t i = 0; !r && i < count; i++)
		r = filter_new(in[i], NULL, &m.filter[i], err);
	if (!r)
		r = collect_names(&m);
	if (r < 0)
		return r;
	merge_default(&m);
	merge_arches(&m);
	r = merge_rules(&m);
	if (!r)
		r = merge_listener(&m);
	if (!r)
		r = merge_flags(&m);
	if (!r)
		r = merge_prove(&m);
	if (!r)
		*ret = steal_ptr(&m.out);
	return r;
}
