/* The recorder belongs to the node, not to whoever happened to call first: nothing of that caller stays with it. */
#ifndef SNUG_SHIM_DAEMON_DETACH_H
#define SNUG_SHIM_DAEMON_DETACH_H

#include "base/err.h"

/* Goes into the background (the parent exits with 0), in a session of its own, without the caller's descriptors but for
 * stderr, environment, limits, signals, affinity, niceness, oom score, cwd, umask and cgroups. */
int detach_from_caller(struct err *err);

/* Lets stderr go: whoever waits for the start sees the end of the pipe. */
void detach_stderr(void);

#endif
