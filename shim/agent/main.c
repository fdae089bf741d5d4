/* snug-agent: learns without root and without audit. One per user, or per node where the kernel's audit stream is not to be had.
 *
 *   unotify.c   seccomp notifications
 *   intake.c    the socket at which runtimes hand over listeners
 *   runs.c      whose listener it is, and when a run has ended
 *   book.c      a notification becomes a use of a call
 *   requests.c  wrappers, and `snug`
 *   keeper.c    what becomes of the containers should it be killed
 *   loop.c      the order of all that
 */
#include "base/text.h"
#include "shim/agent/loop.h"
#include "shim/recorder/process/detach.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <syslog.h>

static const char help[] =
	"usage: snug-agent [--background] [--config FILE]\n"
	"\n"
	"Learns, without root, which system calls the containers make that snug-learn starts.\n"
	"Started on demand; nobody has to start it by hand.\n"
	"\n"
	"  --background   leave the caller's session, cgroup and terminal, return when learning works\n"
	"  --config FILE  read FILE in place of the configuration's usual one\n";

struct options {
	bool background, help;
	const char *config;
};

static int parse_options(int argc, char **argv, struct options *ret, struct err *err)
{
	for (int i = 1; i < argc; i++) {
		if (text_streq(argv[i], "--background"))
			ret->background = true;
		else if (text_streq(argv[i], "--config") && i + 1 < argc)
			ret->config = argv[++i];
		else if (text_streq(argv[i], "--help") || text_streq(argv[i], "-h"))
			ret->help = true;
		else
			return err_set(err, EINVAL, "no such option: %s (see snug-agent --help)", argv[i]);
	}
	return 0;
}

static int prepare(const struct options *o, struct agent *a, struct err *err)
{
	int r;

	if (o->config)
		setenv("SNUG_CONFIG", o->config, 1);
	r = config_load(&a->config, err);
	if (r == 0 && o->background)
		r = detach_from_caller(err);
	umask(077);
	/* A container with the agent's user must not be able to take a listener from it. */
	prctl(PR_SET_DUMPABLE, 0);
	openlog("snug-agent", LOG_PID | (o->background ? 0 : LOG_PERROR), LOG_DAEMON);
	return r < 0 ? r : loop_open(a, err);
}

int main(int argc, char **argv)
{
	struct agent agent = AGENT_INIT;
	struct options options = {0};
	struct err err = {0};
	int r = parse_options(argc, argv, &options, &err);

	if (r < 0) {
		fprintf(stderr, "snug: %s\n", err.msg);
		return 2;
	}
	if (options.help)
		return fputs(help, stdout) < 0;
	r = prepare(&options, &agent, &err);
	if (r == 0 && options.background)
		detach_stderr();
	if (r == 0)
		r = loop_run(&agent, &err);
	/* Another one serves already: what was wanted is there. */
	if (r == -EALREADY && options.background)
		r = 0;
	if (r < 0)
		fprintf(stderr, "snug: %s\n", err.msg);
	loop_close(&agent);
	config_done(&agent.config);
	return r < 0;
}
