#include "shim/recorder/server/run_is_over.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "shim/daemon/log.h"
#include "shim/recorder/attribution/liveness.h"
#include "shim/recorder/attribution/proc.h"
#include "shim/recorder/server/counting.h"
#include "shim/recorder/server/recorder.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_EVERY 128  /* processes, between two readings of the stream during a look */
#define BLIND_MS   2000 /* how long looks may see nothing before the run is stamped */
#define ASK_MS     100  /* between two questions to a group that has a process */

int run_over_watch(struct recorder *r, struct run *run, int pidfd)
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

bool run_over_see(struct recorder *r, int fd)
{
	if (fd >= r->watched_size || !r->watched[fd])
		return false;
	unwatch(r, r->watched[fd]);
	return true;
}

/* Updates in_cgroup: whether groups that had a process still have one. */
static void ask_groups(struct recorder *r)
{
	r->asked_ms = clock_monotonic_ms();
	for (struct run *run = r->runs.list; run; run = run->next)
		run->in_cgroup = run->in_cgroup && run->state == RUN_LIVE && run->pidfd < 0 && runs_is_populated(&r->runs, run) == 1;
}

void run_over_notice(struct recorder *r)
{
	for (struct run *run = r->runs.list; run; run = run->next) {
		struct pollfd p = {.fd = run->pidfd, .events = POLLIN};

		if (run->state != RUN_ENDED && run->pidfd >= 0 && poll(&p, 1, 0) > 0)
			unwatch(r, run);
	}
	ask_groups(r);
}

/* True if the run's end cannot be seen: it is stamped, and nothing waits for it. */
static bool is_blind(const struct recorder *r, const struct run *run)
{
	return run->blind_ms && r->last_look_ms - run->blind_ms >= BLIND_MS;
}

bool run_over_is_settled(const struct recorder *r)
{
	for (const struct run *run = r->runs.list; run; run = run->next)
		if (run->state != RUN_ENDED && (run->state == RUN_ENDING || (run->pidfd < 0 && !run->in_cgroup)) && !is_blind(r, run))
			return false;
	return true;
}

/* Finds the run without a session of its own that this process belongs to and that needs a process to watch; NULL if there is
 * none. Negative errno: it may belong to one, but cannot be examined. */
static int by_cgroup(const struct recorder *r, pid_t pid, struct run **ret)
{
	char cgroup[PROC_CGROUP_MAX];
	struct run *run = r->runs.list;
	int rc;

	if (!r->runs.by_cgroup)
		return 0;
	rc = proc_read_cgroup(pid, cgroup, NULL);
	if (rc < 0)
		return rc;
	while (run && (!run->by_cgroup || !run->cgroup || run->shared_cgroup || run->state == RUN_ENDED || run->pidfd >= 0 ||
		       !unattributed_is_within(cgroup, run->cgroup)))
		run = run->next;
	*ret = run;
	return 0;
}

static int take_member(void *arg, pid_t pid, uint32_t session)
{
	struct recorder *r = arg;
	struct run_session *s = runs_session(&r->runs, session);
	struct run *run = s && !s->shared ? s->run : NULL;
	int fd, rc;

	/* A wrapper that was already in its container's session may have started this recorder; then it and its probe are in that
	 * session. */
	if (pid == getpid() || pid == r->kernel.probe.pid)
		return 0;
	/* A look at many processes takes long, and the stream does not wait. */
	if (++r->liveness_seen % READ_EVERY == 0)
		recorder_read(r);
	if (!run) {
		rc = by_cgroup(r, pid, &run);
		if (rc < 0)
			return rc;
	}
	if (!run || run->state == RUN_ENDED || run->pidfd >= 0)
		return 0;
	fd = liveness_hold(pid, session);
	if (fd < 0)
		return fd;
	if (run_over_watch(r, run, fd) < 0) {
		close(fd);
		return -ENOMEM;
	}
	run->state = RUN_LIVE;
	return 0;
}

static bool wants_look(const struct recorder *r, const struct run *run)
{
	if (run->state == RUN_LIVE)
		return run->pidfd < 0 && !run->in_cgroup;
	return run->state == RUN_ENDING && r->loss.passed >= run->checkpoint;
}

static bool any_wants_look(const struct recorder *r)
{
	for (const struct run *run = r->runs.list; run; run = run->next)
		if (wants_look(r, run))
			return true;
	return false;
}

/* Neither the look nor its group says anything about the run. */
static void bear_blindness(struct recorder *r, struct run *run)
{
	if (!run->blind_ms)
		run->blind_ms = r->last_look_ms ? r->last_look_ms : 1;
	if (is_blind(r, run))
		runs_stamp(&r->runs, run, REASON_END_NOT_SEEN, r->last_look_ms);
}

/* A run without a process may only end in a look that began after its checkpoint had passed. */
static void evaluate(struct recorder *r, struct run *run, bool saw_all, uint64_t passed, uint64_t now_ms)
{
	int populated;

	if (!wants_look(r, run))
		return;
	populated = runs_is_populated(&r->runs, run);
	if (populated == 1) {
		run->state = RUN_LIVE;
		run->in_cgroup = true;
		return;
	}
	/* The runtime is outside the group, and may be about to end. */
	if (!saw_all && (populated < 0 || counting_holds_tasks(r, run))) {
		bear_blindness(r, run);
		return;
	}
	run->blind_ms = 0;
	if (run->state == RUN_LIVE) {
		run->state = RUN_ENDING;
		run->checkpoint = loss_checkpoint(&r->loss, now_ms);
	} else if (passed >= run->checkpoint) {
		counting_end(r, run, now_ms);
		runs_end(&r->runs, run, populated == 0 ? EVIDENCE_END_CGROUP : EVIDENCE_END_PROCESSES, now_ms);
	}
}

/* The longer a look takes, the longer until the next one. One that could not see everything is not repeated at once. */
static uint64_t interval_after(uint64_t cost, bool saw_all)
{
	uint64_t ms = cost * RECORDER_LOOK_COST > RECORDER_LOOK_MS ? cost * RECORDER_LOOK_COST : RECORDER_LOOK_MS;

	return saw_all || ms > RECORDER_TICK_MS / 4 ? ms : RECORDER_TICK_MS / 4;
}

/* A run ends when none of its sessions has a process and its group is empty, everything logged until then has been read, and a
 * second look finds the same: a fork that slipped through the first look shows in the second. If /proc hides processes, the group
 * alone decides. */
void run_over_look(struct recorder *r, uint64_t now_ms)
{
	uint64_t passed = r->loss.passed;
	struct err err = {0};
	int rc;

	if (now_ms - r->asked_ms >= ASK_MS)
		ask_groups(r);
	if (now_ms - r->last_look_ms < r->look_interval_ms || !any_wants_look(r))
		return;
	for (struct run *run = r->runs.by_cgroup ? r->runs.list : NULL; run; run = run->next)
		if (run->by_cgroup && wants_look(r, run))
			runs_find_cgroup(&r->runs, run, now_ms);
	rc = liveness_each(take_member, r, &err);
	r->last_look_ms = clock_monotonic_ms();
	r->look_interval_ms = interval_after(r->last_look_ms - now_ms, rc == 0);
	if (rc < 0 && !r->blind)
		log_say("%s", err.msg);
	r->blind = rc < 0;
	for (struct run *run = r->runs.list; run; run = run->next)
		evaluate(r, run, rc == 0, passed, now_ms);
}

static bool any_in_cgroup(const struct recorder *r)
{
	for (const struct run *run = r->runs.list; run; run = run->next)
		if (run->in_cgroup)
			return true;
	return false;
}

uint64_t run_over_deadline(const struct recorder *r)
{
	uint64_t look = any_wants_look(r) ? r->last_look_ms + r->look_interval_ms : UINT64_MAX;
	uint64_t ask = any_in_cgroup(r) ? r->asked_ms + ASK_MS : UINT64_MAX;

	return look < ask ? look : ask;
}
