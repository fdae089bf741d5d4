/* snugd: the recorder, one per node. The first wrapper that needs it starts it; it ends when idle. README.md lists its folders. */
#include "base/text.h"
#include "shim/common/config.h"
#include "shim/common/namespaces.h"
#include "shim/common/session.h"
#include "shim/daemon/service.h"
#include "shim/recorder/confine.h"
#include "shim/recorder/counter/counter.h"
#include "shim/recorder/loop.h"

#include <stdio.h>
#include <stdlib.h>
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
		   "  --try-counter  say whether common calls can be counted in the kernel here, and exit\n"
		   "  --receive-buffer BYTES  size for the audit stream; a small one loses records (for tests)\n";

/* In a sanitizer build (for the tests), the sanitizer makes calls that the filter refuses. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED true
#else
#define SANITIZED false
#endif

struct snugd {
	struct recorder recorder;
	bool unconfined;
};

static size_t take_option(void *state, char *const words[], size_t count)
{
	struct snugd *s = state;
	uint64_t bytes;

	if (text_streq(words[0], "--unconfined")) {
		s->unconfined = true;
		return 1;
	}
	if (!text_streq(words[0], "--receive-buffer") || count < 2 || text_parse_u64(words[1], &bytes) < 0 ||
	    bytes >= 1u << 30)
		return 0;
	s->recorder.receive_buffer = bytes;
	return 2;
}

/* The protocol of sd_listen_fds(3): one socket, at descriptor 3, for this process. */
static int inherited_socket(void)
{
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
	uint64_t value;

	if (!pid || !count || text_parse_u64(pid, &value) < 0 || value != (uint64_t)getpid())
		return -1;
	return text_streq(count, "1") ? 3 : -1;
}

static int open_recorder(void *state, bool background, struct err *err)
{
	struct snugd *s = state;
	uint32_t session;
	int r;

	/* A wrapper whose recorder died starts the next one within its container's session; but what that calls is not the container's. */
	if (background && session_of(getpid(), &session) == 0 && session != SESSION_UNSET)
		(void)session_begin(&session, NULL);
	s->recorder.inherited_fd = background ? -1 : inherited_socket();
	r = loop_open(&s->recorder, err);
	if (r == 0)
		r = confine_capabilities(&s->recorder.config, err);
	return r == 0 && !s->unconfined && !SANITIZED ? confine_calls(err) : r;
}

static int run_recorder(void *state, struct err *err)
{
	return loop_run(&((struct snugd *)state)->recorder, err);
}

static void close_recorder(void *state)
{
	loop_close(&((struct snugd *)state)->recorder);
}

/* For `snug doctor`: loads and attaches the counter, then closes it. */
static int try_counter(void)
{
	struct counter *counter = NULL;
	struct err err = {0};
	int r = counter_open(&counter, &err);

	counter_close(counter);
	if (r < 0)
		fprintf(stderr, "snugd: %s\n", err.msg);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	static const struct service service = {
		.name = "snugd",
		.help = help,
		/* The wrapper passes the path of the file that it read, even if that is the default one. */
		.default_config = CONFIG_DEFAULT_PATH,
		.take_option = take_option,
		.check = namespaces_check,
		.open = open_recorder,
		.run = run_recorder,
		.close = close_recorder,
	};
	struct snugd snugd = {.recorder = {.notes = LIVE_INIT,
					   .kernel = KERNEL_INIT,
					   .server = {.fd = -1},
					   .epoll_fd = -1,
					   .lock_fd = -1,
					   .signal_fd = -1}};

	if (argc == 2 && text_streq(argv[1], "--try-counter"))
		return try_counter();
	return service_main(&service, &snugd, &snugd.recorder.config, argc, argv);
}
