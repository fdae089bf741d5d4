/* Step 5: the detached helper that puts the caller's bytes back, and what is done once the runtime has ended.
 *
 * It is a grandchild of the wrapper in a session of its own, holds none of the caller's descriptors, and watches by pidfd the process
 * that became the runtime.
 */
#ifndef SNUG_SHIM_RUNTIME_GUARDIAN_H
#define SNUG_SHIM_RUNTIME_GUARDIAN_H

#include "base/err.h"
#include "oci/bundle.h"
#include "shim/runtime/plan.h"

#include <stdbool.h>

struct guardian_duty {
	const struct plan *plan;
	struct oci_bundle *bundle; /* prepared, locked: restored when the runtime has read it; NULL for none */
	bool recorded;             /* it is a learning or audited start: the caller's bytes may come back early rather than late */
	bool learn_features;       /* then find out what the runtime can do, if nobody has */
	bool tell_version;         /* then tell the recorder the runtime's version, if it does not know it */
	bool until_end;            /* then wait for the runtime's end and, if the container is gone, remove its note */
};

/* Forks it. When this returns 0 the helper watches. Must be called before the swap, and before the audit session is begun: the helper is not the
 * container's. */
int guardian_start(const struct guardian_duty *duty, struct err *err);

#endif
