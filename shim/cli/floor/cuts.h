/* The smallest sets of things of which one at least has to stay: of 64 things at most, where what is bad without some is bad
 * without more. Each is found by trials that leave things out: all that no known set forbids goes at once, and a trial that ends
 * badly is narrowed down to what cannot be spared in it.
 */
#ifndef SNUG_SHIM_CLI_CUTS_H
#define SNUG_SHIM_CLI_CUTS_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CUTS_MAX   16
#define CUTS_TESTS 200 /* trials at most */

struct cuts {
	uint64_t set[CUTS_MAX]; /* a bit for each thing; none holds another */
	size_t count;
	bool complete; /* every set was found: neither limit was met */
};

struct cuts_trial {
	/* Whether all is well without the things of `out`. */
	int (*without)(void *arg, uint64_t out, bool *ret_good, struct err *err);
	void *arg;
};

/* Adds to *c, which may hold sets that are known. 1 if it is bad with nothing left out. */
int cuts_find(const struct cuts_trial *trial, uint64_t things, struct cuts *c, struct err *err);

#endif
