/* Step 3: a session of the container's own, made known to the recorder before the runtime starts. */
#ifndef SNUG_SHIM_RUNTIME_REGISTER_H
#define SNUG_SHIM_RUNTIME_REGISTER_H

#include "base/err.h"
#include "shim/runtime/plan.h"

#include <stdbool.h>

/* Starts the recorder if none runs, begins an audit session for this process and books it. `shape` is JSON text, NULL for an
 * exec. *ret_recorded: false if the recorder does not record this container (an exec into one it does not know).
 * *ret_want_version: the recorder has not heard the version of this runtime's file yet. */
int register_session(const struct plan *p, const char *key, enum config_mode mode, const char *baseline, const char *shape,
		     bool *ret_recorded, bool *ret_want_version, struct err *err);

/* Tells the recorder what `RUNTIME --version` prints. For the helper, after the container's start; nothing is reported. */
void register_version(const struct plan *p);

/* Tells the recorder that a container was deleted; nothing is reported. */
void register_deleted(const struct plan *p);

#endif
