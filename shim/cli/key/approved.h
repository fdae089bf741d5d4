/* The approved profiles of a key: approved.N.json, N counting up from 1, and approved.json, the one that counts. */
#ifndef SNUG_SHIM_CLI_APPROVED_H
#define SNUG_SHIM_CLI_APPROVED_H

#include "base/buf.h"
#include "base/err.h"
#include "seccomp/profile/profile.h"

#include <stdbool.h>
#include <stdint.h>

#define APPROVED_MAX      1000000 /* the highest number */
#define APPROVED_SIZE_MAX (4u << 20) /* bytes */

/* Reads number `n`, 0 for the one that counts, and parses it. -ENOENT if there is none. */
int approved_read(const char *state_dir, const char *key, unsigned n, struct buf *ret_text, struct profile **ret,
		  struct err *err);

/* Saves text under the next number, unless the highest holds it already or any does, then as the one that counts. Both
 * are atomic, in this order: a crash leaves the old or the new one approved. Two at once wait for each other. */
int approved_save(const char *state_dir, const char *key, const struct buf *text, unsigned *ret_number,
		  struct err *err);

/* Calls fn for each number that is kept, in order; `current`: it is the one that counts. time_ms: when it was saved. Stops at
 * the first non-zero return and returns it; a broken file ends with its error. */
int approved_each(const char *state_dir, const char *key,
		  int (*fn)(unsigned n, uint64_t time_ms, bool current, const struct profile *p, void *arg), void *arg,
		  struct err *err);

#endif
