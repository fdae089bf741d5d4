/* The keys that are in memory: their evidence, loaded at the first run, saved when it has news, let go when no run needs it. */
#ifndef SNUG_SHIM_RECORDER_STORE_H
#define SNUG_SHIM_RECORDER_STORE_H

#include "base/err.h"
#include "seccomp/evidence.h"
#include "shim/common/state.h"

#include <stdbool.h>
#include <stdint.h>

#define STORE_NEWS_MS   100  /* what is new is on disk this long after it was read, at the latest */
#define STORE_COUNTS_MS 5000 /* and mere counts this long */

struct store_key {
	struct store_key *next;
	enum state_space space;
	struct evidence *evidence;
	unsigned users;      /* runs that hold it */
	uint64_t save_at_ms; /* 0: nothing to save */
};

struct store {
	const char *state_dir; /* borrowed */
	struct store_key *keys;
};

/* Finds the key in memory, on disk, or makes it new, and counts one more user. A file that cannot be read is an error: it is never overwritten. Runs in the file
 * that never ended, and that no recorder can be watching, are stamped REASON_RECORDER. */
int store_hold(struct store *s, enum state_space space, const char *key, struct store_key **ret, struct err *err);
void store_release(struct store *s, struct store_key *k); /* saves and frees it with its last user */

/* There is something to save: at once after STORE_NEWS_MS if it is news. */
void store_touch(struct store_key *k, bool news, uint64_t now_ms);

/* Saves what is due, or everything. A failure is told on stderr and tried again. */
void store_save_due(struct store *s, uint64_t now_ms);
int store_save_all(struct store *s, struct err *err);
uint64_t store_deadline(const struct store *s); /* UINT64_MAX: nothing to save */

#endif
