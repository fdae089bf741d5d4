/* Shared by the runs*.c files; nobody else includes it. */
#ifndef SNUG_SHIM_RECORDER_RUNS_PRIVATE_H
#define SNUG_SHIM_RECORDER_RUNS_PRIVATE_H

#include "shim/recorder/attribution/runs.h"

/* Makes a run that holds its key but is in no list and not in the evidence yet. */
int runs_make(struct runs *r, enum state_space space, const char *key, enum evidence_mode mode, const char *root, const char *id,
	      struct run **ret, struct err *err);
void runs_free(struct runs *r, struct run *run);

/* Adds it at the head of the list of live runs. */
void runs_link(struct runs *r, struct run *run, uint64_t now_ms);

/* *init is copied. -EEXIST if the session is another container's own. */
int runs_add_session(struct runs *r, struct run *run, const struct run_session *init, struct err *err);

/* Sets the text, and opens the group's events. */
void runs_hold_cgroup(struct runs *r, struct run *run, const char *cgroup);

/* From now on, the run's records are attributed by cgroup; so are those of a container that had this session for its own. */
void runs_share_session(struct runs *r, struct run *run, uint32_t session);

/* The newest of that name that has not ended; NULL if there is none. */
struct run *runs_find_live(const struct runs *r, const char *root, const char *id);

/* The note for the first run of a key about a damaged evidence file that was moved away; *ret (the caller frees it) may be NULL. */
int runs_make_note(struct store_key *k, char **ret, struct err *err);

#endif
