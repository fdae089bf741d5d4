/* Step 3: a session of the container's own, made known to the recorder before the runtime starts. */
#ifndef SNUG_SHIM_RUNTIME_REGISTER_H
#define SNUG_SHIM_RUNTIME_REGISTER_H

#include "base/err.h"
#include "shim/runtime/plan.h"

#include <stdbool.h>

struct section; /* shim/runtime/section.h */

/* Whether the recorder can record here and a flood of records would do no harm: asked before an enforced container has its
 * denials logged. Starts it if none runs. *recorder: a connection to be used, or -1; one that can be used again, after success. */
int register_health(const struct plan *p, int *recorder, struct err *err);

#define REGISTER_PATIENCE_MS 1000 /* an enforced container waits this long for the recorder, once, and starts without it */

/* Starts the recorder if none runs, begins an audit session for this process and books it. `shape` is JSON text, NULL for an
 * exec; so is `section`, and where nothing is learnt. *recorder: a connection to be used, or -1; closed on the way. *ret_recorded: false if the
 * recorder does not record this container (an exec into one it does not know). */
int register_session(const struct plan *p, const char *key, enum config_mode mode, int *recorder, const struct section *section,
		     const char *shape, bool *ret_recorded, struct err *err);

/* Connects to the recorder where *recorder is -1, and starts it if none runs; a process that it is started by must not be in the container's session. */
int register_ready(const struct plan *p, int *recorder, struct err *err);

/* Tells the recorder what `RUNTIME --version` prints, if it has not heard it of this file yet. For the helper, after the container's start; nothing is reported. */
void register_version(const struct plan *p);

/* Tells the recorder that a container was deleted; nothing is reported. */
void register_deleted(const struct plan *p);

#endif
