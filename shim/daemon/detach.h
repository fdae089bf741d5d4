/* A daemon belongs to the node or user, not to whoever happened to start it: it keeps nothing of that caller. */
#ifndef SNUG_SHIM_DAEMON_DETACH_H
#define SNUG_SHIM_DAEMON_DETACH_H

#include "base/err.h"

/* Goes to the background (the parent exits with 0) in a session of its own, without the caller's descriptors except stderr,
 * and without its environment, limits, signals, affinity, niceness, OOM score, cwd, umask and cgroups. */
int detach_from_caller(struct err *err);

/* Closes stderr: whoever waits for the start sees the end of the pipe. */
void detach_stderr(void);

#endif
