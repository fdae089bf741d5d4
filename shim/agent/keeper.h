/* What becomes of the containers should the agent be killed. The agent is two processes that share their descriptors: one works, the other, the keeper, waits for
 * its end. A listener whose last descriptor is closed answers ENOSYS to every call of its container; as long as the keeper lives, none is closed.
 *
 * After the worker's death the keeper lets the socket and the lock go, so that a new agent can begin, kills the containers that are to be stopped, and answers
 * for all of them until they have ended, recording nothing: their runs are stamped by the next agent. */
#ifndef SNUG_SHIM_AGENT_KEEPER_H
#define SNUG_SHIM_AGENT_KEEPER_H

#include "base/err.h"
#include "shim/agent/unotify.h"

#include <stdbool.h>
#include <stdint.h>

#define KEEPER_MAX 4096 /* listeners that are kept */

struct keeper; /* opaque: memory of both processes */

/* Divides this process. Returns 0 in the worker, whose parent is the keeper. In the keeper it does not return: that ends as the worker does, or when all that the
 * worker left has ended. */
int keeper_divide(struct unotify *kernel, struct keeper **ret, struct err *err);

/* A listener is to be kept; process: pidfd, or -1. -ENOSPC: there is no room. */
int keeper_add(struct keeper *k, int listener, int process, bool go_on);
void keeper_remove(struct keeper *k, int listener);

#endif
