#include "shim/recorder/server/over_execs.h"

#include "base/clock.h"
#include "shim/recorder/attribution/liveness.h"
#include "shim/recorder/server/recorder.h"

static bool is_exec_of_its_own(const struct run_session *s)
{
	return s->is_exec && !s->shared && s->run->state != RUN_ENDED && s->run->mode != EVIDENCE_ENFORCE;
}

/* Calls fn for each session of an exec. It may forget the session. */
static void each_exec(struct recorder *r, void (*fn)(struct recorder *r, struct run_session *s, void *arg), void *arg)
{
	for (struct run *run = r->runs.list; run; run = run->next)
		for (struct run_session *s = run->sessions, *next; s; s = next) {
			next = s->next;
			if (is_exec_of_its_own(s))
				fn(r, s, arg);
		}
}

/* A counted session without a task has retired; what it logged until now comes before a barrier that begins now. */
static void forget_retired(struct recorder *r, struct run_session *s, void *arg)
{
	const uint64_t *now_ms = arg;

	if (!s->retired)
		return;
	if (!s->over)
		s->over = loss_checkpoint(&r->loss, *now_ms);
	else if (r->loss.passed >= s->over)
		runs_forget_session(&r->runs, s);
}

/* A counted session that never gets rid of its tasks has a process that went on in another session: the end of the run must find it
 * (counting_end()), so only the kernel's count says when it is over. */
static bool is_looked_for(const struct run_session *s)
{
	return !s->run->counting && !s->retired;
}

static void count(struct recorder *r, struct run_session *s, void *arg)
{
	(void)r;
	*(unsigned *)arg += is_looked_for(s);
}

static void expect_none(struct recorder *r, struct run_session *s, void *arg)
{
	(void)r;
	(void)arg;
	s->has_process = false;
}

static int see_process(void *arg, pid_t pid, uint32_t session)
{
	struct recorder *r = arg;
	struct run_session *s = runs_session(&r->runs, session);

	(void)pid;
	if (s)
		s->has_process = true;
	return 0;
}

/* As for the end of a run (run_is_over.c), two looks must find no process, with a barrier between them: a fork that slipped through
 * the first look shows in the second. arg: the newest barrier that had passed when the look began. */
static void judge(struct recorder *r, struct run_session *s, void *arg)
{
	const uint64_t *passed = arg;

	if (!is_looked_for(s))
		return;
	if (s->has_process)
		s->over = 0;
	else if (!s->over)
		s->over = loss_checkpoint(&r->loss, clock_monotonic_ms());
	else if (*passed >= s->over)
		runs_forget_session(&r->runs, s);
}

static void look(struct recorder *r)
{
	uint64_t passed = r->loss.passed;

	each_exec(r, expect_none, NULL);
	/* A look that could not see every process says nothing. */
	if (liveness_each(see_process, r, NULL) == 0)
		each_exec(r, judge, &passed);
}

void over_execs_forget(struct recorder *r, uint64_t now_ms)
{
	unsigned uncounted = 0;

	each_exec(r, forget_retired, &now_ms);
	each_exec(r, count, &uncounted);
	if (uncounted < OVER_EXECS_FEW || now_ms - r->execs_looked_ms < OVER_EXECS_LOOK_MS)
		return;
	look(r);
	r->execs_looked_ms = clock_monotonic_ms();
}
