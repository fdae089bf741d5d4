/* The recorder's event loop: opens all, serves, closes. */
#ifndef SNUG_SHIM_RECORDER_LOOP_H
#define SNUG_SHIM_RECORDER_LOOP_H

#include "base/err.h"
#include "shim/recorder/server/recorder.h"

/* Opens everything and passes a first barrier. -EALREADY: another recorder holds the lock. */
int loop_open(struct recorder *r, struct err *err);

/* Serves until a signal or idleness ends it. */
int loop_run(struct recorder *r, struct err *err);

/* Stamps what is still live, saves, closes. */
void loop_close(struct recorder *r);

#endif
