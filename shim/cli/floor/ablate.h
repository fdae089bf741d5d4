/* Which of the calls that a runtime was seen to make it needs: canaries are started with one of them refused at a time, by
 * ENOSYS and by EPERM, by `run`, by `create` and `start`, and by `exec`. All else is allowed, so that one refusal is all
 * that can stop a start. In the end all that is not needed is refused together, in a profile that allows no more than the
 * rest: what has to be given back for that to start is needed.
 *
 * A call is tried if it was seen in at least ABLATE_SHARE percent of the starts or execs: refusing a rarer one would
 * rarely meet it. A failure counts if it happens twice: by both errnos, or twice by one.
 */
#ifndef SNUG_SHIM_CLI_ABLATE_H
#define SNUG_SHIM_CLI_ABLATE_H

#include "base/err.h"
#include "shim/cli/floor/canary.h"
#include "shim/cli/floor/floor.h"

#include <stdbool.h>

#define ABLATE_SHARE 25

/* Adds to *a what is not in it yet. `what` is how progress on standard error calls the runtime; `go`: it is a Go program.
 * 1 if the runtime starts nothing even with every call allowed, so that nothing was tried. */
int ablate_floor(struct canary *canary, const struct floor *floor, const char *what, bool go, struct ablation *a,
		 struct err *err);

#endif
