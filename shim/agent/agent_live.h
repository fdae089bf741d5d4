/* Notes of live runs, RUN_DIR/agent/ID with the key in it, after the word "floor" for a canary's. An agent that finds one knows that the run's agent exited
 * before the run ended. Not synced: they need not survive a reboot. */
#ifndef SNUG_SHIM_AGENT_AGENT_LIVE_H
#define SNUG_SHIM_AGENT_AGENT_LIVE_H

#include "base/err.h"
#include "shim/common/state.h"

#include <stdbool.h>

int agent_live_write(const char *run_dir, const char *id, enum state_space space, const char *key, struct err *err);
void agent_live_remove(const char *run_dir, const char *id);

/* Calls fn for each note; removes a note if fn returns true, or if it cannot be read. */
void agent_live_each(const char *run_dir, bool (*fn)(void *arg, enum state_space space, const char *key), void *arg);

#endif
