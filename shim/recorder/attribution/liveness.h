/* Which containers still have a live process: one pass over /proc. A zombie whose threads have all ended is not alive. A pass that could not see every
 * process is void: who was not seen has not ended. */
#ifndef SNUG_SHIM_RECORDER_MEMBERS_H
#define SNUG_SHIM_RECORDER_MEMBERS_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* True for an error that says nothing of the process: it is there, or may be, and could not be looked at. */
bool liveness_is_void(int r);

/* Calls fn for every process, dead ones included; stops at the first non-zero return and returns it. A look that could not be
 * made at some process fails too, but not before the others were looked at; and one behind which /proc hides processes (hidepid.h). */
typedef int liveness_fn(void *arg, pid_t pid, uint32_t session);
int liveness_each(liveness_fn *fn, void *arg, struct err *err);

/* A pidfd of the process if it is alive and still belongs to the session, else -ESRCH or another negative errno. */
int liveness_hold(pid_t pid, uint32_t session);

#endif
