/* Execs that are over: probes exec for as long as their container lives, and each exec has an audit session and a note of its own
 * (live_notes.h). Once a session has no process any more, and everything that was logged until then has been read, both are
 * forgotten. */
#ifndef SNUG_SHIM_RECORDER_OVER_EXECS_H
#define SNUG_SHIM_RECORDER_OVER_EXECS_H

#include <stdint.h>

struct recorder;

#define OVER_EXECS_FEW     8    /* sessions of execs that are kept without a look at /proc */
#define OVER_EXECS_LOOK_MS 5000 /* between two looks */

/* Call this about once a second. */
void over_execs_forget(struct recorder *r, uint64_t now_ms);

#endif
