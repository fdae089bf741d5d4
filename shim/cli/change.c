#include "shim/cli/change.h"

#include <string.h>

static bool same_arguments(const struct profile_rule *a, const struct profile_rule *b)
{
	if (a->masked != b->masked)
		return false;
	return !a->masked || (a->index == b->index && a->mask == b->mask && a->value == b->value);
}

size_t change_each(const struct profile *old, const struct profile *new,
		   void (*fn)(enum change_kind kind, const struct profile_rule *rule, void *arg), void *arg)
{
	const struct profile_rule *a = NULL, *b = NULL;
	size_t na = old ? profile_rules(old, &a) : 0, nb = profile_rules(new, &b), i = 0, k = 0, n = 0;

	while (i < na || k < nb) {
		int order = i == na ? 1 : k == nb ? -1 : strcmp(a[i].name, b[k].name);
		enum change_kind kind = order < 0 ? CHANGE_REMOVED : order > 0 ? CHANGE_ADDED : CHANGE_ARGUMENTS;
		const struct profile_rule *rule = order < 0 ? &a[i] : &b[k];

		if (order || !same_arguments(&a[i], &b[k])) {
			n++;
			if (fn)
				fn(kind, rule, arg);
		}
		i += order <= 0;
		k += order >= 0;
	}
	return n;
}
