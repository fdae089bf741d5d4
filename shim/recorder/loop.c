#include "shim/recorder/loop.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "shim/daemon/log.h"
#include "shim/daemon/signals.h"
#include "shim/recorder/attribution/flood.h"
#include "shim/recorder/counter/counter.h"
#include "shim/recorder/server/counting.h"
#include "shim/recorder/server/over_execs.h"
#include "shim/recorder/server/run_is_over.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

static void stamp_live(void *arg, enum reason reason)
{
	struct recorder *r = arg;

	runs_stamp_live(&r->runs, reason, clock_monotonic_ms());
}

static int fire(void *arg, uint32_t seq)
{
	struct recorder *r = arg;

	return kernel_fire(&r->kernel, seq);
}

static int ask_rules(void *arg, uint32_t seq)
{
	struct recorder *r = arg;

	return audit_ask_rules(r->kernel.fd, seq);
}

static int ask_status(void *arg, uint32_t seq)
{
	struct recorder *r = arg;

	return audit_ask_status(r->kernel.fd, seq);
}

static bool log_is_on(void *arg)
{
	(void)arg;
	return kernel_log_is_on();
}

/* A recorder that a wrapper started holds the lock until it is idle. The service leaves it the clients, and is started
 * again when one finds the other gone. One that begins or ends does not listen: the service waits. */
static int wait_for_lock(struct recorder *r)
{
	int rc = -1;

	while (r->inherited_fd >= 0 && rc < 0 && !server_send_away(r->inherited_fd, r->config.run_dir)) {
		nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
		rc = flock(r->lock_fd, LOCK_EX | LOCK_NB);
	}
	if (r->inherited_fd >= 0 && rc < 0)
		log_say("a recorder that a wrapper started still serves %s; this service takes over when that one is "
			"idle",
			r->config.run_dir);
	return rc;
}

static int open_lock(struct recorder *r, struct err *err)
{
	cleanup_fd int dir = file_open_dirs(r->config.run_dir, err);

	if (dir < 0)
		return dir;
	r->lock_fd = openat(dir, "snugd.lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (r->lock_fd < 0)
		return err_sys(err, errno, "%s/snugd.lock: cannot open", r->config.run_dir);
	if (flock(r->lock_fd, LOCK_EX | LOCK_NB) < 0 && wait_for_lock(r) < 0)
		return err_set(err, EALREADY, "another snugd already serves %s", r->config.run_dir);
	return 0;
}

/* We need a descriptor for every container and every client. */
static void raise_limits(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		return;
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
}

static int open_signals(struct recorder *r, struct err *err)
{
	/* We may have inherited SIGCHLD ignored. The kernel would then reap a dead probe, and another process could get its pid. */
	signal(SIGCHLD, SIG_DFL);
	r->signal_fd = signals_open(err);
	return r->signal_fd < 0 ? r->signal_fd : 0;
}

/* The first barrier: proves the whole audit path before any client gets an answer. */
static int self_test(struct recorder *r, struct err *err)
{
	uint64_t want = loss_checkpoint(&r->loss, clock_monotonic_ms());

	while (r->loss.passed < want) {
		struct pollfd p[] = {{.fd = audit_fd(r->audit), .events = POLLIN}, {.fd = r->kernel.fd, .events = POLLIN}};

		poll(p, ARRAY_SIZE(p), 50);
		recorder_read(r);
		if (p[1].revents)
			kernel_read(&r->kernel, &r->loss);
		loss_step(&r->loss, clock_monotonic_ms());
	}
	for (enum reason i = 0; i < REASON_COUNT; i++)
		if (r->loss.found & ((reason_set)1 << i))
			return err_set(err, EIO, "cannot record here: %s; %s", reason_what(i), reason_fix(i));
	return 0;
}

static bool take_up(void *arg, const struct live_entry *e)
{
	struct recorder *r = arg;

	return runs_take_up(&r->runs, e, clock_monotonic_ms());
}

/* Continues the runs of the previous recorder, stamped; the first look at /proc shows which are still alive. */
static int take_up_all(struct recorder *r, struct err *err)
{
	int rc = live_open(&r->notes, r->config.run_dir, err);

	if (rc < 0)
		return rc;
	r->runs.notes = &r->notes;
	r->store.taking_up = true;
	rc = live_each(&r->notes, take_up, r, err);
	r->store.taking_up = false;
	runs_end_orphans(&r->runs, clock_monotonic_ms());
	return rc;
}

int loop_open(struct recorder *r, struct err *err)
{
	const struct loss_means means = {.stamp = stamp_live,
					 .fire = fire,
					 .ask_rules = ask_rules,
					 .ask_status = ask_status,
					 .log_is_on = log_is_on,
					 .arg = r};
	struct utsname name;
	int rc;

	raise_limits();
	r->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (r->epoll_fd < 0)
		return err_sys(err, errno, "cannot make an epoll descriptor");
	if (uname(&name) == 0)
		snprintf(r->release, sizeof(r->release), "%s", name.release);
	r->store.state_dir = r->config.state_dir;
	runs_init(&r->runs, &r->store);
	loss_init(&r->loss, &means);
	r->intake = (struct intake){.loss = &r->loss, .runs = &r->runs, .probe = &r->kernel.probe, .own_pid = (uint32_t)getpid()};
	rc = open_lock(r, err);
	if (rc == 0)
		rc = audit_open(r->receive_buffer ? r->receive_buffer : AUDIT_BUFFER, &r->audit, err);
	if (rc == 0)
		rc = kernel_open(&r->kernel, err);
	if (rc == 0)
		rc = self_test(r, err);
	if (rc == 0)
		rc = take_up_all(r, err);
	if (rc == 0 && !r->config.log_everything)
		(void)counter_open(&r->counter, &r->counter_why);
	if (rc == 0)
		rc = open_signals(r, err);
	if (rc == 0)
		rc = server_open(&r->server, r->config.run_dir, r->inherited_fd, err);
	if (rc < 0)
		return rc;
	if (recorder_watch(r, audit_fd(r->audit)) < 0 || recorder_watch(r, r->kernel.fd) < 0 ||
	    recorder_watch(r, r->server.fd) < 0 || recorder_watch(r, r->signal_fd) < 0)
		return err_sys(err, errno, "cannot watch a descriptor");
	r->active_ms = clock_monotonic_ms();
	return 0;
}

static void on_ready(struct recorder *r, int fd)
{
	if (fd == audit_fd(r->audit))
		return; /* read first in every turn */
	if (fd == r->kernel.fd)
		kernel_read(&r->kernel, &r->loss);
	else if (fd == r->server.fd)
		server_accept(r);
	else if (fd == r->signal_fd)
		r->quit |= signals_take(fd);
	else if (fd == saver_fd(r->saver))
		store_see_saved(&r->store, clock_monotonic_ms());
	else if (!run_over_see(r, fd))
		server_serve(r, fd);
}

/* Work of a skipped step is due one millisecond later, whatever the other deadlines are: a checkpoint that passed in that
 * millisecond has no deadline any more, and a client is waiting for it. */
static uint64_t not_before(const struct recorder *r, uint64_t at)
{
	return at > r->stepped_ms && !r->step_owed ? at : r->stepped_ms + 1;
}

static uint64_t earliest(const struct recorder *r)
{
	uint64_t at = loss_deadline(&r->loss), other = store_deadline(&r->store);

	at = other < at ? other : at;
	other = server_deadline(&r->server);
	at = other < at ? other : at;
	other = counting_deadline(r);
	at = other < at ? other : at;
	other = run_over_deadline(r);
	at = other < at ? other : at;
	other = r->runs.proving ? r->loss.passed_ms + RECORDER_TICK_MS : r->active_ms + RECORDER_IDLE_MS;
	at = other < at ? other : at;
	other = r->runs.list ? clock_monotonic_ms() + RECORDER_TICK_MS : UINT64_MAX;
	return not_before(r, other < at ? other : at);
}

/* A failure mode of panic (2), set while containers learn, loses no record, but the next lost one panics the node. New containers
 * are refused. */
static void warn_of_panic(struct recorder *r)
{
	bool panics = r->loss.info_known && r->loss.info.failure == 2;

	if (panics && !r->warned && r->runs.live)
		log_say("containers are learning, and the kernel is now set to panic on a lost audit record (failure 2); `auditctl -f 1` changes that");
	r->warned = panics;
}

/* Once a millisecond is enough: under load the loop turns more often, and with many containers these steps are expensive. */
static void step(struct recorder *r)
{
	uint64_t now = clock_monotonic_ms();

	loss_step(&r->loss, now);
	r->step_owed = now == r->stepped_ms;
	if (r->step_owed)
		return;
	r->stepped_ms = now;
	run_over_look(r, now);
	server_step(r, now);
	counting_step(r, now);
	if (now - r->ticked_ms >= RECORDER_TICK_MS) {
		r->ticked_ms = now;
		counting_look(r, now);
		over_execs_forget(r, now);
		flood_look(&r->runs);
		denials_tell(&r->runs.denials);
		unattributed_tick(&r->runs.unattributed);
		runs_settle_doubts(&r->runs, now);
		warn_of_panic(r);
	}
	if (r->runs.proving && !r->loss.running && now - r->loss.passed_ms >= RECORDER_TICK_MS)
		loss_checkpoint(&r->loss, now);
	store_save_due(&r->store, now);
	runs_sweep(&r->runs, now, RECORDER_LINGER_MS);
	if (r->runs.list || r->server.count)
		r->active_ms = now;
	else if (now - r->active_ms >= RECORDER_IDLE_MS)
		r->quit = true;
}

/* From here on there are two threads. */
static int start_saver(struct recorder *r, struct err *err)
{
	int rc = saver_start(r->config.state_dir, &r->saver, err);

	if (rc < 0)
		return rc;
	r->store.saver = r->saver;
	rc = recorder_watch(r, saver_fd(r->saver));
	return rc < 0 ? err_sys(err, rc, "cannot watch a descriptor") : 0;
}

int loop_run(struct recorder *r, struct err *err)
{
	int rc = start_saver(r, err);

	if (rc < 0)
		return rc;
	while (!r->quit) {
		struct epoll_event events[64];
		uint64_t now = clock_monotonic_ms(), at = earliest(r);
		int n = epoll_wait(r->epoll_fd, events, ARRAY_SIZE(events), at > now ? (int)(at - now < 60000 ? at - now : 60000) : 0);

		if (n < 0 && errno != EINTR)
			return err_sys(err, errno, "cannot wait for events");
		/* The stream first: every decision of this turn then knows everything that was logged before. */
		recorder_read(r);
		for (int i = 0; i < n; i++)
			on_ready(r, events[i].data.fd);
		step(r);
	}
	return 0;
}

void loop_close(struct recorder *r)
{
	struct err err = {0};

	if (r->runs.store) {
		counting_end_all(r, clock_monotonic_ms());
		/* Once the recorder is gone, nothing watches the live runs. */
		runs_stamp_live(&r->runs, REASON_RECORDER, clock_monotonic_ms());
		denials_tell(&r->runs.denials);
		if (store_save_all(&r->store, &err) < 0)
			log_say("cannot save evidence: %s", err.msg);
		runs_done(&r->runs);
	}
	live_close(&r->notes);
	free(r->watched);
	saver_stop(r->saver);
	server_close(&r->server, r->config.run_dir);
	kernel_close(&r->kernel);
	audit_close(r->audit);
	counter_close(r->counter);
	if (r->signal_fd >= 0)
		close(r->signal_fd);
	if (r->epoll_fd >= 0)
		close(r->epoll_fd);
	/* Last: a recorder that starts now finds the socket's name free. */
	if (r->lock_fd >= 0)
		close(r->lock_fd);
}
