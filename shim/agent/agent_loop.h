/* The agent's start, its event loop and its end. */
#ifndef SNUG_SHIM_AGENT_AGENT_LOOP_H
#define SNUG_SHIM_AGENT_AGENT_LOOP_H

#include "shim/agent/agent.h"

/* Makes ready to serve: the lock of one agent for each run_dir, the kernel's proof, the second process, the sockets.
 * -EALREADY: another agent serves. */
int agent_open(struct agent *a, struct err *err);
int agent_run(struct agent *a, struct err *err);
void agent_close(struct agent *a);

#endif
