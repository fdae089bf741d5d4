/* Step 5: the detached helper that restores the caller's config.json, and does what is left when the runtime has
 * exited.
 *
 * It is a grandchild of the wrapper, in a session of its own, without the caller's descriptors, and watches the process
 * that became the runtime by pidfd. It works in the wrapper's memory, which the execve leaves to it (aside.h). A
 * wrapper that is killed in the middle of an allocation may leave it a heap that it dies of: then the next start of the
 * bundle restores the file.
 */
#ifndef SNUG_SHIM_RUNTIME_GUARDIAN_H
#define SNUG_SHIM_RUNTIME_GUARDIAN_H

#include "base/err.h"
#include "oci/bundle.h"
#include "shim/runtime/plan.h"

#include <stdbool.h>

struct guardian_duty {
	const struct plan *plan;
	struct oci_bundle *bundle; /* prepared and locked; restored when the runtime has read it; NULL: none */
	bool recorded;             /* a learning or audited start: rather restore too early than too late */
	bool learn_features;       /* afterwards, find out what the runtime supports, unless that is known */
	bool tell_version;         /* afterwards, tell the recorder the runtime's version, if it wants it */
	bool until_end;            /* afterwards, wait for the runtime to exit, and remove the note if the container is gone */
};

/* Starts the helper, once at most; the watch has begun when this returns. Call this before the audit session begins:
 * the helper must not be in the container's session. *duty is copied. */
int guardian_start(const struct guardian_duty *duty, struct err *err);

/* After that has succeeded, exactly once, and before the swap: makes sure that there is a helper. */
int guardian_wait(struct err *err);

#endif
