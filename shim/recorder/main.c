/* snugd: the recorder, one per node. Started by the first wrapper that needs it; ends when idle. See recorder.h for its rooms. */
#include "base/text.h"
#include "shim/common/config.h"
#include "shim/common/namespaces.h"
#include "shim/recorder/confine.h"
#include "shim/recorder/process/detach.h"
#include "shim/recorder/process/log.h"
#include "shim/recorder/loop.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

static const char help[] =
	"usage: snugd [--background] [OPTION...]\n"
		   "\n"
		   "Records the system calls that the kernel logs for containers of snug-learn and snug-audit.\n"
		   "The first container starts it; there is no need to start it by hand.\n"
		   "\n"
		   "  --background   leave the caller's session, cgroup and terminal; return once recording works\n"
		   "  --config FILE  read FILE, not /etc/snug/config.json\n"
		   "  --unconfined   load no seccomp filter on snugd itself, so that snugd can be learnt\n"
		   "  --receive-buffer BYTES  size for the audit stream; a small one loses records (for tests)\n";

struct options {
	bool background, help, unconfined;
	const char *config;
	uint64_t receive_buffer;
};

static int parse_options(int argc, char **argv, struct options *ret, struct err *err)
{
	for (int i = 1; i < argc; i++) {
		if (text_streq(argv[i], "--background"))
			ret->background = true;
		else if (text_streq(argv[i], "--config") && i + 1 < argc)
			ret->config = argv[++i];
		else if (text_streq(argv[i], "--unconfined"))
			ret->unconfined = true;
		else if (text_streq(argv[i], "--receive-buffer") && i + 1 < argc &&
			 text_parse_u64(argv[i + 1], &ret->receive_buffer) == 0 && ret->receive_buffer < 1u << 30)
			i++;
		else if (text_streq(argv[i], "--help") || text_streq(argv[i], "-h"))
			ret->help = true;
		else
			return err_set(err, EINVAL, "no such option: %s (see snugd --help)", argv[i]);
	}
	return 0;
}

/* The protocol of sd_listen_fds(3): one socket, at descriptor 3, and meant for this process. */
static int inherited_socket(void)
{
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
	uint64_t value;

	if (!pid || !count || text_parse_u64(pid, &value) < 0 || value != (uint64_t)getpid())
		return -1;
	return text_streq(count, "1") ? 3 : -1;
}

/* A sanitizer makes calls of its own, which the filter refuses: builds for the tests. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED true
#else
#define SANITIZED false
#endif

static int prepare(const struct options *o, struct recorder *r, struct err *err)
{
	int rc;

	/* The default file may be missing, one that is named may not; the wrapper hands on whichever it read. */
	if (o->config && !text_streq(o->config, CONFIG_DEFAULT_PATH))
		setenv("SNUG_CONFIG", o->config, 1);
	rc = config_load(&r->config, err);
	if (rc == 0)
		rc = namespaces_check(err);
	if (rc == 0 && o->background)
		rc = detach_from_caller(err);
	umask(077);
	/* In the background stderr is where the caller learns why there was no start: nothing else may be said there. */
	openlog("snugd", LOG_PID | (o->background ? 0 : LOG_PERROR), LOG_DAEMON);
	r->receive_buffer = o->receive_buffer;
	r->inherited_fd = o->background ? -1 : inherited_socket();
	rc = rc == 0 ? loop_open(r, err) : rc;
	if (rc == 0)
		rc = confine_capabilities(&r->config, err);
	return rc == 0 && !o->unconfined && !SANITIZED ? confine_calls(err) : rc;
}

int main(int argc, char **argv)
{
	struct recorder recorder = {.epoll_fd = -1, .lock_fd = -1, .signal_fd = -1};
	struct options options = {0};
	struct err err = {0};
	int r = parse_options(argc, argv, &options, &err);

	recorder.server.fd = -1;
	recorder.notes = (struct live)LIVE_INIT;
	recorder.kernel = (struct kernel)KERNEL_INIT;
	if (r < 0) {
		fprintf(stderr, "snug: %s\n", err.msg);
		return 2;
	}
	if (options.help)
		return fputs(help, stdout) < 0;
	r = prepare(&options, &recorder, &err);
	if (r == 0 && options.background)
		detach_stderr();
	if (r == 0)
		r = loop_run(&recorder, &err);
	/* Another one serves already: what was wanted is there. */
	if (r == -EALREADY && options.background)
		r = 0;
	if (r < 0)
		fprintf(stderr, "snug: %s\n", err.msg);
	loop_close(&recorder);
	config_done(&recorder.config);
	return r < 0;
}
