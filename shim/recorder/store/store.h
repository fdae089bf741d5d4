/* The keys in memory: their evidence is loaded for the first run, saved when it has news, and freed when no run needs it and
 * everything is on disk. */
#ifndef SNUG_SHIM_RECORDER_STORE_H
#define SNUG_SHIM_RECORDER_STORE_H

#include "base/err.h"
#include "seccomp/evidence/evidence.h"
#include "shim/common/state.h"
#include "shim/recorder/store/saver.h"

#include <stdbool.h>
#include <stdint.h>

#define STORE_NEWS_MS   100  /* news goes to the saver after at most this long, unless the saver is busy */
#define STORE_COUNTS_MS 5000 /* mere counts after this long */
#define STORE_A_TURN    4    /* keys written out per turn of the event loop: the stream must be read in between */
#define STORE_BUCKETS   1024

struct store_key {
	struct store_key *hash_next;
	struct store_key *unsaved_next, **unsaved_link; /* in the list of keys that are not entirely on disk; link NULL: not in it */
	enum state_space space;
	struct evidence *evidence;
	char *set_aside;     /* the name that a damaged file was given when this key was loaded; owned, or NULL */
	unsigned users;      /* runs that hold it */
	uint64_t save_at_ms; /* 0: nothing to save */
	uint64_t touched;    /* number of the oldest touch that is not on its way to the disk; 0: none */
	uint64_t saving;     /* number of the oldest touch that is being saved; 0: none */
	uint64_t learnt;     /* unlogged_learnt() of the bytes that are being saved */
	bool failed;         /* the newest attempt to save it failed */
};

struct store {
	const char *state_dir; /* borrowed */
	struct saver *saver;   /* borrowed; NULL: saves in place */
	struct store_key *buckets[STORE_BUCKETS];
	struct store_key *unsaved;
	uint64_t touches, due_ms; /* due_ms: no key is due before this; 0: look */
	size_t count;
	bool taking_up;           /* runs without an end may still be taken up */
	struct err err;           /* of the newest save that failed */
};

/* Finds the key in memory, loads it from disk or makes a new one, and counts one more user. A damaged file is moved aside and
 * logged, and new evidence begins. A file that cannot be read or is of a newer version is an error. Runs in the file that never
 * ended and that no recorder can be watching are stamped REASON_RECORDER and ended. */
int store_hold(struct store *s, enum state_space space, const char *key, struct store_key **ret, struct err *err);
void store_release(struct store *s, struct store_key *k); /* frees it after its last user, once it is saved */

/* The key if it is in memory, else NULL; not held. */
struct store_key *store_find(struct store *s, enum state_space space, const char *key);

/* Marks the key to be saved: after STORE_NEWS_MS if there is news, else after STORE_COUNTS_MS. */
void store_touch(struct store *s, struct store_key *k, bool news, uint64_t now_ms);

/* Saves what is due, a few keys at a time. A failure is logged and retried. */
void store_save_due(struct store *s, uint64_t now_ms);
uint64_t store_deadline(const struct store *s); /* UINT64_MAX: nothing to do before the saver reports */

/* Call this when the saver has reported. */
void store_see_saved(struct store *s, uint64_t now_ms);

/* Makes everything that is not on disk due now; the mark identifies it. */
uint64_t store_mark(struct store *s, uint64_t now_ms);

/* 1 if everything up to the mark is on disk, 0 if not yet, or a negative errno if a save failed. */
int store_is_saved(const struct store *s, uint64_t mark, struct err *err);

/* Saves everything and waits for it. */
int store_save_all(struct store *s, struct err *err);

#endif
