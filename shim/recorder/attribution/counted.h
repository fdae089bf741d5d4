/* What the kernel counted for a run (shim/recorder/counter), brought into its evidence. */
#ifndef SNUG_SHIM_RECORDER_COUNTED_H
#define SNUG_SHIM_RECORDER_COUNTED_H

#include "shim/recorder/attribution/runs.h"
#include "shim/recorder/counter/layout.h"

/* Books what the session's entry holds beyond what was booked of it before. False if memory is out: the run is then stamped REASON_COUNTER. */
bool counted_book(struct runs *r, struct run_session *s, const struct counter_entry *now, uint64_t now_ms);

/* Nobody is in the session any more, and it was an exec's: what was counted is kept with the run's first session.
 * False if there is no memory for that: the session stays as it is. */
bool counted_retire(struct run_session *s);

/* The run was counted to its end, and all of it is booked: harmless forms that were let pass for calls that nobody made prove nothing. */
void counted_close(struct run *run);

/* The run is not counted after all, and its filter is made: what that lets pass may be used unseen. 0 or -ENOMEM. */
int counted_assume(struct run *run);

#endif
