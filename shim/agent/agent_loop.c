#include "shim/agent/agent_loop.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "shim/agent/agent_requests.h"
#include "shim/daemon/log.h"
#include "shim/daemon/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#define EVENTS     64
#define NO_ROOM_MS 20

/* Anyone else who could write to the directory could replace our socket. */
static int open_lock(struct agent *a, struct err *err)
{
	cleanup_fd int dir = file_open_dirs(a->config.run_dir, err);
	struct stat st;
	int r;

	if (dir < 0)
		return dir;
	r = fstat(dir, &st) < 0 ? err_sys(err, errno, "%s", a->config.run_dir)
				: file_check_trust(&st, a->config.run_dir, err);
	if (r < 0)
		return r;
	a->lock_fd = openat(dir, "agent.lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (a->lock_fd < 0)
		return err_sys(err, errno, "%s/agent.lock: cannot open", a->config.run_dir);
	if (flock(a->lock_fd, LOCK_EX | LOCK_NB) < 0)
		return err_set(err, EALREADY, "another snug-agent serves %s", a->config.run_dir);
	return 0;
}

/* Writes the pid of the working process, for people. */
static void write_pid(const struct agent *a)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%d\n", (int)getpid());

	(void)!(ftruncate(a->lock_fd, 0) < 0 || pwrite(a->lock_fd, text, (size_t)n, 0) < 0);
}

static int open_signals(struct agent *a, struct err *err)
{
	a->signal_fd = signals_open(err);
	if (a->signal_fd < 0)
		return a->signal_fd;
	return agent_watch(a, a->signal_fd) < 0 ? err_sys(err, errno, "cannot watch a descriptor") : 0;
}

int agent_open(struct agent *a, struct err *err)
{
	struct utsname name;
	int r = open_lock(a, err);

	if (uname(&name) == 0)
		snprintf(a->release, sizeof(a->release), "%s", name.release);
	if (r == 0)
		r = unotify_open(&a->kernel, err);
	if (r == 0)
		r = keeper_divide(&a->kernel, &a->keeper, err);
	if (r < 0)
		return r;
	write_pid(a);
	a->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (a->epoll_fd < 0)
		return err_sys(err, errno, "cannot make an epoll descriptor");
	a->store.state_dir = a->config.state_dir;
	a->runs = (struct agent_runs){.store = &a->store, .run_dir = a->config.run_dir};
	book_init(&a->book, &a->runs);
	agent_runs_end_orphans(&a->runs);
	r = open_signals(a, err);
	if (r == 0)
		r = handover_open(&a->handover, a->config.run_dir, err);
	if (r == 0 && agent_watch(a, a->handover.fd) < 0)
		r = err_sys(err, errno, "cannot watch a descriptor");
	if (r == 0)
		r = agent_requests_open(a, err);
	a->active_ms = clock_monotonic_ms();
	return r;
}

static int start_saver(struct agent *a, struct err *err)
{
	int r = saver_start(a->config.state_dir, &a->saver, err);

	if (r < 0)
		return r;
	a->store.saver = a->saver;
	return agent_watch(a, saver_fd(a->saver)) < 0 ? err_sys(err, errno, "cannot watch a descriptor") : 0;
}

static void take_listener(void *arg, const struct handover_state *s)
{
	struct agent *a = arg;
	cleanup_fd int fd = s->listener, process = -1;
	uint64_t now = clock_monotonic_ms();
	struct listener *l;

	if (fd < 0) {
		/* Nobody knows whose listener it was, so every run is stamped. */
		if (s->cut)
			agent_runs_stamp(&a->runs, NULL, REASON_UNANSWERED, now);
		return;
	}
	(void)unotify_wake_quickly(fd);
	process = s->pid ? (int)syscall(SYS_pidfd_open, s->pid, 0) : -1;
	l = agent_runs_add_listener(&a->runs, s->metadata, fd, process, s->joins, now);
	if (!l)
		return;
	(void)steal_fd(&fd);
	(void)steal_fd(&process);
	l->turn = a->turn;
	agent_runs_tell_exec(l, s->pid, s->init);
	if (keeper_add(a->keeper, l->fd, l->process, l->run && l->run->go_on) < 0)
		log_say("should the agent be killed now, a container is not kept: there are more than %d listeners",
			KEEPER_MAX);
	if (agent_watch(a, l->fd) == 0)
		return;
	/* Unwatched, it would never be answered. */
	agent_runs_stamp(&a->runs, l->run, REASON_UNANSWERED, now);
	keeper_remove(a->keeper, l->fd);
	agent_runs_hang_up(&a->runs, l, now);
}

static void accept_runtime(struct agent *a)
{
	struct err err = {0};
	int fd = -1;

	if (handover_accept(&a->handover, &fd, &err) < 0) {
		/* The connection stays in the queue, so the loop would come back at once. */
		log_say("%s", err.msg);
		agent_runs_stamp(&a->runs, NULL, REASON_UNANSWERED, clock_monotonic_ms());
		(void)poll(NULL, 0, NO_ROOM_MS);
	}
	if (fd >= 0 && agent_watch(a, fd) < 0)
		(void)handover_read(&a->handover, fd, take_listener, a);
}

/* Records first, then answers: every call that went on is in the evidence. */
static void answer_call(struct agent *a, struct listener *l, uint64_t now_ms)
{
	int r = unotify_receive(&a->kernel, l->fd);

	if (r == 0) {
		book_call(&a->book, l, a->kernel.in, now_ms);
		r = unotify_continue(&a->kernel, l->fd);
	}
	/* -ENOENT: a signal came first; the call is made again, or never. */
	if (r < 0 && r != -ENOENT && l->run)
		agent_runs_stamp(&a->runs, l->run, REASON_UNANSWERED, now_ms);
}

static bool serve_listener(struct agent *a, int fd, uint32_t events)
{
	struct listener *l = a->runs.listeners;
	uint64_t now = clock_monotonic_ms();

	while (l && l->fd != fd)
		l = l->next;
	if (!l)
		return false;
	/* The event belongs to an older descriptor with this number: receiving a call that is not there would block. */
	if (l->turn == a->turn)
		return true;
	if (events & EPOLLIN) {
		answer_call(a, l, now);
	} else if (events & (EPOLLHUP | EPOLLERR)) {
		keeper_remove(a->keeper, fd);
		agent_runs_hang_up(&a->runs, l, now);
	}
	return true;
}

/* The process that was to become the runtime has ended. */
static bool see_starter(struct agent *a, int fd)
{
	for (struct agent_run *run = a->runs.list; run; run = run->next)
		if (run->starter == fd) {
			close(steal_fd(&run->starter));
			return true;
		}
	return false;
}

static void on_ready(struct agent *a, int fd, uint32_t events)
{
	if (serve_listener(a, fd, events))
		return;
	if (fd == a->handover.fd)
		accept_runtime(a);
	else if (fd == a->server_fd)
		agent_requests_accept(a);
	else if (fd == a->signal_fd)
		a->quit |= signals_take(fd);
	else if (fd == saver_fd(a->saver))
		store_see_saved(&a->store, clock_monotonic_ms());
	else if (!handover_read(&a->handover, fd, take_listener, a) && !see_starter(a, fd))
		(void)agent_requests_serve(a, fd);
}

static void tick(struct agent *a, uint64_t now)
{
	a->ticked_ms = now;
	agent_runs_give_up(&a->runs, now);
	agent_runs_sweep(&a->runs, now);
	if (a->runs.list || a->runs.listeners || a->clients)
		a->active_ms = now;
	else if (now - a->active_ms >= AGENT_IDLE_MS)
		a->quit = true;
}

static int wait_ms(const struct agent *a)
{
	uint64_t now = clock_monotonic_ms(), at = now + AGENT_TICK_MS, due = store_deadline(&a->store);

	/* A client waits until there is nothing left to receive: do not sleep before that. */
	if (agent_requests_are_waiting(a) && !a->quiet)
		return 0;
	if (due < at)
		at = due;
	return at > now ? (int)(at - now) : 0;
}

int agent_run(struct agent *a, struct err *err)
{
	int r = start_saver(a, err);

	while (r == 0 && !a->quit) {
		struct epoll_event events[EVENTS];
		int n = epoll_wait(a->epoll_fd, events, EVENTS, wait_ms(a));
		uint64_t now;

		if (n < 0 && errno != EINTR)
			return err_sys(err, errno, "cannot wait for events");
		a->quiet = n == 0;
		a->turn++;
		for (int i = 0; i < n; i++)
			on_ready(a, events[i].data.fd, events[i].events);
		now = clock_monotonic_ms();
		store_save_due(&a->store, now);
		agent_requests_step(a, now);
		if (now - a->ticked_ms >= AGENT_TICK_MS)
			tick(a, now);
	}
	return r;
}

void agent_close(struct agent *a)
{
	struct err err = {0};

	agent_requests_close(a);
	if (a->runs.store) {
		agent_runs_done(&a->runs, clock_monotonic_ms());
		if (store_save_all(&a->store, &err) < 0)
			log_say("%s", err.msg);
	}
	saver_stop(a->saver);
	handover_close(&a->handover);
	unotify_close(&a->kernel);
	if (a->signal_fd >= 0)
		close(a->signal_fd);
	if (a->epoll_fd >= 0)
		close(a->epoll_fd);
	if (a->lock_fd >= 0)
		close(a->lock_fd);
}
