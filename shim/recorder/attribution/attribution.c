/* Which run a record belongs to, and what it says about that run. */
#include "shim/recorder/attribution/proc.h"
#include "shim/recorder/attribution/unlogged_request.h"
#include "shim/recorder/attribution/runs.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>

static bool is_execve(const struct runs *r, const struct arch *arch, uint32_t nr)
{
	return nr != RUNS_NO_NR && (nr == r->execve_nr[arch->id][0] || nr == r->execve_nr[arch->id][1]);
}

/* Before the init's execve, the first process is the runtime, and any other one is a hook. An enforced run logs no execve: there
 * we go by a process name, which any program can set; it is only for people to read. */
static enum evidence_phase phase_of(struct run_session *s, const struct record *rec)
{
	if (s->run->mode == EVIDENCE_ENFORCE)
		return record_looks_like_init(rec) ? EVIDENCE_RUNTIME : runs_phase_of(s);
	if (!s->has_init) {
		s->has_init = true;
		s->init_pid = rec->pid;
	}
	if (s->execd)
		return runs_phase_of(s);
	return rec->pid == s->init_pid ? EVIDENCE_RUNTIME : EVIDENCE_HOOK;
}

/* A filter loaded on top of ours hides calls from LOG if it answers them with TRACE or NOTIFY. The tracer or listener may be
 * anywhere: in another container, on the node, in a parent that was there before. So we look for the call that loads a filter,
 * which is always logged: of prctl and seccomp, only the harmless forms (always-logged.csv) may be unlogged, from the first run
 * on. A record of either call thus loads a filter, or cannot be told from one that does. It precedes everything that the filter
 * could hide, including its heirs and the threads that it is forced on (TSYNC). */
static void watch_filters(const struct runs *r, struct evidence_run *er, const struct arch *arch, uint32_t nr)
{
	if (nr == r->seccomp_nr[arch->id] || nr == r->prctl_nr[arch->id])
		er->reasons |= REASON_BIT(OWN_FILTER);
}

/* The same by state, when a program begins: it should have its caller's filters and the one that the runtime loads. If it has one
 * more, the runtime or an earlier program loaded it. If the process is gone, the calls above must do. */
static void count_filters(struct evidence_run *er, const struct run_session *s, const struct record *rec)
{
	uint32_t now = 0;

	if (s->filters != PROC_FILTERS_SOME && proc_read_filters((pid_t)rec->pid, s->id, &now) == 0 && now != PROC_FILTERS_SOME &&
	    now > s->filters + 1)
		er->reasons |= REASON_BIT(OWN_FILTER);
}

static bool is_learnt(struct evidence *ev, const struct arch *arch, uint32_t nr)
{
	const struct evidence_call *const *calls;
	size_t n = evidence_calls(ev, &calls);

	for (size_t i = 0; i < n; i++)
		if (calls[i]->arch == arch && calls[i]->nr == nr && calls[i]->count)
			return true;
	return false;
}

/* The container's first process is in its cgroup by now: both runtimes join it before they load the filter. */
static void note_cgroup(struct runs *r, struct run *run, const struct record *rec)
{
	char text[PROC_CGROUP_MAX];

	if (!run->cgroup && proc_read_cgroup((pid_t)rec->pid, text, NULL) == 0)
		runs_know_cgroup(r, run, text);
}

static enum evidence_use use_of(const struct run *run, bool used)
{
	if (!used)
		return EVIDENCE_DENIED;
	return run->mode == EVIDENCE_LEARN ? EVIDENCE_USED : EVIDENCE_AUDITED;
}

/* When the program begins: a capability that it can never have, no process of the container can ever have. */
static bool is_bound(const struct runs *r, const struct record *rec)
{
	return proc_never_has_capability((pid_t)rec->pid, CAP_AUDIT_CONTROL) && unattributed_is_maker(&r->unattributed, rec);
}

static void book(struct runs *r, struct run_session *s, const struct record *rec, uint64_t now_ms)
{
	const struct arch *arch = arch_of_record(rec->arch, rec->nr);
	struct run *run = s->run;
	struct evidence_run *er = evidence_run(run->key->evidence, run->no);
	enum evidence_phase phase;
	enum evidence_use use;
	bool used = record_is_used(rec), exec;
	int news = 0;

	if (!er)
		return;
	if (run->state == RUN_ENDED) {
		er->reasons |= REASON_BIT(LATE_RECORD);
		news = 1;
	}
	phase = phase_of(s, rec);
	exec = used && arch && is_execve(r, arch, rec->nr);
	s->loose |= phase == EVIDENCE_HOOK;
	if (exec && rec->pid == s->init_pid && !s->execd) {
		s->execd = true;
		s->loose |= !is_bound(r, rec);
		runs_note(r, s);
	}
	if (arch && phase != EVIDENCE_RUNTIME)
		watch_filters(r, er, arch, rec->nr);
	if (exec)
		count_filters(er, s, rec);
	use = use_of(run, used);
	/* Audit logs execve even if the profile allows it, since it marks where the workload begins. */
	if (!(exec && use == EVIDENCE_AUDITED && is_learnt(run->key->evidence, arch, rec->nr))) {
		news |= evidence_add(run->key->evidence, run->no, phase, use, rec);
		/* A canary is denied calls on purpose. */
		if (use != EVIDENCE_USED && run->key->space == STATE_KEYS)
			denials_see(&r->denials, evidence_key(run->key->evidence), run->container, run->mode, !used,
				    arch, rec);
	}
	/* The runtime's calls too: if the caller's profile refuses one of them, the container does not start. */
	if (arch && use == EVIDENCE_USED)
		unlogged_request_see(run, arch, rec->nr);
	store_touch(r->store, run->key, news != 0, now_ms);
	/* The next record like this one need only be counted: everything above depends on nothing but the call and the program. */
	if (phase == EVIDENCE_WORKLOAD && run->state != RUN_ENDED && run->cgroup && !s->shared)
		s->counts = evidence_counts(run->key->evidence, run->no);
}

/* True if a container without a session of its own runs in this session, which may have other processes too. */
static bool is_shared_session(const struct runs *r, uint32_t session)
{
	for (const struct run *run = r->by_cgroup ? r->list : NULL; run; run = run->next)
		for (const struct run_session *s = run->sessions; s; s = s->next)
			if (s->shared && s->id == session)
				return true;
	return false;
}

static enum reason doubt_of(const struct run *run)
{
	return run->by_cgroup ? REASON_ATTRIBUTION : REASON_SESSION_CHANGED;
}

/* True if the record may come from an exec that bypassed the wrapper, into any container. */
static bool is_by_runtime(const struct run *run, const struct record *rec)
{
	const struct evidence_run *er = evidence_run(run->key->evidence, run->no);

	return record_may_be_init(rec, er ? er->runtime : NULL);
}

static bool is_by_any_runtime(const struct runs *r, const struct record *rec)
{
	for (const struct run *run = r->list; run; run = run->next)
		if (is_by_runtime(run, rec))
			return true;
	return false;
}

/* True if a process of the container may have begun this session. */
static bool may_have_changed_to(const struct runs *r, const struct run *run, uint32_t session)
{
	bool loose = run->by_cgroup;

	for (const struct run_session *s = run->sessions; s; s = s->next)
		loose |= s->loose;
	if (!loose || unattributed_is_known(&r->unattributed, session))
		return false;
	/* Session numbers increase, and wrap. */
	return session == UINT32_MAX || run->by_cgroup || (int32_t)(session - runs_main_session(run)->id) > 0;
}

static bool may_be_its(const struct runs *r, const struct run *run, const struct record *rec)
{
	return run->state != RUN_ENDED && (is_by_runtime(run, rec) || (run->by_cgroup && is_shared_session(r, rec->session)) ||
					   may_have_changed_to(r, run, rec->session));
}

/* The process is gone, so nobody can say whose it was. But a session that a container began stays that container's, so the next
 * process of the session will answer the question. */
static void doubt(struct runs *r, const struct record *rec, uint64_t now_ms)
{
	for (struct run *run = r->list; run; run = run->next) {
		if (!may_be_its(r, run, rec))
			continue;
		if (is_by_runtime(run, rec) || is_shared_session(r, rec->session) ||
		    !unattributed_leave_open(&r->unattributed, rec->session, now_ms))
			runs_stamp(r, run, doubt_of(run), now_ms);
	}
}

void runs_settle_doubts(struct runs *r, uint64_t now_ms)
{
	uint32_t session = 0;

	while (unattributed_take_overdue(&r->unattributed, now_ms, &session))
		for (struct run *run = r->list; run; run = run->next)
			if (run->state != RUN_ENDED && may_have_changed_to(r, run, session))
				runs_stamp(r, run, doubt_of(run), now_ms);
}

void runs_end_in_doubt(struct runs *r, struct run *run, uint64_t now_ms)
{
	for (unsigned i = 0; r->unattributed.open_count && i < UNATTRIBUTED_OPEN; i++)
		if (r->unattributed.open[i].session && may_have_changed_to(r, run, r->unattributed.open[i].session))
			runs_stamp(r, run, doubt_of(run), now_ms);
}

/* A container that has its own session has a process outside that session. */
static void add_changed(struct runs *r, struct run *run, const struct record *rec, uint64_t now_ms)
{
	runs_stamp(r, run, REASON_SESSION_CHANGED, now_ms);
	evidence_add(run->key->evidence, run->no, EVIDENCE_WORKLOAD, use_of(run, true), rec);
}

/* A container without a record yet, so that its cgroup is unknown, may already get an exec: the runtime has written its state,
 * but the init has not reached its filter. */
static void doubt_unseen(struct runs *r, const struct record *rec, uint64_t now_ms)
{
	for (struct run *run = r->list; run; run = run->next)
		if (!run->cgroup && may_be_its(r, run, rec))
			runs_stamp(r, run, doubt_of(run), now_ms);
}

/* Finds the run whose cgroup the process is in; *ret is NULL if there is none. -ESRCH: several runs share that cgroup, or the
 * process may belong to a run whose cgroup is unknown and that has no session of its own or has shown a record. If a container
 * shares its cgroup with its caller, the process may be anyone's: it is attributed to no run, the container is stamped if the
 * process may be its own, and the result is -EAGAIN: ask again for the next record. */
static int find_owner(struct runs *r, const struct record *rec, const char *cgroup, struct run **ret, uint64_t now_ms)
{
	struct run *owner = NULL;
	int rc = 0, shared = 0;

	for (struct run *run = r->list; run; run = run->next) {
		if (run->by_cgroup)
			runs_find_cgroup(r, run, now_ms);
		if (!run->cgroup && (run->by_cgroup || runs_main_session(run)->has_init) && may_be_its(r, run, rec))
			rc = -ESRCH;
		if (!run->cgroup || !unattributed_is_within(cgroup, run->cgroup))
			continue;
		if (run->shared_cgroup) {
			if (may_be_its(r, run, rec))
				runs_stamp(r, run, doubt_of(run), now_ms);
			shared = -EAGAIN;
			continue;
		}
		/* A run that has ended gives way to the next one of that name. */
		if (owner && run->state == RUN_ENDED)
			continue;
		if (owner && owner->state != RUN_ENDED) {
			runs_stamp(r, run, doubt_of(run), now_ms);
			runs_stamp(r, owner, doubt_of(owner), now_ms);
			rc = -ESRCH;
		}
		owner = run;
	}
	/* The cgroup of a run that has ended may already belong to the next one of that name. */
	if (rc == 0 && (!owner || owner->state == RUN_ENDED))
		doubt_unseen(r, rec, now_ms);
	*ret = owner;
	return rc < 0 || owner ? rc : shared;
}

/* 0 and the owner (NULL: none); -EAGAIN and -ESRCH as above. */
static int look_for_owner(struct runs *r, const struct record *rec, struct run **ret, uint64_t now_ms)
{
	bool by_runtime = record_may_be_init(rec, NULL) || (r->odd_runtimes && is_by_any_runtime(r, rec));
	char cgroup[PROC_CGROUP_MAX];
	void *known = NULL;
	int rc = unattributed_look(&r->unattributed, rec, by_runtime, cgroup, &known);

	if (rc == 1) {
		*ret = known;
		return 0;
	}
	if (rc == 0)
		rc = find_owner(r, rec, cgroup, ret, now_ms);
	if (rc == 0 && !by_runtime)
		unattributed_own(&r->unattributed, *ret);
	return rc;
}

/* A logged call whose session does not identify its run. */
static void record_unattributed(struct runs *r, const struct record *rec, uint64_t now_ms)
{
	struct run *owner = NULL;
	int rc;

	if (!r->list || !record_is_used(rec))
		return;
	rc = look_for_owner(r, rec, &owner, now_ms);
	if (rc < 0 && rc != -EAGAIN) {
		doubt(r, rec, now_ms);
		return;
	}
	unattributed_close(&r->unattributed, rec->session);
	if (rc < 0)
		return;
	if (!owner && !is_shared_session(r, rec->session))
		unattributed_remember(&r->unattributed, rec->session);
	else if (owner && owner->by_cgroup)
		book(r, runs_main_session(owner), rec, now_ms);
	else if (owner)
		add_changed(r, owner, rec, now_ms);
}

struct evidence_hint runs_foresee(const struct runs *r, const struct record *rec)
{
	const struct run_session *s = runs_session(r, rec->session);

	return s && s->counts && !s->shared ? evidence_foresee(s->counts, rec) : (struct evidence_hint){0};
}

void runs_record(struct runs *r, const struct record *rec, const struct evidence_hint *hint, uint64_t now_ms)
{
	struct run_session *s = runs_session(r, rec->session);

	if (!s || s->shared) {
		record_unattributed(r, rec, now_ms);
		return;
	}
	if (s->counts && evidence_count(s->counts, rec, hint))
		return;
	note_cgroup(r, s->run, rec);
	book(r, s, rec, now_ms);
}
