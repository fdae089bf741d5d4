/* What runs.c and runs_take_up.c share; nobody else includes it. */
#ifndef SNUG_SHIM_RECORDER_RUNS_PRIVATE_H
#define SNUG_SHIM_RECORDER_RUNS_PRIVATE_H

#include "shim/recorder/attribution/runs.h"

/* A run that holds its key and is in no list; its evidence knows nothing of it yet. */
int runs_make(struct runs *r, enum state_space space, const char *key, enum evidence_mode mode, const char *root, const char *id,
	      struct run **ret, struct err *err);
void runs_free(struct runs *r, struct run *run);

/* Puts it first in the list of those that are live. */
void runs_link(struct runs *r, struct run *run, uint64_t now_ms);

/* *init is copied. -EEXIST if the session is another container's own. */
int runs_add_session(struct runs *r, struct run *run, const struct run_session *init, struct err *err);

/* Sets the text, and opens what the group can be asked by. */
void runs_hold_cgroup(struct runs *r, struct run *run, const char *cgroup);

/* From now on the run's records are told by cgroup. Its session, if another container has that for its own, is no longer that one's either. */
void runs_share_session(struct runs *r, struct run *run, uint32_t session);

/* The newest of that name that has not ended; NULL if there is none. */
struct run *runs_find_live(const struct runs *r, const char *root, const char *id);

/* What the first run of a key has to say of an evidence file that was set aside: NULL, or owned by the caller. */
int runs_make_note(struct store_key *k, char **ret, struct err *err);

#endif
