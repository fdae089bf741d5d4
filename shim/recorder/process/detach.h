/* The recorder belongs to the node, not to whoever happened to call first: nothing of that caller stays with it. */
#ifndef SNUG_SHIM_RECORDER_DETACH_H
#define SNUG_SHIM_RECORDER_DETACH_H

#include "base/err.h"

/* Refuses outside the initial user, pid and network namespaces, where the audit stream is not to be had. */
int detach_check_namespaces(struct err *err);

/* Goes into the background (the parent exits with 0), in a session of its own, without the caller's descriptors but for stderr,
 * environment, limits, signals, affinity, niceness, oom score, cwd, umask and cgroups. */
int detach_from_caller(struct err *err);

/* Lets stderr go: whoever waits for the start sees the end of the pipe. */
void detach_stderr(void);

#endif
