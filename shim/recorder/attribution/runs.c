#include "shim/recorder/attribution/runs_private.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/json/json.h"
#include "base/text.h"
#include "seccomp/evidence/unlogged_proof.h"
#include "seccomp/syscall/names.h"
#include "shim/daemon/journal.h"
#include "shim/daemon/log.h"
#include "shim/recorder/attribution/unlogged_request.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>



static uint32_t number_of(enum arch_id arch, const char *name)
{
	uint32_t nr;

	return syscall_number(arch_get(arch), name, &nr) < 0 ? RUNS_NO_NR : nr;
}

void runs_init(struct runs *r, struct store *store)
{
	*r = (struct runs){.store = store, .denials.journal = JOURNAL_SOCKET};
	unattributed_init(&r->unattributed);
	cgroup_mount_open(&r->groups);
	for (unsigned a = 0; a < ARCH_COUNT; a++) {
		r->execve_nr[a][0] = number_of(a, "execve");
		r->execve_nr[a][1] = number_of(a, "execveat");
		r->seccomp_nr[a] = number_of(a, "seccomp");
		r->prctl_nr[a] = number_of(a, "prctl");
	}
}

static size_t place_of(uint32_t id)
{
	return (id * 2654435761u) >> 20 & (RUNS_BUCKETS - 1);
}

static struct run_session **bucket(struct runs *r, uint32_t id)
{
	return &r->buckets[place_of(id)];
}

struct run_session *runs_session(const struct runs *r, uint32_t id)
{
	struct run_session *s = r->buckets[place_of(id)];

	while (s && s->id != id)
		s = s->hash_next;
	return s;
}

void runs_note(const struct runs *r, const struct run_session *s)
{
	const struct run *run = s->run;
	const struct evidence_run *er = evidence_run(run->key->evidence, run->no);
	struct live_entry e = {
		.pid = s->pid, .start = s->start, .session = s->id, .is_exec = s->is_exec, .has_init = s->has_init, .execd = s->execd,
		.init_pid = s->init_pid, .by_cgroup = run->by_cgroup, .space = run->key->space, .mode = run->mode, .id = run->container, .root = run->root,
		.key = evidence_key(run->key->evidence), .cgroup = run->cgroup, .shared_cgroup = run->shared_cgroup || !run->cgroup,
	};
	cleanup_buf struct buf unlogged = {0};
	struct err err = {0};

	if (!r->notes || !er)
		return;
	unlogged_tell(er, &unlogged);
	e.unlogged = buf_failed(&unlogged) ? NULL : unlogged.data;
	e.started_ms = er->started_ms;
	e.go = er->go;
	e.runtime = er->runtime;
	e.runtime_id = er->runtime_id;
	e.runtime_version = er->runtime_version;
	e.kernel = er->kernel;
	e.baseline = er->baseline;
	if (live_write(r->notes, &e, &err) < 0)
		log_say("if the recorder is killed now, its successor cannot resume the run of %s: %s", run->container, err.msg);
}

int runs_add_session(struct runs *r, struct run *run, const struct run_session *init, struct err *err)
{
	uint32_t id = init->id;
	struct run_session **b = bucket(r, id), *s;

	if (!init->shared && runs_session(r, id))
		return err_set(err, EEXIST, "audit session %u already belongs to another container", id);
	s = calloc(1, sizeof(*s));
	if (!s)
		return err_set(err, ENOMEM, "out of memory");
	*s = *init;
	s->next = run->sessions;
	s->run = run;
	s->in_table = !init->shared;
	if (s->in_table) {
		s->hash_next = *b;
		*b = s;
	}
	run->sessions = s;
	return 0;
}

static void free_session(struct runs *r, struct run_session *s)
{
	struct run_session **link = bucket(r, s->id);

	if (r->notes && s->run->state == RUN_ENDED)
		live_remove(r->notes, s->pid, s->start);
	while (s->in_table && *link != s)
		link = &(*link)->hash_next;
	if (s->in_table)
		*link = s->hash_next;
	free(s->counted);
	free(s);
}

void runs_free(struct runs *r, struct run *run)
{
	unattributed_forget_procs(&r->unattributed);
	while (run->sessions) {
		struct run_session *s = run->sessions;

		run->sessions = s->next;
		free_session(r, s);
	}
	if (run->pidfd >= 0)
		close(run->pidfd);
	if (run->events >= 0)
		close(run->events);
	if (run->key)
		store_release(r->store, run->key);
	free(run->counted_execs);
	free(run->root);
	free(run->container);
	free(run->cgroup);
	free(run->callers_cgroup);
	names_done(&run->caller);
	free(run);
}

void runs_done(struct runs *r)
{
	while (r->list) {
		struct run *run = r->list;

		r->list = run->next;
		runs_free(r, run);
	}
	denials_done(&r->denials);
	cgroup_mount_close(&r->groups);
}

int runs_make_note(struct store_key *k, char **ret, struct err *err)
{
	cleanup_free char *name = steal_ptr(&k->set_aside);

	if (name && asprintf(ret, "older evidence was damaged and moved to %s", name) < 0)
		return err_set(err, ENOMEM, "out of memory");
	return 0;
}

static int begin_evidence(struct run *run, const struct run_request *q, struct err *err)
{
	struct evidence *ev = run->key->evidence;
	cleanup_free char *note = NULL;
	int r = runs_make_note(run->key, &note, err);

	if (r == 0 && q->shape && q->mode == EVIDENCE_LEARN)
		r = evidence_set_shape(ev, q->shape, err);
	const struct evidence_run init = {
		.container = run->container,
		.root = run->root,
		.runtime = (char *)(uintptr_t)q->runtime,
		.runtime_id = (char *)(uintptr_t)q->runtime_id,
		.runtime_version = (char *)(uintptr_t)q->runtime_version,
		.kernel = (char *)(uintptr_t)q->kernel,
		.baseline = (char *)(uintptr_t)q->baseline,
		.note = note,
		.go = q->go,
		.mode = q->mode,
		.attribution = q->by_cgroup ? EVIDENCE_BY_CGROUP : EVIDENCE_BY_SESSION,
		.started_ms = text_now_ms(),
	};

	if (r == 0)
		r = evidence_run_begin(ev, &init, &run->no, err);
	if (r == 0 && q->handed_over)
		evidence_run(ev, run->no)->reasons |= REASON_BIT(HANDED_OVER);
	if (r == 0 && q->filters && q->mode != EVIDENCE_ENFORCE)
		evidence_run(ev, run->no)->reasons |= REASON_BIT(INHERITED_FILTER);
	return r;
}

int runs_make(struct runs *r, enum state_space space, const char *key, enum evidence_mode mode, const char *root,
	      const char *id, struct run **ret, struct err *err)
{
	struct run *run = calloc(1, sizeof(*run));
	int rc;

	if (!run)
		return err_set(err, ENOMEM, "out of memory");
	run->pidfd = run->events = -1;
	run->mode = mode;
	run->root = strdup(root);
	run->container = strdup(id);
	if (!run->root || !run->container)
		rc = err_set(err, ENOMEM, "out of memory");
	else
		rc = store_hold(r->store, space, key, &run->key, err);
	if (rc < 0) {
		runs_free(r, run);
		return rc;
	}
	*ret = run;
	return 0;
}

void runs_share_session(struct runs *r, struct run *run, uint32_t session)
{
	struct run_session *s = runs_session(r, session);
	struct evidence_run *er = evidence_run(run->key->evidence, run->no);

	if (!run->by_cgroup)
		r->by_cgroup++;
	run->by_cgroup = true;
	if (er)
		er->attribution = EVIDENCE_BY_CGROUP;
	unattributed_forget_session(&r->unattributed, session);
	unattributed_forget_procs(&r->unattributed);
	if (!s || s->shared)
		return;
	s->shared = true;
	if (s->run != run)
		runs_share_session(r, s->run, session);
	runs_note(r, s);
}

struct run_session *runs_main_session(const struct run *run)
{
	struct run_session *s = run->sessions;

	while (s->is_exec)
		s = s->next;
	return s;
}

enum evidence_phase runs_phase_of(const struct run_session *s)
{
	if (!s->is_exec || s->shared)
		return EVIDENCE_WORKLOAD;
	return s->terminal ? EVIDENCE_TERMINAL : EVIDENCE_EXEC;
}

void runs_link(struct runs *r, struct run *run, uint64_t now_ms)
{
	run->next = r->list;
	r->list = run;
	r->live++;
	r->proving += run->mode != EVIDENCE_ENFORCE;
	store_touch(r->store, run->key, true, now_ms);
}

/* The container will not be started: ends its run in the evidence. */
static void give_up(struct run *run)
{
	struct evidence_run *er = run->no ? evidence_run(run->key->evidence, run->no) : NULL;

	if (!er)
		return;
	er->reasons |= REASON_BIT(FILTER_NOT_SEEN);
	evidence_run_end(run->key->evidence, run->no, text_now_ms());
}

static bool is_usual_runtime(const char *path)
{
	const char *name = strrchr(path, '/');

	return name && (text_streq(name, "/runc") || text_streq(name, "/crun"));
}

int runs_begin(struct runs *r, const struct run_request *q, uint64_t now_ms, struct err *err)
{
	const struct run_session session = {.id = q->session, .pid = q->pid, .start = q->pid_start, .shared = q->by_cgroup,
					    .filters = q->filters};
	struct run *run = NULL;
	int rc;

	if (!q->by_cgroup && runs_session(r, q->session))
		return err_set(err, EEXIST, "audit session %u already belongs to another container", q->session);
	rc = runs_make(r, q->space, q->key, q->mode, q->root, q->id, &run, err);
	if (rc < 0)
		return rc;
	rc = begin_evidence(run, q, err);
	if (rc == 0 && q->callers_cgroup && !(run->callers_cgroup = strdup(q->callers_cgroup)))
		rc = err_set(err, ENOMEM, "out of memory");
	if (rc == 0 && q->request)
		rc = unlogged_request_accept(run, q->request, err);
	if (rc == 0)
		rc = runs_add_session(r, run, &session, err);
	if (rc < 0) {
		give_up(run);
		runs_free(r, run);
		return rc;
	}
	runs_link(r, run, now_ms);
	r->odd_runtimes |= !is_usual_runtime(q->runtime);
	if (q->by_cgroup)
		runs_share_session(r, run, q->session);
	runs_note(r, run->sessions);
	return 0;
}

bool runs_is_registered(const struct runs *r, const struct run_request *q)
{
	for (const struct run *run = r->list; run; run = run->next) {
		if (run->state == RUN_ENDED || !text_streq(run->container, q->id) || !text_streq(run->root, q->root))
			continue;
		for (const struct run_session *s = run->sessions; s; s = s->next)
			if (s->pid == q->pid && s->start == q->pid_start && s->id == q->session)
				return true;
	}
	return false;
}

/* The list begins with the newest. */
struct run *runs_find_live(const struct runs *r, const char *root, const char *id)
{
	struct run *run = r->list;

	while (run && (run->state == RUN_ENDED || !text_streq(run->container, id) || !text_streq(run->root, root)))
		run = run->next;
	return run;
}

void runs_forget_session(struct runs *r, struct run_session *s)
{
	struct run_session **link = &s->run->sessions;

	while (*link != s)
		link = &(*link)->next;
	*link = s->next;
	/* A process of it may go on in a session that it began. */
	runs_main_session(s->run)->loose |= s->loose;
	if (r->notes)
		live_remove(r->notes, s->pid, s->start);
	free_session(r, s);
}

/* Forgets the oldest execs; their further denials are attributed to no run. */
static void bound_execs(struct runs *r, struct run *run)
{
	unsigned execs = 0;

	for (struct run_session *s = run->sessions, *next; s; s = next) {
		next = s->next;
		execs += s->is_exec;
		if (s->is_exec && execs > RUNS_ENFORCED_EXECS)
			runs_forget_session(r, s);
	}
}

int runs_join(struct runs *r, const struct run_request *q, struct err *err)
{
	const struct run_session session = {.id = q->session, .pid = q->pid, .start = q->pid_start, .is_exec = true,
					    .terminal = q->terminal, .shared = q->by_cgroup, .filters = q->filters};
	struct run *run = runs_find_live(r, q->root, q->id);
	int rc;

	if (!run)
		return -ENOENT;
	run->state = RUN_LIVE;
	if (q->filters && run->mode != EVIDENCE_ENFORCE)
		runs_stamp(r, run, REASON_INHERITED_FILTER, clock_monotonic_ms());
	rc = runs_add_session(r, run, &session, err);
	if (rc == 0 && q->by_cgroup)
		runs_share_session(r, run, q->session);
	if (rc == 0)
		runs_note(r, run->sessions);
	if (run->mode == EVIDENCE_ENFORCE)
		bound_execs(r, run);
	return rc;
}

void runs_stamp(struct runs *r, struct run *run, enum reason reason, uint64_t now_ms)
{
	struct evidence_run *er = evidence_run(run->key->evidence, run->no);

	if (!er)
		return;
	er->reasons |= (reason_set)1 << reason;
	store_touch(r->store, run->key, true, now_ms);
}

void runs_stamp_live(struct runs *r, enum reason reason, uint64_t now_ms)
{
	for (struct run *run = r->list; run; run = run->next)
		if (run->state != RUN_ENDED)
			runs_stamp(r, run, reason, now_ms);
}

void runs_name_version(struct runs *r, const char *runtime_id, const char *version, uint64_t now_ms)
{
	for (struct run *run = r->list; run; run = run->next) {
		struct evidence_run *er = evidence_run(run->key->evidence, run->no);

		if (er && evidence_run_set_version(er, runtime_id, version) == 1)
			store_touch(r->store, run->key, true, now_ms);
	}
}

void runs_sweep(struct runs *r, uint64_t now_ms, uint64_t linger_ms)
{
	struct run **link = &r->list;

	while (*link) {
		struct run *run = *link;

		if (run->state == RUN_ENDED && now_ms - run->ended_ms >= linger_ms) {
			*link = run->next;
			r->by_cgroup -= run->by_cgroup;
			runs_free(r, run);
		} else {
			link = &run->next;
		}
	}
}
