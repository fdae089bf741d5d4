/* Takes up the runs of an earlier recorder. */
#include "shim/recorder/attribution/runs_private.h"

#include "base/cleanup.h"
#include "base/json/json.h"
#include "base/text.h"
#include "seccomp/evidence/unlogged_proof.h"
#include "shim/daemon/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* For a run that was not saved: the calls that its filter leaves unlogged must not count as unused, by this run or another. */
static int take_up_unlogged(struct run *run, const struct live_entry *e, struct err *err)
{
	cleanup_json struct json_doc *doc = NULL;
	int r;

	if (!*e->unlogged)
		return 0;
	r = json_parse(e->unlogged, strlen(e->unlogged), JSON_OURS, "what was quiet", &doc, err);
	return r < 0 ? r : unlogged_accept(run->key->evidence, run->no, doc, json_root(doc), err);
}

/* Finds the entry's run in its key's evidence, or makes it anew if it was not saved. -EALREADY if it has ended. */
static int find_evidence(struct run *run, const struct live_entry *e, struct err *err)
{
	cleanup_free char *note = NULL;
	struct evidence_run *er;
	int r = runs_make_note(run->key, &note, err);

	if (r < 0)
		return r;
	const struct evidence_run init = {
		.container = run->container,
		.root = run->root,
		.runtime = (char *)(uintptr_t)e->runtime,
		.runtime_id = (char *)(uintptr_t)e->runtime_id,
		.runtime_version = (char *)(uintptr_t)e->runtime_version,
		.kernel = (char *)(uintptr_t)e->kernel,
		.baseline = (char *)(uintptr_t)e->baseline,
		.note = note,
		.go = e->go,
		.mode = e->mode,
		.attribution = e->by_cgroup ? EVIDENCE_BY_CGROUP : EVIDENCE_BY_SESSION,
		.started_ms = e->started_ms,
	};

	if (evidence_find_run(run->key->evidence, e->id, e->root, e->started_ms, &run->no) < 0) {
		r = evidence_run_begin(run->key->evidence, &init, &run->no, err);
		if (r == 0)
			r = take_up_unlogged(run, e, err);
	}
	if (r < 0)
		return r;
	er = evidence_run(run->key->evidence, run->no);
	if (!er || er->ended_ms || er->mode != e->mode)
		return err_set(err, EALREADY, "it has ended");
	er->reasons |= REASON_BIT(RECORDER);
	return 0;
}

static bool take_up_run(struct runs *r, const struct live_entry *e, const struct run_session *session, uint64_t now_ms)
{
	struct err err = {0};
	struct run *run = NULL;
	int rc = runs_make(r, e->space, e->key, e->mode, e->root, e->id, &run, &err);

	if (rc == 0)
		rc = find_evidence(run, e, &err);
	if (rc == 0)
		rc = runs_add_session(r, run, session, &err);
	if (rc == 0 && *e->cgroup)
		runs_hold_cgroup(r, run, e->cgroup);
	if (rc == 0)
		run->shared_cgroup = e->shared_cgroup;
	if (rc < 0) {
		if (run)
			runs_free(r, run);
		if (rc != -EALREADY)
			log_say("cannot resume the run of %s: %s", e->id, err.msg);
		return false;
	}
	runs_link(r, run, now_ms);
	if (e->by_cgroup)
		runs_share_session(r, run, e->session);
	return true;
}

bool runs_take_up(struct runs *r, const struct live_entry *e, uint64_t now_ms)
{
	struct run_session session = {.id = e->session, .pid = e->pid, .start = e->start, .is_exec = e->is_exec,
				      .has_init = e->has_init, .execd = e->execd, .init_pid = e->init_pid, .shared = e->by_cgroup, .loose = true,
				      .filters = PROC_FILTERS_SOME};
	struct run *run;

	if (!e->by_cgroup && runs_session(r, e->session))
		return false;
	if (!e->is_exec)
		return take_up_run(r, e, &session, now_ms);
	run = runs_find_live(r, e->root, e->id);
	return run && runs_add_session(r, run, &session, NULL) == 0;
}

static bool is_watched(const struct runs *r, const struct store_key *key, uint64_t no)
{
	for (const struct run *run = r->list; run; run = run->next)
		if (run->key == key && run->no == no)
			return true;
	return false;
}

void runs_end_orphans(struct runs *r, uint64_t now_ms)
{
	for (size_t i = 0; i < STORE_BUCKETS; i++)
		for (struct store_key *k = r->store->buckets[i]; k; k = k->hash_next) {
			const struct evidence_run *const *all;
			size_t n = evidence_runs(k->evidence, &all);

			for (size_t j = 0; j < n; j++)
				if (!all[j]->ended_ms && !is_watched(r, k, all[j]->no)) {
					evidence_run_end(k->evidence, all[j]->no, text_now_ms());
					store_touch(r->store, k, true, now_ms);
				}
		}
}
