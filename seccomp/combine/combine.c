#include "seccomp/combine/combine.h"

#include "seccomp/combine/combine_private.h"

#include "base/text.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

void combine_done(struct combine *c)
{
	for (size_t i = 0; c->filter && i < c->count; i++)
		filter_free(c->filter[i]);
	free(c->filter);
	free(c->answers);
	free(c->names);
	policy_free(c->out);
}

static int oom(struct err *err)
{
	return err_set(err, ENOMEM, "out of memory");
}

static int name_order(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int collect_names(struct combine *c)
{
	size_t total = 0, kept = 0;

	for (size_t i = 0; i < c->count; i++) {
		const struct policy_rule *const *rules = NULL;
		size_t n = policy_rules(c->in[i], &rules);

		for (size_t k = 0; k < n; k++)
			total += rules[k]->name_count;
	}
	c->names = calloc(total + 1, sizeof(*c->names));
	if (!c->names)
		return oom(c->err);
	for (size_t i = 0; i < c->count; i++) {
		const struct policy_rule *const *rules = NULL;
		size_t n = policy_rules(c->in[i], &rules);

		for (size_t k = 0; k < n; k++)
			for (size_t j = 0; j < rules[k]->name_count; j++)
				c->names[c->name_count++] = rules[k]->names[j];
	}
	qsort(c->names, c->name_count, sizeof(*c->names), name_order);
	for (size_t i = 0; i < c->name_count; i++)
		if (!kept || strcmp(c->names[kept - 1], c->names[i]) != 0)
			c->names[kept++] = c->names[i];
	c->name_count = kept;
	return 0;
}

/* A rule that libseccomp refuses would be lost, so the input is rejected. */
static int check_refusals(const struct combine *c, size_t i)
{
	const struct filter_refusal *refusals = NULL;
	size_t n = 0;
	int r = filter_refusals(c->filter[i], c->machine, &refusals, &n, c->err);

	if (r < 0 || !n)
		return r;
	return err_set(c->err, EDOM, "%s: libseccomp refuses one of its rules for %s, so no container starts with it; see `snug check`",
		       policy_name(c->in[i]), refusals[0].name);
}

static bool lists(const struct combine *c, size_t i, const struct arch *arch)
{
	return filter_arches(c->filter[i]) >> arch->id & 1;
}

static void remark_arch(struct combine *c, const struct arch *arch, size_t listing, size_t not_listing)
{
	if (c->remarks && c->kind == COMBINE_WITHIN)
		buf_addf(c->remarks, "%s: %s lists this ABI and %s does not: programs of it are killed under the result\n", arch->name,
			 policy_name(c->in[listing]), policy_name(c->in[not_listing]));
	else if (c->remarks)
		buf_addf(c->remarks,
			 "%s: %s lists this ABI and %s does not; a profile has one list of calls for all of its ABIs, so "
			 "what either allows is now allowed there\n",
			 arch->name, policy_name(c->in[listing]), policy_name(c->in[not_listing]));
}

/* A union has the ABIs that any input lists, an intersection those that all list. Subtraction applies to all ABIs of the first
 * input. */
static void combine_arches(struct combine *c)
{
	for (unsigned a = 0; a < ARCH_COUNT; a++) {
		const struct arch *arch = arch_get((enum arch_id)a);
		size_t listing = c->count, not_listing = c->count;

		for (size_t i = c->count; i-- > 0;)
			if (lists(c, i, arch))
				listing = i;
			else
				not_listing = i;
		if (listing == c->count || (c->kind == COMBINE_WITHOUT && listing > 0))
			continue;
		if (c->kind != COMBINE_WITHIN || not_listing == c->count)
			policy_add_arch(c->out, arch);
		if (c->kind != COMBINE_WITHOUT && not_listing < c->count)
			remark_arch(c, arch, listing, not_listing);
	}
}

/* The number of inputs whose listeners count: the subtracted one's does not. */
static size_t kept_inputs(const struct combine *c)
{
	return c->kind == COMBINE_WITHOUT ? 1 : c->count;
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

/* Takes over the inputs' listener; different ones are an error if the result hands calls over. */
static int combine_listener(struct combine *c)
{
	const char *path = NULL, *metadata = NULL;

	for (size_t i = 0; i < kept_inputs(c); i++) {
		const char *other = NULL, *its = policy_listener(c->in[i], &other);

		if (!its && !other)
			continue;
		if ((path || metadata) && (!text_streq(path, its) || !text_streq(metadata, other))) {
			if (notifies(c->out))
				return err_set(c->err, EINVAL,
					       "%s hands calls to another listener than the profiles before it, and a profile has one: make "
					       "\"listenerPath\" and \"listenerMetadata\" the same first",
					       policy_name(c->in[i]));
			if (c->remarks)
				buf_addf(c->remarks, "%s: its listenerPath is left out, since others have another and nothing is handed over\n",
					 policy_name(c->in[i]));
			continue;
		}
		path = its;
		metadata = other;
	}
	return policy_set_listener(c->out, path, metadata, c->err);
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

/* Flags change how every call is answered: a union has them only if all inputs have the same. */
static int combine_flags(struct combine *c)
{
	const char *const *flags = NULL;
	size_t n = policy_flags(c->in[0], &flags);
	int r = 0;

	for (size_t i = 1; c->kind == COMBINE_UNION && i < c->count; i++)
		if (!same_flags(c->in[0], c->in[i])) {
			if (c->remarks)
				buf_addf(c->remarks, "%s and %s have different \"flags\": the result has none\n", policy_name(c->in[0]),
					 policy_name(c->in[i]));
			return 0;
		}
	for (size_t i = 0; !r && i < n; i++)
		r = policy_add_flag(c->out, flags[i], c->err);
	return r;
}

/* The result for one name: one answer for any arguments, or rules on them. */
struct said {
	bool plain, told;
	uint32_t answer;
	size_t lost;
};

static int look(const struct combine *c, size_t name, struct said *ret)
{
	cleanup_grid struct combine_grid *g = NULL;
	struct combine_call call;
	int r;

	combine_find_call(c, c->names[name], &call);
	r = combine_grid_new(c, &call, &g);
	if (r < 0)
		return r;
	ret->plain = combine_grid_is_plain(g, &ret->answer);
	ret->lost = combine_grid_lost(g);
	return 0;
}

/* Adds one rule with all names that have this answer. */
static int add_plain(struct combine *c, struct said said[], uint32_t answer)
{
	cleanup_free char **names = calloc(c->name_count + 1, sizeof(*names));
	struct policy_rule rule = {.names = names, .answer = combine_policy_answer(answer)};

	if (!names)
		return oom(c->err);
	for (size_t i = 0; i < c->name_count; i++)
		if (said[i].plain && said[i].answer == answer) {
			names[rule.name_count++] = (char *)(uintptr_t)c->names[i];
			said[i].told = true;
		}
	if (!rule.name_count || answer == combine_default(c))
		return 0;
	rule.answer.has_errno |= rule.answer.action == POLICY_ERRNO && policy_default(c->out)->has_errno;
	return policy_add_rule(c->out, &rule, c->err);
}

static int add_arguments(struct combine *c, size_t name)
{
	cleanup_grid struct combine_grid *g = NULL;
	struct combine_call call;
	int r;

	combine_find_call(c, c->names[name], &call);
	r = combine_grid_new(c, &call, &g);
	return r ? r : combine_grid_write(c, g);
}

/* Reports calls that an input hands over and the result does not. */
static void tell_lost(struct combine *c, const struct said said[])
{
	for (size_t i = 0; c->remarks && i < kept_inputs(c); i++) {
		size_t n = 0;

		for (size_t k = 0; k < c->name_count; k++)
			if (said[k].lost == i)
				buf_addf(c->remarks, n++ ? ", %s" : "%s", c->names[k]);
		if (n)
			buf_addf(c->remarks, ": %s hands %s over to a tracer or an agent; the result does not\n", policy_name(c->in[i]),
				 n == 1 ? "it" : "them");
	}
}

int combine_rules(struct combine *c)
{
	cleanup_free struct said *said = calloc(c->name_count + 1, sizeof(*said));
	int r = said ? 0 : oom(c->err);

	for (size_t i = 0; !r && i < c->name_count; i++)
		r = look(c, i, &said[i]);
	if (!r)
		r = add_plain(c, said, SECCOMP_RET_ALLOW);
	if (!r)
		r = add_plain(c, said, SECCOMP_RET_LOG);
	for (size_t i = 0; !r && i < c->name_count; i++)
		if (!said[i].plain)
			r = add_arguments(c, i);
	for (size_t i = 0; !r && i < c->name_count; i++)
		if (said[i].plain && !said[i].told)
			r = add_plain(c, said, said[i].answer);
	if (!r)
		tell_lost(c, said);
	return r;
}

static void combine_defaults(struct combine *c)
{
	uint32_t answer = combine_default(c);
	struct policy_answer said = combine_policy_answer(answer);

	/* Keeps the spelling of the first input with this answer. */
	for (size_t i = c->count; i-- > 0;)
		if (filter_action_of(policy_default(c->in[i])) == answer)
			said = *policy_default(c->in[i]);
	policy_set_default(c->out, &said);
}

static int begin(struct combine *c, const char *name)
{
	const struct filter_view view = {.machine = c->machine};
	const struct arch *host[4];
	int r = policy_new(POLICY_OCI, name, &c->out, c->err);

	if (!c->machine)
		c->machine = arch_host(host) ? host[0] : arch_get(ARCH_X86_64);
	c->filter = calloc(c->count, sizeof(*c->filter));
	c->answers = calloc(c->count, sizeof(*c->answers));
	if (!r && (!c->filter || !c->answers))
		r = oom(c->err);
	for (size_t i = 0; !r && i < c->count; i++)
		r = filter_new(c->in[i], &view, &c->filter[i], c->err);
	for (size_t i = 0; !r && i < c->count; i++)
		r = check_refusals(c, i);
	return r ? r : collect_names(c);
}

int policy_combine(const struct combine_view *view, const struct policy *const in[], size_t count, const char *name,
		   struct policy **ret, struct err *err)
{
	cleanup_with(combine_done) struct combine c = {
		.kind = view->kind, .in = in, .count = count, .machine = view->machine, .remarks = view->remarks, .err = err};
	int r = begin(&c, name);

	if (r < 0)
		return r;
	combine_defaults(&c);
	combine_arches(&c);
	r = combine_rules(&c);
	if (!r)
		r = combine_listener(&c);
	if (!r)
		r = combine_flags(&c);
	if (!r)
		r = combine_prove(&c);
	if (!r)
		*ret = steal_ptr(&c.out);
	return r;
}
