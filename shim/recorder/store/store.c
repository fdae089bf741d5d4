#include "shim/recorder/store/store.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "seccomp/evidence/unlogged_proof.h"
#include "shim/daemon/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct store_key **bucket(struct store *s, enum state_space space, const char *key)
{
	return &s->buckets[(text_hash(key, strlen(key)) + space) % STORE_BUCKETS];
}

static void free_key(struct store_key *k)
{
	evidence_free(k->evidence);
	free(k->set_aside);
	free(k);
}

/* Their recorder is gone, or this one would hold the key. */
static void stamp_orphans(struct evidence *ev, bool end)
{
	const struct evidence_run *const *runs;
	size_t n = evidence_runs(ev, &runs);

	for (size_t i = 0; i < n; i++) {
		struct evidence_run *run = runs[i]->ended_ms ? NULL : evidence_run(ev, runs[i]->no);

		if (run)
			run->reasons |= REASON_BIT(RECORDER);
		if (run && end)
			evidence_run_end(ev, run->no, text_now_ms());
	}
}

static bool is_damage(int r)
{
	return r == -EINVAL || r == -E2BIG || r == -EFBIG;
}

static int load(const struct store *s, struct store_key *k, const char *key, struct err *err)
{
	struct err local = {0};
	int r = state_load_evidence(s->state_dir, k->space, key, &k->evidence, &local);

	if (r == -ENOENT)
		return evidence_new(key, &k->evidence, err);
	if (is_damage(r)) {
		r = state_set_aside(s->state_dir, k->space, key, &k->set_aside, err);
		if (r < 0)
			return r;
		log_say("%s; moved to %s, learning continues with new evidence", local.msg, k->set_aside);
		return evidence_new(key, &k->evidence, err);
	}
	if (r < 0)
		return err_set(err, r, "%s", local.msg);
	stamp_orphans(k->evidence, !s->taking_up);
	return 0;
}

struct store_key *store_find(struct store *s, enum state_space space, const char *key)
{
	struct store_key *k = *bucket(s, space, key);

	while (k && (k->space != space || !text_streq(evidence_key(k->evidence), key)))
		k = k->hash_next;
	return k;
}

int store_hold(struct store *s, enum state_space space, const char *key, struct store_key **ret, struct err *err)
{
	struct store_key **b = bucket(s, space, key), *k = store_find(s, space, key);
	int r;

	if (k) {
		k->users++;
		*ret = k;
		return 0;
	}
	k = calloc(1, sizeof(*k));
	if (!k)
		return err_set(err, ENOMEM, "out of memory");
	k->space = space;
	r = load(s, k, key, err);
	if (r < 0) {
		free_key(k);
		return r;
	}
	k->users = 1;
	k->hash_next = *b;
	*b = k;
	s->count++;
	*ret = k;
	return 0;
}

static void mark_unsaved(struct store *s, struct store_key *k)
{
	if (k->unsaved_link)
		return;
	k->unsaved_next = s->unsaved;
	if (s->unsaved)
		s->unsaved->unsaved_link = &k->unsaved_next;
	k->unsaved_link = &s->unsaved;
	s->unsaved = k;
}

/* If nothing is left to save, removes the key from the list, and frees it if no run holds it. */
static void settle(struct store *s, struct store_key *k)
{
	struct store_key **link = bucket(s, k->space, evidence_key(k->evidence));

	if (k->touched || k->saving)
		return;
	if (k->unsaved_link) {
		*k->unsaved_link = k->unsaved_next;
		if (k->unsaved_next)
			k->unsaved_next->unsaved_link = k->unsaved_link;
		k->unsaved_link = NULL;
	}
	if (k->users)
		return;
	while (*link != k)
		link = &(*link)->hash_next;
	*link = k->hash_next;
	s->count--;
	free_key(k);
}

void store_touch(struct store *s, struct store_key *k, bool news, uint64_t now_ms)
{
	uint64_t at;

	if (k->save_at_ms && !news)
		return;
	at = now_ms + (news ? STORE_NEWS_MS : STORE_COUNTS_MS);
	if (!k->touched)
		k->touched = ++s->touches;
	if (!k->save_at_ms || at < k->save_at_ms)
		k->save_at_ms = at;
	if (k->save_at_ms < s->due_ms)
		s->due_ms = k->save_at_ms;
	mark_unsaved(s, k);
}

/* Frees the key if this save was the last to hold it. */
static void end_save(struct store *s, struct store_key *k, const struct err *err, uint64_t now_ms)
{
	k->failed = err->code != 0;
	if (!k->failed)
		unlogged_saved(k->evidence, k->learnt);
	if (k->failed) {
		log_say("cannot save evidence, will retry: %s", err->msg);
		s->err = *err;
		k->touched = k->saving;
		k->save_at_ms = now_ms + STORE_COUNTS_MS;
	}
	k->saving = 0;
	if (k->save_at_ms && k->save_at_ms < s->due_ms)
		s->due_ms = k->save_at_ms;
	settle(s, k);
}

static struct saver_job *make_job(struct store_key *k, struct err *err)
{
	struct saver_job *job = calloc(1, sizeof(*job));

	if (!job) {
		err_set(err, ENOMEM, "out of memory");
		return NULL;
	}
	job->dir = -1;
	job->owner = k;
	job->space = k->space;
	job->key = strdup(evidence_key(k->evidence));
	if (!job->key)
		err_set(err, ENOMEM, "out of memory");
	if (job->key && evidence_write(k->evidence, &job->text, err) == 0)
		return job;
	saver_job_free(job);
	return NULL;
}

static void begin_save(struct store *s, struct store_key *k, uint64_t now_ms)
{
	struct saver_job *job = NULL;
	struct err err = {0};

	k->saving = k->touched;
	k->learnt = unlogged_learnt(k->evidence);
	k->touched = 0;
	k->save_at_ms = 0;
	if (s->saver)
		job = make_job(k, &err);
	else
		(void)state_save_evidence(s->state_dir, k->space, k->evidence, &err);
	if (job)
		saver_put(s->saver, job);
	else
		end_save(s, k, &err, now_ms);
}

void store_save_due(struct store *s, uint64_t now_ms)
{
	unsigned left = STORE_A_TURN;
	struct store_key *next;

	if (now_ms < s->due_ms)
		return;
	s->due_ms = UINT64_MAX;
	for (struct store_key *k = s->unsaved; k; k = next) {
		next = k->unsaved_next;
		/* A key that is being saved is due again when that has finished. */
		if (!k->save_at_ms || k->saving)
			continue;
		if (k->save_at_ms > now_ms) {
			s->due_ms = k->save_at_ms < s->due_ms ? k->save_at_ms : s->due_ms;
			continue;
		}
		if (s->saver && saver_is_full(s->saver)) {
			/* Continue when the saver reports next. */
			s->due_ms = UINT64_MAX;
			return;
		}
		if (!left--) {
			s->due_ms = now_ms;
			return;
		}
		begin_save(s, k, now_ms);
	}
}

uint64_t store_deadline(const struct store *s)
{
	return s->unsaved ? s->due_ms : UINT64_MAX;
}

void store_see_saved(struct store *s, uint64_t now_ms)
{
	for (struct saver_job *job = saver_take(s->saver); job; job = saver_take(s->saver)) {
		end_save(s, job->owner, &job->err, now_ms);
		saver_job_free(job);
	}
	s->due_ms = 0;
}

void store_release(struct store *s, struct store_key *k)
{
	if (!--k->users)
		settle(s, k);
}

uint64_t store_mark(struct store *s, uint64_t now_ms)
{
	for (struct store_key *k = s->unsaved; k; k = k->unsaved_next)
		if (k->save_at_ms > now_ms)
			k->save_at_ms = now_ms;
	s->due_ms = 0;
	return s->touches;
}

int store_is_saved(const struct store *s, uint64_t mark, struct err *err)
{
	for (const struct store_key *k = s->unsaved; k; k = k->unsaved_next) {
		if (k->failed && k->touched && k->touched <= mark)
			return err_set(err, s->err.code, "%s", s->err.msg);
		if ((k->touched && k->touched <= mark) || (k->saving && k->saving <= mark))
			return 0;
	}
	return 1;
}

int store_save_all(struct store *s, struct err *err)
{
	uint64_t mark = store_mark(s, 1);
	int r = 0;

	while (r == 0) {
		store_save_due(s, UINT64_MAX / 2);
		if (s->saver) {
			saver_wait(s->saver);
			store_see_saved(s, 0);
		}
		r = store_is_saved(s, mark, err);
	}
	return r < 0 ? r : 0;
}
