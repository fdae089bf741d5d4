/* Finds the smallest sets of which at least one element must stay, among at most 64 elements. If it is bad to leave some out, it
 * must be bad to leave out more. Each set is found by trials that leave elements out: first everything that no known set forbids;
 * if that is bad, the trial is narrowed down to the elements that cannot be spared. */
#ifndef SNUG_SHIM_CLI_CUTS_H
#define SNUG_SHIM_CLI_CUTS_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CUTS_MAX   16
#define CUTS_TESTS 200 /* maximum number of trials */

struct cuts {
	uint64_t set[CUTS_MAX]; /* a bit for each element; no set contains another */
	size_t count;
	bool complete; /* every set was found, neither limit was reached */
};

struct cuts_trial {
	/* Sets *ret_good: whether it is good to leave out `out`. Returns 0 or a negative errno. */
	int (*without)(void *arg, uint64_t out, bool *ret_good, struct err *err);
	void *arg;
};

/* Adds to *c, which may already have known sets. Returns 0, a negative errno, or 1 if it is bad even with nothing left out. */
int cuts_find(const struct cuts_trial *trial, uint64_t things, struct cuts *c, struct err *err);

#endif
