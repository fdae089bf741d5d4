/* Finds out which of a runtime's calls it needs. Canaries are started with one call refused, by ENOSYS and by EPERM, by `run`, by
 * `create` and `start`, and by `exec`. Everything else is allowed, so only this refusal can stop a start. Then the calls that a
 * `run` can do without are refused together, in a profile that allows only the other calls. If nothing starts, the smallest sets
 * of calls are found of which one must be allowed.
 *
 * A call is tried if it was seen in at least ABLATE_SHARE percent of the starts or execs: a rarer one would rarely be made while
 * it is refused. A failure counts if it happens twice: by both errnos, or twice by one. The two errnos are tried at the same
 * time, in two processes.
 *
 * Of a floor that was recorded by notify, what every start made and none needs is then answered with death. If ABLATE_KILLED starts and
 * execs survive that, the call is not made when nobody listens. */
#ifndef SNUG_SHIM_CLI_ABLATE_H
#define SNUG_SHIM_CLI_ABLATE_H

#include "base/err.h"
#include "shim/cli/floor/canary.h"
#include "shim/cli/floor/floor.h"

#include <stdbool.h>

#define ABLATE_SHARE  25
#define ABLATE_KILLED 4

struct ablate_plan {
	/* One for each errno, with its own --root: there, crun caches compiled filters under a checksum that ignores errnoRet. */
	struct canary *canary[ABLATION_ERRNOS];
	const char *what; /* the runtime's name in progress messages */
	bool go;          /* it is a Go program */
	bool notified;    /* the canaries were recorded by notify */
	int signal_fd;    /* when it is readable, stop with -EINTR */
};

/* Adds to *a what it does not have yet. Returns 0, 1 if the runtime starts nothing even with every call allowed (nothing was
 * tried then), or a negative errno. */
int ablate_floor(const struct ablate_plan *plan, const struct floor *floor, struct ablation *a, struct err *err);

#endif
