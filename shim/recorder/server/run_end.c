#include "shim/recorder/server/run_end.h"

#include "base/cleanup.h"
#include "shim/recorder/process/log.h"
#include "shim/recorder/attribution/liveness.h"
#include "shim/recorder/attribution/proc.h"
#include "shim/recorder/recorder.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_EVERY 128 /* processes, between readings of the stream during a look */

int run_end_watch(struct recorder *r, struct run *run, int pidfd)
{
	if (pidfd >= r->watched_size) {
		int size = 2 * pidfd + 64;
		struct run **table = reallocarray(r->watched, (size_t)size, sizeof(*table));

		if (!table)
			return -ENOMEM;
		memset(table + r->watched_size, 0, (size_t)(size - r->watched_size) * sizeof(*table));
		r->watched = table;
		r->watched_size = size;
	}
	if (recorder_watch(r, pidfd) < 0)
		return -errno;
	r->watched[pidfd] = run;
	run->pidfd = pidfd;
	return 0;
}

static void unwatch(struct recorder *r, struct run *run)
{
	r->watched[run->pidfd] = NULL;
	close(steal_fd(&run->pidfd));
}

bool run_end_see(struct recorder *r, int fd)
{
	if (fd >= r->watched_size || !r->watched[fd])
		return false;
	unwatch(r, r->watched[fd]);
	return true;
}

void run_end_notice(struct recorder *r)
{
	for (struct run *run = r->runs.list; run; run = run->next) {
		struct pollfd p = {.fd = run->pidfd, .events = POLLIN};

		if (run->state != RUN_ENDED && run->pidfd >= 0 && poll(&p, 1, 0) > 0)
			unwatch(r, run);
	}
}

bool run_end_is_confidence(const struct recorder *r)
{
	for (const struct run *run = r->runs.list; run; run = run->next)
		if (run->state == RUN_ENDING || (run->state == RUN_LIVE && run->pidfd < 0))
			return false;
	return true;
}

/* The run without a session of its own that this process belongs to, if it is one that a process is looked for. */
static struct run *by_cgroup(const struct recorder *r, pid_t pid)
{
	char cgroup[PROC_CGROUP_MAX];
	struct run *run = r->runs.list;

	if (!r->runs.by_cgroup || proc_read_cgroup(pid, cgroup) < 0)
		return NULL;
	while (run && (!run->by_cgroup || !run->cgroup || run->shared_cgroup || run->state == RUN_ENDED || run->pidfd >= 0 ||
		       !unattributed_is_within(cgroup, run->cgroup)))
		run = run->next;
	return run;
}

static int take_member(void *arg, pid_t pid, uint32_t session)
{
	struct recorder *r = arg;
	struct run_session *s = runs_session(&r->runs, session);
	struct run *run = s && !s->shared ? s->run : by_cgroup(r, pid);
	int fd;

	/* Started anew by a wrapper that was in its container's session already, the recorder is in it too, and so is its probe. */
	if (pid == getpid() || pid == r->kernel.probe.pid)
		return 0;
	/* A look at many processes takes long; the stream does not wait. */
	if (++r->liveness_seen % READ_EVERY == 0)
		recorder_read(r);
	if (!run || run->state == RUN_ENDED || run->pidfd >= 0)
		return 0;
	fd = liveness_hold(pid, session);
	if (fd < 0)
		return liveness_is_void(fd) ? fd : 0;
	if (run_end_watch(r, run, fd) < 0) {
		close(fd);
		return -ENOMEM;
	}
	run->state = RUN_LIVE;
	return 0;
}

static bool wants_look(const struct recorder *r, const struct run *run)
{
	if (run->state == RUN_LIVE)
		return run->pidfd < 0;
	return run->state == RUN_ENDING && r->loss.passed >= run->checkpoint;
}

static bool any_wants_look(const struct recorder *r)
{
	for (const struct run *run = r->runs.list; run; run = run->next)
		if (wants_look(r, run))
			return true;
	return false;
}

/* A run that is found without a process may only end on a look that began after its checkpoint had passed. */
static void evaluate(struct recorder *r, uint64_t passed, uint64_t now_ms)
{
	for (struct run *run = r->runs.list; run; run = run->next) {
		if (run->state == RUN_LIVE && run->pidfd < 0) {
			run->state = RUN_ENDING;
			run->checkpoint = loss_checkpoint(&r->loss, now_ms);
		} else if (run->state == RUN_ENDING && passed >= run->checkpoint) {
			runs_end(&r->runs, run, now_ms);
		}
	}
}

/* A run ends when no process of its sessions was found, everything logged up to then has been read, and a second look finds none either:
 * a fork that slipped through the first look shows in the second. */
void run_end_look(struct recorder *r, uint64_t now_ms)
{
	uint64_t passed = r->loss.passed, cost;
	struct err err = {0};
	int rc;

	if (now_ms - r->last_look_ms < r->look_interval_ms || !any_wants_look(r))
		return;
	for (struct run *run = r->runs.by_cgroup ? r->runs.list : NULL; run; run = run->next)
		if (run->by_cgroup && wants_look(r, run))
			runs_find_cgroup(&r->runs, run, now_ms);
	rc = liveness_each(take_member, r, &err);
	r->last_look_ms = recorder_now();
	cost = r->last_look_ms - now_ms;
	r->look_interval_ms = cost * RECORDER_LOOK_COST > RECORDER_LOOK_MS ? cost * RECORDER_LOOK_COST : RECORDER_LOOK_MS;
	if (rc < 0)
		log_say("%s", err.msg);
	else
		evaluate(r, passed, now_ms);
}

uint64_t run_end_deadline(const struct recorder *r)
{
	return any_wants_look(r) ? r->last_look_ms + r->look_interval_ms : UINT64_MAX;
}
