/* snug-agent: learns without root and without audit. One per user, or one per node if the kernel's audit stream is not
 * available.
 *
 *   unotify.c         seccomp notifications
 *   handover.c        the socket at which runtimes hand over listeners
 *   agent_runs.c      which run a listener belongs to, and when a run has ended
 *   book.c            records a notification as a use of a call
 *   agent_requests.c  requests of wrappers and of `snug`
 *   keeper.c          looks after the containers if the agent is killed
 *   agent_loop.c      the main loop
 */
#include "shim/agent/agent_loop.h"
#include "shim/daemon/service.h"

#include <sys/prctl.h>

static const char help[] =
	"usage: snug-agent [--background] [--config FILE]\n"
	"\n"
	"Learns, without root, which system calls the containers make that snug-learn starts.\n"
	"Started on demand; nobody has to start it by hand.\n"
	"\n"
	"  --background   leave the caller's session, cgroup and terminal, return when learning works\n"
	"  --config FILE  read FILE in place of the configuration's usual one\n";

static int open_agent(void *state, bool background, struct err *err)
{
	/* A container with the agent's user must not be able to take a listener from it. */
	prctl(PR_SET_DUMPABLE, 0);
	return agent_open(state, err);
}

static int run_agent(void *state, struct err *err)
{
	return agent_run(state, err);
}

static void close_agent(void *state)
{
	agent_close(state);
}

int main(int argc, char **argv)
{
	static const struct service service = {
		.name = "snug-agent", .help = help, .open = open_agent, .run = run_agent, .close = close_agent};
	struct agent agent = AGENT_INIT;

	return service_main(&service, &agent, &agent.config, argc, argv);
}
