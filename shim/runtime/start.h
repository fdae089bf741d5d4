/* create and run: steps 2 to 5 of a container's way. Plan first, then act: everything that can be refused is refused before anything is changed.
 */
#ifndef SNUG_SHIM_RUNTIME_START_H
#define SNUG_SHIM_RUNTIME_START_H

#include "base/err.h"
#include "shim/runtime/plan.h"

/* Readies the bundle, the recorder and the note, so that an execve of the runtime is all that is left to do. On failure the bundle
 * is as it was, and whether the runtime may be called all the same is *ret_original (on_error, missing_profile: original, and
 * the bundle surely holds the caller's own file). */
int start_container(struct plan *p, bool *ret_original, struct err *err);

/* exec: a session of its own, booked to the container that it joins. */
int start_exec(struct plan *p, bool *ret_original, struct err *err);

/* delete: leaves a helper that clears up when the runtime has done it. */
void start_delete(struct plan *p);

#endif
