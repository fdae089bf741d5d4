/* Which containers still have a live process: one pass over /proc. A zombie whose threads have all ended is not alive. */
#ifndef SNUG_SHIM_RECORDER_MEMBERS_H
#define SNUG_SHIM_RECORDER_MEMBERS_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* True for an error that says nothing of the process: no descriptor or no memory to look at it. */
bool liveness_is_void(int r);

/* Calls fn for every process, dead ones included; stops at the first non-zero return and returns it. A look that could not be
 * made at some process fails too: who was not seen may be there. */
typedef int liveness_fn(void *arg, pid_t pid, uint32_t session);
int liveness_each(liveness_fn *fn, void *arg, struct err *err);

/* A pidfd of the process if it is alive and still belongs to the session, else -ESRCH or another negative errno. */
int liveness_hold(pid_t pid, uint32_t session);

#endif
