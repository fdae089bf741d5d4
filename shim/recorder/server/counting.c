#include "shim/recorder/server/counting.h"

#include "base/clock.h"
#include "seccomp/evidence/evidence.h"
#include "shim/common/session.h"
#include "shim/daemon/log.h"
#include "shim/recorder/attribution/counted.h"
#include "shim/recorder/attribution/proc.h"
#include "shim/recorder/counter/counter.h"
#include "shim/recorder/server/recorder.h"

#include <errno.h>
#include <unistd.h>

bool counting_is_possible(const struct recorder *r)
{
	return r->counter && !r->counter_failed && counter_is_ready(r->counter);
}

void counting_expect(struct recorder *r, uint64_t now_ms)
{
	if (counting_is_possible(r))
		counter_expect(r->counter, now_ms);
}

void counting_step(struct recorder *r, uint64_t now_ms)
{
	if (r->counter)
		counter_step(r->counter, now_ms);
}

uint64_t counting_deadline(const struct recorder *r)
{
	return r->counter ? counter_deadline(r->counter) : UINT64_MAX;
}

static int arm(struct recorder *r, const struct run_session *s)
{
	uint32_t own = SESSION_UNSET;
	int rc = s->filters == PROC_FILTERS_SOME || !counting_is_possible(r) ? -EOPNOTSUPP : 0;

	/* This recorder was started in it, and could not leave it (main.c): its own calls would count. */
	if (rc == 0 && session_of(getpid(), &own) == 0 && own == s->id)
		rc = -EOPNOTSUPP;
	if (rc == 0)
		rc = counter_arm(r->counter, s->id, s->filters);
	return rc;
}

void counting_begin(struct recorder *r, struct run *run)
{
	const struct evidence_run *er = evidence_run(run->key->evidence, run->no);

	if (!er || !er->unlogged.counted)
		return;
	run->counting = !run->by_cgroup && arm(r, runs_main_session(run)) == 0;
	if (!run->counting && counted_assume(run) < 0)
		runs_stamp(&r->runs, run, REASON_COUNTER, clock_monotonic_ms());
}

void counting_join(struct recorder *r, pid_t pid, uint64_t pid_start)
{
	for (struct run *run = r->runs.list; run; run = run->next) {
		const struct run_session *s = run->sessions; /* the newest */

		if (run->counting && s->pid == pid && s->start == pid_start && (run->by_cgroup || arm(r, s) < 0))
			runs_stamp(&r->runs, run, REASON_COUNTER, clock_monotonic_ms());
	}
}

/* A copy is not made in one moment. In one that says in its last member that the session has no task, a call that the last one made
 * meanwhile may be missing. */
static int read_last(const struct recorder *r, uint32_t session, struct counter_entry *ret)
{
	int rc = counter_read(r->counter, session, ret);

	return rc == 0 && ret->tasks == 0 ? counter_read(r->counter, session, ret) : rc;
}

static void look_at(struct recorder *r, struct run_session *s, uint64_t now_ms)
{
	struct counter_entry entry;

	if (read_last(r, s->id, &entry) < 0) {
		runs_stamp(&r->runs, s->run, REASON_COUNTER, now_ms);
		return;
	}
	if (entry.beyond)
		runs_stamp(&r->runs, s->run, REASON_COUNTER, now_ms);
	/* Probes exec forever: an exec that is over must not take up room. */
	if (counted_book(&r->runs, s, &entry, now_ms) && s->is_exec && entry.tasks == 0 && counted_retire(s))
		counter_disarm(r->counter, s->id);
}

static void look(struct recorder *r, struct run *run, uint64_t now_ms)
{
	for (struct run_session *s = run->sessions; s; s = s->next)
		if (!s->retired)
			look_at(r, s, now_ms);
}

bool counting_holds_tasks(const struct recorder *r, const struct run *run)
{
	struct counter_entry entry;

	for (const struct run_session *s = run->counting ? run->sessions : NULL; s; s = s->next)
		if (!s->retired && counter_read(r->counter, s->id, &entry) == 0 && entry.tasks != 0)
			return true;
	return false;
}

/* If the program was detached, or skipped calls, that concerns all runs. */
static void check(struct recorder *r, uint64_t now_ms)
{
	if (r->counter_failed || counter_counts(r->counter))
		return;
	r->counter_failed = true;
	log_say("the kernel's counter of calls was detached by somebody, or skipped calls: what is learning now is not complete, and what "
		"begins later is logged");
	for (struct run *run = r->runs.list; run; run = run->next)
		if (run->counting)
			runs_stamp(&r->runs, run, REASON_COUNTER, now_ms);
}

void counting_look(struct recorder *r, uint64_t now_ms)
{
	for (struct run *run = r->runs.list; run; run = run->next)
		if (run->counting)
			look(r, run, now_ms);
}

static void end(struct recorder *r, struct run *run, uint64_t now_ms)
{
	look(r, run, now_ms);
	check(r, now_ms);
	if (!r->counter_failed)
		counted_close(run);
	for (struct run_session *s = run->sessions; s; s = s->next)
		if (!s->retired)
			counter_disarm(r->counter, s->id);
	run->counting = false;
}

void counting_end(struct recorder *r, struct run *run, uint64_t now_ms)
{
	/* All processes of the run have ended. A task that has not exited in its session went on in another one, where nothing is
	 * counted. */
	if (counting_holds_tasks(r, run))
		runs_stamp(&r->runs, run, REASON_SESSION_CHANGED, now_ms);
	if (run->counting)
		end(r, run, now_ms);
}

void counting_end_all(struct recorder *r, uint64_t now_ms)
{
	for (struct run *run = r->runs.list; run; run = run->next)
		if (run->counting)
			end(r, run, now_ms);
}
