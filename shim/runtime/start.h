/* create and run: steps 2 to 5 of a start. Everything that can be refused is refused before anything is changed. */
#ifndef SNUG_SHIM_RUNTIME_START_H
#define SNUG_SHIM_RUNTIME_START_H

#include "base/err.h"
#include "shim/runtime/plan.h"

/* Prepares the bundle, the recorder and the note; all that is left is the execve of the runtime. On failure the bundle is as it
 * was, and *ret_original says whether the runtime may be called all the same (on_error, missing_profile: original, and the
 * bundle certainly has the caller's own file). */
int start_container(struct plan *p, bool *ret_original, struct err *err);

/* exec: a session of its own, registered for the container that it joins. */
int start_exec(struct plan *p, bool *ret_original, struct err *err);

/* delete: starts a helper that cleans up when the runtime is done. */
void start_delete(struct plan *p);

#endif
