#include "shim/recorder/runs.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "seccomp/syscall.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NO_NR UINT32_MAX

static uint32_t number_of(enum arch_id arch, const char *name)
{
	uint32_t nr;

	return syscall_number(arch_get(arch), name, &nr) < 0 ? NO_NR : nr;
}

void runs_init(struct runs *r, struct store *store)
{
	*r = (struct runs){.store = store};
	for (unsigned a = 0; a < ARCH_COUNT; a++) {
		r->execve_nr[a][0] = number_of(a, "execve");
		r->execve_nr[a][1] = number_of(a, "execveat");
		r->seccomp_nr[a] = number_of(a, "seccomp");
		r->prctl_nr[a] = number_of(a, "prctl");
		r->ptrace_nr[a] = number_of(a, "ptrace");
	}
}

static struct run_session **bucket(struct runs *r, uint32_t id)
{
	return &r->buckets[(id * 2654435761u) >> 20 & (RUNS_BUCKETS - 1)];
}

struct run_session *runs_session(struct runs *r, uint32_t id)
{
	struct run_session *s = *bucket(r, id);

	while (s && s->id != id)
		s = s->hash_next;
	return s;
}

static int add_session(struct runs *r, struct run *run, uint32_t id, bool is_exec, struct err *err)
{
	struct run_session **b = bucket(r, id), *s;

	if (runs_session(r, id))
		return err_set(err, EEXIST, "audit session %u belongs to another container already", id);
	s = calloc(1, sizeof(*s));
	if (!s)
		return err_set(err, ENOMEM, "out of memory");
	*s = (struct run_session){.hash_next = *b, .next = run->sessions, .run = run, .id = id, .is_exec = is_exec};
	*b = s;
	run->sessions = s;
	return 0;
}

static void free_session(struct runs *r, struct run_session *s)
{
	struct run_session **link = bucket(r, s->id);

	while (*link != s)
		link = &(*link)->hash_next;
	*link = s->hash_next;
	free(s);
}

static void free_run(struct runs *r, struct run *run)
{
	while (run->sessions) {
		struct run_session *s = run->sessions;

		run->sessions = s->next;
		free_session(r, s);
	}
	if (run->pidfd >= 0)
		close(run->pidfd);
	if (run->key)
		store_release(r->store, run->key);
	free(run->root);
	free(run->container);
	free(run->cgroup);
	free(run);
}

void runs_done(struct runs *r)
{
	while (r->list) {
		struct run *run = r->list;

		r->list = run->next;
		free_run(r, run);
	}
}

static int begin_evidence(struct run *run, const struct run_request *q, struct err *err)
{
	struct evidence *ev = run->key->evidence;
	const struct evidence_run init = {
		.container = run->container,
		.root = run->root,
		.runtime = (char *)(uintptr_t)q->runtime,
		.runtime_id = (char *)(uintptr_t)q->runtime_id,
		.runtime_version = (char *)(uintptr_t)q->runtime_version,
		.kernel = (char *)(uintptr_t)q->kernel,
		.baseline = (char *)(uintptr_t)q->baseline,
		.go = q->go,
		.mode = q->mode,
		.started_ms = text_now_ms(),
	};
	int r = 0;

	if (q->shape && q->mode == EVIDENCE_LEARN)
		r = evidence_set_shape(ev, q->shape, err);
	return r < 0 ? r : evidence_run_begin(ev, &init, &run->no, err);
}

int runs_begin(struct runs *r, const struct run_request *q, int pidfd, uint64_t now_ms, struct err *err)
{
	struct run *run;
	int rc;

	if (runs_session(r, q->session))
		return err_set(err, EEXIST, "audit session %u belongs to another container already", q->session);
	run = calloc(1, sizeof(*run));
	if (!run)
		return err_set(err, ENOMEM, "out of memory");
	run->pidfd = -1;
	run->mode = q->mode;
	run->root = strdup(q->root);
	run->container = strdup(q->id);
	if (!run->root || !run->container)
		rc = err_set(err, ENOMEM, "out of memory");
	else
		rc = store_hold(r->store, q->space, q->key, &run->key, err);
	if (rc == 0)
		rc = begin_evidence(run, q, err);
	if (rc == 0)
		rc = add_session(r, run, q->session, false, err);
	if (rc < 0) {
		free_run(r, run);
		return rc;
	}
	run->pidfd = pidfd;
	run->next = r->list;
	r->list = run;
	r->live++;
	store_touch(run->key, true, now_ms);
	return 0;
}

int runs_join(struct runs *r, const char *root, const char *id, uint32_t session, struct err *err)
{
	/* The newest of that name comes first. */
	for (struct run *run = r->list; run; run = run->next)
		if (run->state != RUN_ENDED && text_streq(run->container, id) && text_streq(run->root, root)) {
			run->state = RUN_LIVE;
			return add_session(r, run, session, true, err);
		}
	return -ENOENT;
}

static bool is_execve(const struct runs *r, const struct arch *arch, uint32_t nr)
{
	return nr != NO_NR && (nr == r->execve_nr[arch->id][0] || nr == r->execve_nr[arch->id][1]);
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
static void note_cgroup(struct run *run, const struct record *rec)
{
	char text[STRANGERS_CGROUP];

	if (!run->cgroup && strangers_cgroup((pid_t)rec->pid, text) == 0)
		run->cgroup = strdup(text);
}

static void stamp_run(struct run *run, enum reason reason, uint64_t now_ms)
{
	struct evidence_run *er = evidence_run(run->key->evidence, run->no);

	if (!er)
		return;
	er->reasons |= (reason_set)1 << reason;
	store_touch(run->key, true, now_ms);
}

/* A logged call of a session that nobody registered. */
static void record_stranger(struct runs *r, const struct record *rec, uint64_t now_ms)
{
	char cgroup[STRANGERS_CGROUP];
	bool found = false;

	if (!r->list || !record_is_used(rec) || strangers_is_known(&r->strangers, rec, now_ms))
		return;
	if (strangers_cgroup((pid_t)rec->pid, cgroup) < 0) {
		runs_stamp_live(r, REASON_SESSION_CHANGED, now_ms);
		return;
	}
	for (struct run *run = r->list; run; run = run->next)
		if (run->cgroup && strangers_is_within(cgroup, run->cgroup)) {
			found = true;
			stamp_run(run, REASON_SESSION_CHANGED, now_ms);
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
	note_cgroup(run, rec);
	er = evidence_run(run->key->evidence, run->no);
	if (!er)
		return;
	if (run->state == RUN_ENDED) {
		er->reasons |= REASON_BIT(LATE_RECORD);
		news = 1;
	}
	phase = phase_of(s, rec);
	exec = used && arch && is_execve(r, arch, rec->nr);
	if (exec && rec->pid == s->init_pid)
		s->execd = true;
	if (arch && phase == EVIDENCE_WORKLOAD)
		watch_filters(r, run, er, arch, rec->nr);
	if (used)
		use = run->mode == EVIDENCE_LEARN ? EVIDENCE_USED : EVIDENCE_AUDITED;
	/* Audit logs execve although it is approved: it carries the boundary. */
	if (!(exec && use == EVIDENCE_AUDITED && is_learnt(run->key->evidence, arch, rec->nr)))
		news |= evidence_add(run->key->evidence, run->no, phase, use, rec);
	store_touch(run->key, news != 0, now_ms);
}

void runs_stamp_live(struct runs *r, enum reason reason, uint64_t now_ms)
{
	for (struct run *run = r->list; run; run = run->next)
		if (run->state != RUN_ENDED)
			stamp_run(run, reason, now_ms);
}

void runs_name_version(struct runs *r, const char *runtime_id, const char *version, uint64_t now_ms)
{
	for (struct run *run = r->list; run; run = run->next) {
		struct evidence_run *er = evidence_run(run->key->evidence, run->no);
		char *copy;

		if (!er || er->runtime_version[0] || !text_streq(er->runtime_id, runtime_id))
			continue;
		copy = strdup(version);
		if (!copy)
			return;
		free(er->runtime_version);
		er->runtime_version = copy;
		store_touch(run->key, true, now_ms);
	}
}

static bool init_was_seen(const struct run *run)
{
	for (const struct run_session *s = run->sessions; s; s = s->next)
		if (!s->is_exec)
			return s->execd;
	return false;
}

void runs_end(struct runs *r, struct run *run, uint64_t now_ms)
{
	struct evidence_run *er = evidence_run(run->key->evidence, run->no);

	if (er && !init_was_seen(run))
		er->reasons |= REASON_BIT(FILTER_NOT_SEEN);
	if (er && run->mode != EVIDENCE_LEARN)
		er->reasons |= REASON_BIT(NOT_LEARNING);
	evidence_run_end(run->key->evidence, run->no, text_now_ms());
	run->state = RUN_ENDED;
	run->ended_ms = now_ms;
	r->live--;
	store_touch(run->key, true, now_ms);
}

void runs_sweep(struct runs *r, uint64_t now_ms, uint64_t linger_ms)
{
	struct run **link = &r->list;

	while (*link) {
		struct run *run = *link;

		if (run->state == RUN_ENDED && now_ms - run->ended_ms >= linger_ms) {
			*link = run->next;
			free_run(r, run);
		} else {
			link = &run->next;
		}
	}
}
