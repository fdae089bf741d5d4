/* The agent's start, its event loop and its end. */
#ifndef SNUG_SHIM_AGENT_AGENT_LOOP_H
#define SNUG_SHIM_AGENT_AGENT_LOOP_H

#include "shim/agent/agent.h"

/* Gets ready to serve: takes the lock (one agent per run_dir), proves that the kernel supports this, starts the second process
 * and opens the sockets. -EALREADY: another agent serves this run_dir. */
int agent_open(struct agent *a, struct err *err);
int agent_run(struct agent *a, struct err *err);
void agent_close(struct agent *a);

#endif
