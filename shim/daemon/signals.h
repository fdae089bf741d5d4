/* Signals as an event: SIGTERM and SIGINT end the program, SIGHUP is ignored. */
#ifndef SNUG_SHIM_DAEMON_SIGNALS_H
#define SNUG_SHIM_DAEMON_SIGNALS_H

#include "base/err.h"

#include <signal.h>
#include <stdbool.h>

/* The three signals. */
void signals_fill(sigset_t *ret);

/* Blocks them in this thread and returns a non-blocking signalfd(2) on which they arrive, or a negative errno. */
int signals_open(struct err *err);

/* The descriptor is readable: takes one signal. True if it is one that ends the program. */
bool signals_take(int fd);

#endif
