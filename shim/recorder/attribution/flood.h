/* A learning container whose rare calls are not rare: other readers of the audit stream (auditd, journald) feel its records. */
#ifndef SNUG_SHIM_RECORDER_FLOOD_H
#define SNUG_SHIM_RECORDER_FLOOD_H

#include "shim/recorder/attribution/runs.h"

/* Call this about once a second. Of each run that wrote FLOOD_RECORDS since the last call, tells the operator once, in syslog and
 * in the evidence, which call it is. Nothing else is needed to end a flood: once on disk, what a key uses is known, and its next
 * start leaves it unlogged (seccomp/learning/unlogged_calls.h), even while this run goes on. */
#define FLOOD_RECORDS 5000
void flood_look(struct runs *r);

#endif
