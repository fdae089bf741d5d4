/* The agent's socket, RUN_DIR/agent.sock: requests of wrappers and of `snug` in the form of shim/common/client.h. Only
 * the agent's own user, and root, are answered.
 *
 *   {"op":"register", ...as for snugd..., "go_on":bool, "hot":true|[NAME...],
 * "experiments":bool} -> {"ok":true,"since":MS,"section":{...}}: the section that the container is to be started with.
 * "mode" is learn, "command" create or run; an exec needs no registration, since its listener comes by itself.
 *   {"op":"offer","key":...} -> {"ok":true,"since":MS}: when the key's first learning run began (0: none has)
 *   version, health, deleted, sync, settle: as for snugd
 */
#ifndef SNUG_SHIM_AGENT_AGENT_REQUESTS_H
#define SNUG_SHIM_AGENT_AGENT_REQUESTS_H

#include "shim/agent/agent.h"

int agent_requests_open(struct agent *a, struct err *err);
void agent_requests_close(struct agent *a);

void agent_requests_accept(struct agent *a);
bool agent_requests_serve(struct agent *a, int fd); /* false: no client has this descriptor */

/* Answers clients whose wait is over, and drops silent ones. */
void agent_requests_step(struct agent *a, uint64_t now_ms);
bool agent_requests_are_waiting(const struct agent *a);

#endif
