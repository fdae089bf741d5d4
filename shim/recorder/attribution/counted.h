/* Adds what the kernel counted for a run (shim/recorder/counter) to its evidence. */
#ifndef SNUG_SHIM_RECORDER_COUNTED_H
#define SNUG_SHIM_RECORDER_COUNTED_H

#include "shim/recorder/attribution/runs.h"
#include "shim/recorder/counter/layout.h"

/* Adds what is new in the session's entry since the last call. Returns false if out of memory; the run is then stamped
 * REASON_COUNTER. */
bool counted_book(struct runs *r, struct run_session *s, const struct counter_entry *now, uint64_t now_ms);

/* An exec's session has no process any more: moves its counts to the run's first session. False if out of memory: the session
 * stays as it is. */
bool counted_retire(struct run_session *s);

/* The run was counted to its end, and everything was added: unlogged harmless forms of calls that it never made were not used. */
void counted_close(struct run *run);

/* The run is not counted after all, though its filter was made for that: what is unlogged may be used unseen. Returns 0 or
 * -ENOMEM. */
int counted_assume(struct run *run);

#endif
