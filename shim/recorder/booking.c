/* Whose a record is, and what it says of its run. */
#include "shim/recorder/proc.h"
#include "shim/recorder/runs.h"

#include <string.h>

static bool is_execve(const struct runs *r, const struct arch *arch, uint32_t nr)
{
	return nr != RUNS_NO_NR && (nr == r->execve_nr[arch->id][0] || nr == r->execve_nr[arch->id][1]);
}

/* Before the init's execve the first process is the runtime, and any other one a hook of it. */
static enum evidence_phase phase_of(struct run_session *s, const struct record *rec)
{
	if (!s->has_init) {
		s->has_init = true;
		s->init_pid = rec->pid;
	}
	if (s->execd)
		return EVIDENCE_WORKLOAD;
	return rec->pid == s->init_pid ? EVIDENCE_RUNTIME : EVIDENCE_HOOK;
}

/* Filters of the workload's own hide calls from LOG only with a listener (seccomp(2) alone makes one) or with a tracer. */
static void watch_filters(const struct runs *r, struct run *run, struct evidence_run *er, const struct arch *arch, uint32_t nr)
{
	run->prctl_seen |= nr == r->prctl_nr[arch->id];
	run->ptrace_seen |= nr == r->ptrace_nr[arch->id];
	if (nr == r->seccomp_nr[arch->id] || (run->prctl_seen && run->ptrace_seen))
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
static void note_cgroup(const struct runs *r, struct run_session *s, const struct record *rec)
{
	struct run *run = s->run;
	char text[PROC_CGROUP_MAX];

	if (run->cgroup || proc_read_cgroup((pid_t)rec->pid, text) < 0)
		return;
	run->cgroup = strdup(text);
	runs_note(r, s);
}

/* A logged call of a session that nobody registered. */
static void record_stranger(struct runs *r, const struct record *rec, uint64_t now_ms)
{
	char cgroup[PROC_CGROUP_MAX];
	bool found = false;

	if (!r->list || !record_is_used(rec) || strangers_is_known(&r->strangers, rec, now_ms))
		return;
	if (proc_read_cgroup((pid_t)rec->pid, cgroup) < 0) {
		runs_stamp_live(r, REASON_SESSION_CHANGED, now_ms);
		return;
	}
	for (struct run *run = r->list; run; run = run->next)
		if (run->cgroup && strangers_is_within(cgroup, run->cgroup)) {
			found = true;
			runs_stamp(r, run, REASON_SESSION_CHANGED, now_ms);
			evidence_add(run->key->evidence, run->no, EVIDENCE_WORKLOAD,
				     run->mode == EVIDENCE_LEARN ? EVIDENCE_USED : EVIDENCE_AUDITED, rec);
		}
	if (!found)
		strangers_remember(&r->strangers, rec, now_ms);
}

void runs_record(struct runs *r, const struct record *rec, uint64_t now_ms)
{
	struct run_session *s = runs_session(r, rec->session);
	const struct arch *arch = arch_of_record(rec->arch, rec->nr);
	struct evidence_run *er;
	enum evidence_phase phase;
	enum evidence_use use = EVIDENCE_DENIED;
	struct run *run;
	bool used = record_is_used(rec), exec;
	int news = 0;

	if (!s) {
		record_stranger(r, rec, now_ms);
		return;
	}
	run = s->run;
	note_cgroup(r, s, rec);
	er = evidence_run(run->key->evidence, run->no);
	if (!er)
		return;
	if (run->state == RUN_ENDED) {
		er->reasons |= REASON_BIT(LATE_RECORD);
		news = 1;
	}
	phase = phase_of(s, rec);
	exec = used && arch && is_execve(r, arch, rec->nr);
	if (exec && rec->pid == s->init_pid && !s->execd) {
		s->execd = true;
		runs_note(r, s);
	}
	if (arch && phase == EVIDENCE_WORKLOAD)
		watch_filters(r, run, er, arch, rec->nr);
	if (used)
		use = run->mode == EVIDENCE_LEARN ? EVIDENCE_USED : EVIDENCE_AUDITED;
	/* Audit logs execve although it is approved: it carries the boundary. */
	if (!(exec && use == EVIDENCE_AUDITED && is_learnt(run->key->evidence, arch, rec->nr)))
		news |= evidence_add(run->key->evidence, run->no, phase, use, rec);
	store_touch(r->store, run->key, news != 0, now_ms);
}

