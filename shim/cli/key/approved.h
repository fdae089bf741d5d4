/* The approved profiles of a key: approved.N.json, N counting up from 1, and approved.json, the current one. */
#ifndef SNUG_SHIM_CLI_APPROVED_H
#define SNUG_SHIM_CLI_APPROVED_H

#include "base/buf.h"
#include "base/err.h"
#include "seccomp/profile/profile.h"

#include <stdbool.h>
#include <stdint.h>

#define APPROVED_MAX      1000000 /* the highest number */
#define APPROVED_SIZE_MAX (4u << 20) /* bytes */

/* Reads and parses number `n`, 0: the current one. Returns 0 or a negative errno; -ENOENT: there is none. The caller frees *ret. */
int approved_read(const char *state_dir, const char *key, unsigned n, struct buf *ret_text, struct profile **ret,
		  struct err *err);

/* Makes text the current profile, under the number that already has it, else under the next one. Both writes are atomic, the
 * number first: after a crash, the old or the new profile is approved. Concurrent calls wait for each other. Returns 0 or a
 * negative errno. */
int approved_save(const char *state_dir, const char *key, const struct buf *text, unsigned *ret_number,
		  struct err *err);

/* Calls fn for each number, in order. current: it is the current profile; time_ms: when it was saved (epoch). Stops when fn
 * returns something other than 0, and returns that; a damaged file is an error. */
int approved_each(const char *state_dir, const char *key,
		  int (*fn)(unsigned n, uint64_t time_ms, bool current, const struct profile *p, void *arg), void *arg,
		  struct err *err);

#endif
