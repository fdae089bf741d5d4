/* Canary containers: snug's own static program, which does nothing, started by the real runtime with the process shape of a
 * learned container. What the recorder sees before its execve is what this runtime itself calls under the filter.
 *
 * The canaries of one `struct canary` share a temporary directory below RUN_DIR/canary that has their bundles, their rootfs and
 * the runtime's --root; each process needs its own. They have no hooks, none of the caller's mounts, and an empty network
 * namespace if the shape has one. */
#ifndef SNUG_SHIM_CLI_CANARY_H
#define SNUG_SHIM_CLI_CANARY_H

#include "base/cleanup.h"
#include "base/err.h"
#include "shim/cli/floor/canary_plan.h"

#include <stdbool.h>

struct canary; /* opaque */

/* Removes what killed samplings left behind. The caller must hold the lock that keeps other samplings out. Returns 0 or a
 * negative errno, as do the functions below. */
int canary_remove_stale(const struct canary_plan *plan, struct err *err);

/* Makes the directory. The plan and everything that it points to must outlive *ret, which the caller frees. */
int canary_open(const struct canary_plan *plan, struct canary **ret, struct err *err);

/* Removes every remaining container, then the directory. NULL is allowed. Ignores signal_fd. */
void canary_free(struct canary *c);
DEFINE_CLEANUP(canary, struct canary *, canary_free)

/* Starts a canary by `run` and waits for its end. */
int canary_run(struct canary *c, struct err *err);

/* Starts a canary by `create` and `start`, waits for its end, and deletes it. */
int canary_create(struct canary *c, struct err *err);

/* Starts a canary that waits, execs into it `execs` times, and ends it. Each exec is a run of its own under exec_key. */
int canary_exec(struct canary *c, unsigned execs, struct err *err);

/* Sets the seccomp section, as JSON text, for the trials below, which are not recorded. */
int canary_set_seccomp(struct canary *c, const char *seccomp, struct err *err);

/* Tries one start by `run`, for at most timeout_ms; *ret_started: the program ran. An error is never the runtime's: -EINTR,
 * -ENOMEM. */
int canary_try_run(struct canary *c, int timeout_ms, bool *ret_started, struct err *err);

/* Tries one start by `create` and `start`, and, if the program runs, one exec; ret_entered NULL: no exec. */
int canary_try_enter(struct canary *c, int timeout_ms, bool *ret_started, bool *ret_entered, struct err *err);

#endif
