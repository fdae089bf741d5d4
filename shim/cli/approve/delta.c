#include "shim/cli/approve/delta.h"

#include "seccomp/syscall/arguments.h"

#include <string.h>

/* The rules of one name. */
struct group {
	const struct profile_rule *v;
	size_t count;
};

static struct group group_at(const struct profile_rule *rules, size_t n, size_t at)
{
	struct group g = {&rules[at], 1};

	while (at + g.count < n && strcmp(rules[at + g.count].name, rules[at].name) == 0)
		g.count++;
	return g;
}

static bool same_arguments(const struct group *a, const struct group *b)
{
	for (size_t i = 0; i < a->count && i < b->count; i++) {
		const struct profile_rule *x = &a->v[i], *y = &b->v[i];

		if (x->masked != y->masked ||
		    (x->masked && (x->index != y->index || x->mask != y->mask || x->value != y->value)))
			return false;
	}
	return a->count == b->count;
}

size_t delta_each(const struct profile *old, const struct profile *new,
		   void (*fn)(enum delta_kind kind, const struct profile_rule *rule, void *arg), void *arg)
{
	const struct profile_rule *a = NULL, *b = NULL;
	size_t na = old ? profile_rules(old, &a) : 0, nb = profile_rules(new, &b), i = 0, k = 0, n = 0;

	while (i < na || k < nb) {
		struct group x = {0}, y = {0};
		enum delta_kind kind;
		int order;

		if (i < na)
			x = group_at(a, na, i);
		if (k < nb)
			y = group_at(b, nb, k);
		order = !x.v ? 1 : !y.v ? -1 : strcmp(x.v->name, y.v->name);
		kind = order < 0 ? DELTA_REMOVED : order > 0 ? DELTA_ADDED : DELTA_ARGUMENTS;
		if (order || !same_arguments(&x, &y)) {
			n++;
			if (fn)
				fn(kind, order < 0 ? x.v : y.v, arg);
		}
		i += order <= 0 ? x.count : 0;
		k += order >= 0 ? y.count : 0;
	}
	return n;
}

size_t delta_count_calls(const struct profile *p)
{
	const struct profile_rule *rules = NULL;
	size_t n = profile_rules(p, &rules), calls = 0;

	for (size_t i = 0; i < n; i += group_at(rules, n, i).count)
		calls++;
	return calls;
}

/* True if the rules allow exactly what a form of the argument table allows. */
static bool is_form(const struct group *g, const struct argument *a)
{
	struct argument_cube cubes[ARGUMENT_CUBES_MAX];
	size_t n = argument_cubes(a, true, cubes), found = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < g->count; k++)
			found += g->v[k].index == a->index && g->v[k].mask == cubes[i].mask &&
				 g->v[k].value == cubes[i].value;
	return n == g->count && found == n;
}

static void add_form(const struct argument *a, struct buf *out)
{
	buf_addf(out, "only if argument %u & 0x%x is ", a->index, a->mask);
	if (a->inverted)
		buf_adds(out, "not ");
	for (unsigned i = 0; i < a->count; i++)
		buf_addf(out, "%s0x%x", i == 0 ? "" : i + 1 == a->count ? " or " : ", ", a->values[i]);
}

void delta_add_arguments(const struct profile *p, const struct profile_rule *rule, struct buf *out)
{
	const struct profile_rule *rules = NULL;
	size_t n = profile_rules(p, &rules), at = 0;
	int place = argument_by_name(rule->name);
	struct group g;

	while (at < n && strcmp(rules[at].name, rule->name) != 0)
		at++;
	if (at == n)
		return;
	g = group_at(rules, n, at);
	if (place >= 0 && is_form(&g, argument_get(place)))
		add_form(argument_get(place), out);
	else if (g.count == 1)
		buf_addf(out, "only if argument %u & 0x%llx is 0x%llx", rule->index, (unsigned long long)rule->mask,
			 (unsigned long long)rule->value);
	else
		buf_addf(out, "only if one of %zu conditions on its arguments holds", g.count);
}
