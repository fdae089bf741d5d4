#include "base/names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The index of the first name that is not lower. */
static size_t names_bound(const struct names *n, const char *name)
{
	size_t lo = 0, hi = n->count;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (strcmp(n->v[mid], name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

bool names_have(const struct names *n, const char *name)
{
	size_t at = names_bound(n, name);

	return at < n->count && strcmp(n->v[at], name) == 0;
}

int names_add(struct names *n, const char *name)
{
	size_t at = names_bound(n, name);
	char **v, *copy;

	if (at < n->count && strcmp(n->v[at], name) == 0)
		return 0;
	/* There is room for the next power of two at least. */
	if ((n->count & (n->count - 1)) == 0) {
		v = reallocarray(n->v, n->count ? 2 * n->count : 1, sizeof(*v));
		if (!v)
			return -ENOMEM;
		n->v = v;
	}
	copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	memmove(&n->v[at + 1], &n->v[at], (n->count - at) * sizeof(*n->v));
	n->v[at] = copy;
	n->count++;
	return 0;
}

void names_remove(struct names *n, const char *name)
{
	size_t at = names_bound(n, name);

	if (at == n->count || strcmp(n->v[at], name) != 0)
		return;
	free(n->v[at]);
	n->count--;
	memmove(&n->v[at], &n->v[at + 1], (n->count - at) * sizeof(*n->v));
}

void names_done(struct names *n)
{
	for (size_t i = 0; i < n->count; i++)
		free(n->v[i]);
	free(n->v);
	*n = (struct names){0};
}
