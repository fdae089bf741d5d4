/* A process that goes on when this one executes another program, or has ended. Until then it sleeps in this process's
 * memory: a copy of it would cost a start as much as all its files. */
#ifndef SNUG_SHIM_RUNTIME_ASIDE_H
#define SNUG_SHIM_RUNTIME_ASIDE_H

#include "base/err.h"

#include <stdbool.h>

/* Starts a grandchild in a session of its own, which calls fn(arg), on a stack of ASIDE_STACK bytes, once this process
 * has executed another program or ended, and then exits with status 0. What arg leads to must not be changed or freed
 * meanwhile, not even by an exit. Its descriptors, working directory and audit session are those of now. At most once
 * in a process. beside: it comes up while this process goes on, on another processor if one is free; without anything
 * else to do meanwhile, that takes longer. */
#define ASIDE_STACK (256 << 10)
int aside_start(void (*fn)(void *arg), void *arg, bool beside, struct err *err);

/* After that has succeeded, exactly once, and before this process executes another program: waits until the grandchild
 * is there. On failure there is none. */
int aside_wait(struct err *err);

#endif
