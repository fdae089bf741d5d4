/* Canary containers: snug's own static program, which does nothing, started under the real runtime in the process shape
 * of a learnt container, so that what the recorder sees before its execve is what this runtime itself calls under the
 * filter.
 *
 * The canaries of one `struct canary` share a temporary directory below RUN_DIR/canary that holds their bundles, their rootfs
 * and the runtime's --root; two processes use one of them each. No hooks, no mounts of the caller's, an empty network namespace where the shape has one.
 */
#ifndef SNUG_SHIM_CLI_CANARY_H
#define SNUG_SHIM_CLI_CANARY_H

#include "base/cleanup.h"
#include "base/err.h"
#include "oci/runtime.h"
#include "shim/common/config.h"

#include <stdbool.h>

struct canary_plan {
	const struct config *config;
	const struct oci_runtime *runtime;
	const char *shape; /* JSON of oci_spec_shape() */
	const char *key, *exec_key; /* of the floor's evidence: of starts, and of execs */
	int signal_fd;     /* readable: stop with -EINTR */
};

struct canary; /* opaque */

/* Removes what samplings that were killed left behind: the caller holds a lock against others. */
int canary_remove_stale(const struct canary_plan *plan, struct err *err);

/* Makes the directory. The plan and what it points to must outlive *ret. */
int canary_open(const struct canary_plan *plan, struct canary **ret, struct err *err);

/* Removes every container that is left, then the directory. NULL is allowed. Not stopped by signal_fd. */
void canary_free(struct canary *c);
DEFINE_CLEANUP(canary, struct canary *, canary_free)

/* One start by `run`, to its end. */
int canary_run(struct canary *c, struct err *err);

/* One start by `create` and `start`, to its end, and `delete`. */
int canary_create(struct canary *c, struct err *err);

/* One start of a canary that waits, `execs` times `exec` into it, and its end. Each exec is a run of its own under
 * exec_key. */
int canary_exec(struct canary *c, unsigned execs, struct err *err);

/* The canaries of the tries below are started under this seccomp section, JSON text; nothing is recorded of them. */
int canary_set_seccomp(struct canary *c, const char *seccomp, struct err *err);

/* One start by `run`, at most timeout_ms: tells whether the program ran. An error is none of the runtime's: -EINTR, -ENOMEM. */
int canary_try_run(struct canary *c, int timeout_ms, bool *ret_started, struct err *err);

/* One start by `create` and `start`, and where the program runs, one exec; ret_entered NULL: no exec. */
int canary_try_enter(struct canary *c, int timeout_ms, bool *ret_started, bool *ret_entered, struct err *err);

#endif
