#include "shim/recorder/store.h"

#include "base/text.h"
#include "shim/recorder/log.h"

#include <errno.h>
#include <stdlib.h>

/* Whoever watched them is gone, or this recorder would hold the key. */
static void stamp_orphans(struct evidence *ev)
{
	const struct evidence_run *const *runs;
	size_t n = evidence_runs(ev, &runs);

	for (size_t i = 0; i < n; i++) {
		struct evidence_run *run = runs[i]->ended_ms ? NULL : evidence_run(ev, runs[i]->no);

		if (run)
			run->reasons |= REASON_BIT(RECORDER);
	}
}

static int load(struct store *s, enum state_space space, const char *key, struct evidence **ret, struct err *err)
{
	struct err local = {0};
	int r = state_load_evidence(s->state_dir, space, key, ret, &local);

	if (r == -ENOENT)
		return evidence_new(key, ret, err);
	if (r < 0)
		return err_set(err, r, "%s", local.msg);
	stamp_orphans(*ret);
	return 0;
}

int store_hold(struct store *s, enum state_space space, const char *key, struct store_key **ret, struct err *err)
{
	struct store_key *k;
	int r;

	for (k = s->keys; k; k = k->next)
		if (k->space == space && text_streq(evidence_key(k->evidence), key)) {
			k->users++;
			*ret = k;
			return 0;
		}
	k = calloc(1, sizeof(*k));
	if (!k)
		return err_set(err, ENOMEM, "out of memory");
	r = load(s, space, key, &k->evidence, err);
	if (r < 0) {
		free(k);
		return r;
	}
	k->space = space;
	k->users = 1;
	k->next = s->keys;
	s->keys = k;
	*ret = k;
	return 0;
}

static int save(struct store *s, struct store_key *k, struct err *err)
{
	int r = state_save_evidence(s->state_dir, k->space, k->evidence, err);

	if (r == 0)
		k->save_at_ms = 0;
	return r;
}

void store_release(struct store *s, struct store_key *k)
{
	struct store_key **link = &s->keys;
	struct err err = {0};

	if (--k->users)
		return;
	if (k->save_at_ms && save(s, k, &err) < 0)
		log_say("evidence of %s is not saved: %s", evidence_key(k->evidence), err.msg);
	while (*link != k)
		link = &(*link)->next;
	*link = k->next;
	evidence_free(k->evidence);
	free(k);
}

void store_touch(struct store_key *k, bool news, uint64_t now_ms)
{
	uint64_t at = now_ms + (news ? STORE_NEWS_MS : STORE_COUNTS_MS);

	if (!k->save_at_ms || at < k->save_at_ms)
		k->save_at_ms = at;
}

void store_save_due(struct store *s, uint64_t now_ms)
{
	for (struct store_key *k = s->keys; k; k = k->next) {
		struct err err = {0};

		if (!k->save_at_ms || k->save_at_ms > now_ms)
			continue;
		if (save(s, k, &err) < 0) {
			log_say("evidence of %s is not saved, will try again: %s", evidence_key(k->evidence), err.msg);
			k->save_at_ms = now_ms + STORE_COUNTS_MS;
		}
	}
}

int store_save_all(struct store *s, struct err *err)
{
	int r = 0;

	for (struct store_key *k = s->keys; k; k = k->next) {
		int one = k->save_at_ms ? save(s, k, err) : 0;

		if (one < 0)
			r = one;
	}
	return r;
}

uint64_t store_deadline(const struct store *s)
{
	uint64_t at = UINT64_MAX;

	for (const struct store_key *k = s->keys; k; k = k->next)
		if (k->save_at_ms && k->save_at_ms < at)
			at = k->save_at_ms;
	return at;
}
