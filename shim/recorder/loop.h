/* The recorder's event loop: opens everything, serves, closes. */
#ifndef SNUG_SHIM_RECORDER_LOOP_H
#define SNUG_SHIM_RECORDER_LOOP_H

#include "base/err.h"
#include "shim/recorder/server/recorder.h"

/* Opens everything and proves the audit path with a first barrier. Returns 0 or a negative errno; -EALREADY: another recorder has
 * the lock. */
int loop_open(struct recorder *r, struct err *err);

/* Serves until a signal arrives or the recorder has been idle long enough. Returns 0 or a negative errno. */
int loop_run(struct recorder *r, struct err *err);

/* Stamps live runs, saves and closes. */
void loop_close(struct recorder *r);

#endif
