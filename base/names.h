/* A set of names: each once, in byte order. */
#ifndef SNUG_BASE_NAMES_H
#define SNUG_BASE_NAMES_H

#include "base/cleanup.h"

#include <stdbool.h>
#include <stddef.h>

struct names {
	char **v; /* owned */
	size_t count;
};

/* Adds a copy unless it is there. Returns 0 or -ENOMEM. */
int names_add(struct names *n, const char *name);
bool names_have(const struct names *n, const char *name);
void names_remove(struct names *n, const char *name); /* one that is not there is no error */
void names_done(struct names *n);

#define cleanup_names cleanup_with(names_done)

#endif
