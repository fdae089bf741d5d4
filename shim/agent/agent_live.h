/* Notes of live runs, RUN_DIR/agent/ID with the key in it: an agent that finds one was not there when that run's last
 * agent ended. Not synced: they name nothing that outlives the boot. */
#ifndef SNUG_SHIM_AGENT_AGENT_LIVE_H
#define SNUG_SHIM_AGENT_AGENT_LIVE_H

#include "base/err.h"

#include <stdbool.h>

int agent_live_write(const char *run_dir, const char *id, const char *key, struct err *err);
void agent_live_remove(const char *run_dir, const char *id);

/* Calls fn for each; a note goes when fn returns true, and when it cannot be read. */
void agent_live_each(const char *run_dir, bool (*fn)(void *arg, const char *key), void *arg);

#endif
