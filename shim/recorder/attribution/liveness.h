/* Which containers still have a live process: one pass over /proc. A zombie whose threads have all exited is not alive. A pass
 * that could not see every process is void: a process that was not seen may still run. */
#ifndef SNUG_SHIM_RECORDER_MEMBERS_H
#define SNUG_SHIM_RECORDER_MEMBERS_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* True for an error that says nothing about the process: it may exist, but could not be examined. */
bool liveness_is_void(int r);

/* Calls fn for every process, dead ones included. Stops when fn returns something other than 0, and returns that. If a process
 * could not be examined, fails after examining the others; also fails if /proc hides processes (hidepid.h). */
typedef int liveness_fn(void *arg, pid_t pid, uint32_t session);
int liveness_each(liveness_fn *fn, void *arg, struct err *err);

/* A pidfd of the process if it is alive and still in the session; else -ESRCH or another negative errno. */
int liveness_hold(pid_t pid, uint32_t session);

#endif
