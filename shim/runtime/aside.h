/* A process that goes on when this one executes another program, or has ended. Until then it sleeps in this process's
 * memory: a copy of it would cost a start as much as all its files. */
#ifndef SNUG_SHIM_RUNTIME_ASIDE_H
#define SNUG_SHIM_RUNTIME_ASIDE_H

#include "base/err.h"

/* Starts a grandchild in a session of its own, which calls fn(arg), on a stack of ASIDE_STACK bytes, once this process
 * has executed another program or ended, and then exits with status 0. What arg leads to must not be changed or freed
 * meanwhile, not even by an exit. Its descriptors, working directory and audit session are those of now. At most once
 * in a process. */
#define ASIDE_STACK (256 << 10)
int aside_start(void (*fn)(void *arg), void *arg, struct err *err);

#endif
