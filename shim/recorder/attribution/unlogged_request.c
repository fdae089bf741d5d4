#include "shim/recorder/attribution/unlogged_request.h"

#include "base/cleanup.h"
#include "oci/key.h"
#include "seccomp/evidence/unlogged_proof.h"
#include "seccomp/learning/unlogged_calls.h"
#include "seccomp/syscall/sets.h"
#include "seccomp/syscall/names.h"

#include <errno.h>
#include <string.h>

/* "hot" is true (the list that snug ships) or an array of names. */
static int read_hot(const struct json_doc *doc, const struct json *v, const char **list, size_t *ret_count, struct err *err)
{
	const struct set_hot *set;
	size_t n = 0;

	if (json_type(v) == JSON_TRUE) {
		size_t count = set_hot(&set);

		for (; n < count && n < UNLOGGED_HOT_MAX; n++)
			list[n] = set[n].name;
	} else if (v && json_type(v) != JSON_ARRAY) {
		return json_err(doc, v, err, "expected true or an array");
	}
	for (const struct json *e = json_first(v); e && json_type(v) == JSON_ARRAY; e = json_next(e)) {
		if (json_type(e) != JSON_STRING || n == UNLOGGED_HOT_MAX)
			return json_err(doc, e, err, "expected at most %d names", UNLOGGED_HOT_MAX);
		list[n++] = json_text(e);
	}
	*ret_count = n;
	return 0;
}

static const struct store_key *find_key(struct store *store, const struct json_doc *request)
{
	const char *key = json_text(json_get(json_root(request), "key"));

	return key ? store_find(store, STATE_KEYS, key) : NULL;
}

bool unlogged_request_is_busy(struct store *store, const struct runs *runs, const struct json_doc *request)
{
	const struct store_key *k = find_key(store, request);

	if (k && unlogged_is_unsaved(k->evidence))
		return true;
	for (const struct run *run = k ? runs->list : NULL; run; run = run->next)
		if (run->key == k && run->state != RUN_ENDED)
			return true;
	return false;
}

bool unlogged_request_is_unsaved(struct store *store, const struct json_doc *request)
{
	const struct store_key *k = find_key(store, request);

	return k && unlogged_is_unsaved(k->evidence);
}

/* If the last run had no session of its own, it was not counted, and the next one would not be either. */
static bool had_session(const struct evidence *ev)
{
	const struct evidence_run *const *runs;
	size_t n = evidence_runs(ev, &runs);

	return !n || runs[n - 1]->attribution == EVIDENCE_BY_SESSION;
}

int unlogged_request_answer(struct store *store, const struct json_doc *request, bool counts, bool *ret_counted,
			    struct buf *out, struct err *err)
{
	const struct json *root = json_root(request);
	const char *key = NULL, *hot[UNLOGGED_HOT_MAX];
	struct unlogged_calls_wish wish = {.hot = hot, .experiments = json_type(json_get(root, "experiments")) == JSON_TRUE,
				   .loud = json_type(json_get(root, "loud")) == JSON_TRUE};
	cleanup_buf struct buf offer = {0};
	struct store_key *k = NULL;
	struct json_writer w;
	uint64_t since;
	int r = json_want_string(request, root, "key", &key, err);

	if (r == 0)
		r = oci_key_check(key, err);
	if (r == 0)
		r = read_hot(request, json_get(root, "hot"), hot, &wish.hot_count, err);
	if (r == 0)
		r = store_hold(store, STATE_KEYS, key, &k, err);
	if (r < 0)
		return r;
	since = unlogged_since(k->evidence);
	wish.counted = counts && json_type(json_get(root, "counted")) == JSON_TRUE && had_session(k->evidence);
	*ret_counted = wish.counted && !wish.loud;
	r = unlogged_calls_offer(k->evidence, &wish, &offer, err);
	store_release(store, k);
	if (r < 0)
		return r;
	json_write_begin(&w, out, false);
	json_write_object(&w, NULL);
	json_write_bool(&w, "ok", true);
	json_write_u64(&w, "since", since);
	json_write_raw(&w, "quiet", offer.data, offer.len);
	json_write_end_object(&w);
	return 0;
}

static bool refuses(const struct run *run, const char *name)
{
	return run->caller_denies ? names_have(&run->caller, name) : !names_have(&run->caller, name);
}

static void see_name(struct run *run, struct evidence_run *er, const char *name)
{
	if (er && refuses(run, name))
		unlogged_opened(er, name);
}

void unlogged_request_see(struct run *run, const struct arch *arch, uint32_t nr)
{
	uint64_t bit = (uint64_t)1 << nr % 64;
	char name[SYSCALL_NAME_MAX];
	const struct arch *host[4];

	if (!run->caller_known)
		return;
	if (arch_host(host) && arch == host[0] && nr < RUN_SEEN_MAX) {
		if (run->caller_seen[nr / 64] & bit)
			return;
		run->caller_seen[nr / 64] |= bit;
	}
	syscall_name(arch, nr, name);
	see_name(run, evidence_run(run->key->evidence, run->no), name);
}

/* Unlogged calls leave no record, but an earlier run has shown that they are used. */
static void see_unlogged(struct run *run)
{
	const struct evidence_call *const *calls;
	struct evidence_run *er = evidence_run(run->key->evidence, run->no);
	size_t n = evidence_calls(run->key->evidence, &calls);
	char name[SYSCALL_NAME_MAX];

	for (size_t i = 0; er && i < n; i++)
		if (calls[i]->phase == EVIDENCE_WORKLOAD && calls[i]->count && calls[i]->learnt <= er->unlogged.upto &&
		    syscall_name(calls[i]->arch, calls[i]->nr, name))
			see_name(run, er, name);
}

int unlogged_request_accept(struct run *run, const struct json_doc *request, struct err *err)
{
	const struct json *root = json_root(request), *list = json_get(root, "caller_allows");

	run->caller_denies = !list;
	if (!list)
		list = json_get(root, "caller_denies");
	run->caller_known = json_type(list) == JSON_ARRAY;
	for (const struct json *e = json_first(list); e; e = json_next(e))
		if (json_type(e) == JSON_STRING && names_add(&run->caller, json_text(e)) < 0)
			return err_set(err, ENOMEM, "out of memory");
	if (json_get(root, "quiet")) {
		int r = unlogged_accept(run->key->evidence, run->no, request, json_get(root, "quiet"), err);

		if (r < 0)
			return r;
		if (run->caller_known)
			see_unlogged(run);
	}
	return 0;
}
