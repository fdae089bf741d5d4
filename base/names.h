/* A set of names, sorted by byte value, without duplicates. A zeroed struct is an empty set. */
#ifndef SNUG_BASE_NAMES_H
#define SNUG_BASE_NAMES_H

#include "base/cleanup.h"

#include <stdbool.h>
#include <stddef.h>

struct names {
	char **v; /* owned */
	size_t count;
};

/* Adds a copy of the name unless the set has it. Returns 0 or -ENOMEM. */
int names_add(struct names *n, const char *name);
bool names_have(const struct names *n, const char *name);
void names_remove(struct names *n, const char *name); /* no error if the set lacks it */
void names_done(struct names *n); /* frees the names; leaves an empty set */

#define cleanup_names cleanup_with(names_done)

#endif
