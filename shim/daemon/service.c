#include "shim/daemon/service.h"

#include "base/text.h"
#include "shim/daemon/detach.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <syslog.h>

struct options {
	bool background, help;
	const char *config;
};

static int parse_options(const struct service *s, void *state, int argc, char *argv[], struct options *ret,
			 struct err *err)
{
	for (int i = 1; i < argc; i++) {
		size_t taken;

		if (text_streq(argv[i], "--background")) {
			ret->background = true;
		} else if (text_streq(argv[i], "--config") && i + 1 < argc) {
			ret->config = argv[++i];
		} else if (text_streq(argv[i], "--help") || text_streq(argv[i], "-h")) {
			ret->help = true;
		} else {
			taken = s->take_option ? s->take_option(state, argv + i, (size_t)(argc - i)) : 0;
			if (!taken)
				return err_set(err, EINVAL, "no such option: %s (see %s --help)", argv[i], s->name);
			i += (int)taken - 1;
		}
	}
	return 0;
}

static int prepare(const struct service *s, const struct options *o, void *state, struct config *config,
		   struct err *err)
{
	int r;

	if (o->config && !text_streq(o->config, s->default_config))
		setenv("SNUG_CONFIG", o->config, 1);
	r = config_load(config, err);
	if (r == 0 && s->check)
		r = s->check(err);
	if (r == 0 && o->background)
		r = detach_from_caller(err);
	umask(077);
	/* In the background, the caller reads on stderr why the program did not start: nothing else may be written there. */
	openlog(s->name, LOG_PID | (o->background ? 0 : LOG_PERROR), LOG_DAEMON);
	return r < 0 ? r : s->open(state, o->background, err);
}

int service_main(const struct service *s, void *state, struct config *config, int argc, char *argv[])
{
	struct options options = {0};
	struct err err = {0};
	int r = parse_options(s, state, argc, argv, &options, &err);

	if (r < 0) {
		fprintf(stderr, "snug: %s\n", err.msg);
		return 2;
	}
	if (options.help)
		return fputs(s->help, stdout) < 0;
	r = prepare(s, &options, state, config, &err);
	if (r == 0 && options.background)
		detach_stderr();
	if (r == 0)
		r = s->run(state, &err);
	/* The caller, or the service manager, wants a program that serves, and there is one already. */
	if (r == -EALREADY && (options.background || getenv("LISTEN_FDS")))
		r = 0;
	if (r < 0)
		fprintf(stderr, "snug: %s\n", err.msg);
	s->close(state);
	config_done(config);
	return r < 0;
}
