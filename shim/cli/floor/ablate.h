/* Which of the calls that a runtime was seen to make it needs: canaries are started with one of them refused at a time, by
 * ENOSYS and by EPERM, by `run`, by `create` and `start`, and by `exec`. All else is allowed, so that one refusal is all
 * that can stop a start. What a start by `run` does without is then refused together, in a profile that allows no more than
 * the rest: where that starts nothing, the smallest sets of calls are found of which one has to be allowed.
 *
 * A call is tried if it was seen in at least ABLATE_SHARE percent of the starts or execs: refusing a rarer one would
 * rarely meet it. A failure counts if it happens twice: by both errnos, or twice by one. The two errnos are tried at the
 * same time, by a process each.
 */
#ifndef SNUG_SHIM_CLI_ABLATE_H
#define SNUG_SHIM_CLI_ABLATE_H

#include "base/err.h"
#include "shim/cli/floor/canary.h"
#include "shim/cli/floor/floor.h"

#include <stdbool.h>

#define ABLATE_SHARE 25

struct ablate_plan {
	/* One for each errno, with a --root of its own: crun keeps compiled filters there, by a sum that leaves errnoRet out. */
	struct canary *canary[ABLATION_ERRNOS];
	const char *what; /* how progress on standard error calls the runtime */
	bool go;          /* it is a Go program */
	int signal_fd;    /* readable: stop with -EINTR */
};

/* Adds to *a what is not in it yet. 1 if the runtime starts nothing even with every call allowed, so that nothing was tried. */
int ablate_floor(const struct ablate_plan *plan, const struct floor *floor, struct ablation *a, struct err *err);

#endif
