/* What happens to the containers if the agent is killed. The agent is two processes that share their descriptors: the worker,
 * and the keeper, which waits for the worker's end. Once the last descriptor of a listener is closed, every call of its
 * container gets ENOSYS (seccomp_unotify(2)); as long as the keeper lives, none is closed.
 *
 * After the worker's death, the keeper releases the socket and the lock, so that a new agent can start, kills the containers
 * that must not go on unrecorded, and answers for the others until they end, recording nothing: the next agent stamps their
 * runs. */
#ifndef SNUG_SHIM_AGENT_KEEPER_H
#define SNUG_SHIM_AGENT_KEEPER_H

#include "base/err.h"
#include "shim/agent/unotify.h"

#include <stdbool.h>
#include <stdint.h>

#define KEEPER_MAX 4096 /* listeners at a time */

struct keeper; /* opaque: memory shared by both processes */

/* Splits this process in two. Returns 0 in the worker, whose parent is the keeper. Does not return in the keeper, which exits as
 * the worker does or, if that is killed, when everything it left has ended. */
int keeper_divide(struct unotify *kernel, struct keeper **ret, struct err *err);

/* Tells the keeper about a listener; process: pidfd, or -1. go_on: do not kill the container. -ENOSPC: no room. */
int keeper_add(struct keeper *k, int listener, int process, bool go_on);
void keeper_remove(struct keeper *k, int listener);

#endif
