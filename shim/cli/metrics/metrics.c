#include "shim/cli/metrics/metrics.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "seccomp/evidence/confidence.h"
#include "seccomp/syscall/names.h"
#include "shim/cli/key/approved.h"
#include "shim/common/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* One call outside the profile, of all ABIs and phases. */
struct denial {
	char name[SYSCALL_NAME_MAX];
	uint64_t denied, audited, first_ms;
};

struct filling {
	const struct config *config;
	struct exposition *x;
	uint64_t keys, listed, unreadable, max_keys;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct denial *)a)->name, ((const struct denial *)b)->name);
}

/* By name where the time is the same: a call keeps its place from one page to the next. */
static int by_time(const void *a, const void *b)
{
	const struct denial *p = a, *q = b;

	if (p->first_ms != q->first_ms)
		return p->first_ms < q->first_ms ? -1 : 1;
	return by_name(a, b);
}

/* Adds up those of the same name; returns how many are left. */
static size_t merge_same(struct denial *d, size_t n)
{
	size_t kept = 0;

	qsort(d, n, sizeof(*d), by_name);
	for (size_t i = 0; i < n; i++) {
		struct denial *last = kept ? &d[kept - 1] : NULL;

		if (!last || !text_streq(last->name, d[i].name)) {
			d[kept++] = d[i];
			continue;
		}
		last->denied += d[i].denied;
		last->audited += d[i].audited;
		last->first_ms = d[i].first_ms < last->first_ms ? d[i].first_ms : last->first_ms;
	}
	return kept;
}

static size_t collect_denials(const struct evidence *ev, struct denial **ret)
{
	const struct evidence_call *const *calls = NULL;
	size_t n = evidence_calls(ev, &calls), count = 0;
	struct denial *d = calloc(n + 1, sizeof(*d));

	for (size_t i = 0; d && i < n; i++) {
		const struct evidence_call *c = calls[i];

		if (!c->denied && !c->audited)
			continue;
		syscall_name(c->arch, c->nr, d[count].name);
		d[count].denied = c->denied;
		d[count].audited = c->audited;
		d[count++].first_ms = c->first_ms;
	}
	*ret = d;
	return count;
}

static void add_denial(struct exposition *x, const char *key, const char *syscall, const char *action, uint64_t count)
{
	exposition_add(
		x, METRIC_DENIALS,
		(const struct exposition_label[]){{"key", key}, {"syscall", syscall}, {"action", action}, {NULL}},
		count);
}

/* "other" is always there: the sum over a key's calls then starts at 0, and its first denial is an increase. */
static void add_denials(struct exposition *x, const char *key, const struct evidence *ev)
{
	cleanup_free struct denial *d = NULL;
	size_t n = ev ? collect_denials(ev, &d) : 0;
	struct denial other = {.name = "other"};

	if (ev && !d) {
		x->samples[METRIC_DENIALS].failed = true;
		return;
	}
	n = n ? merge_same(d, n) : 0;
	if (n)
		qsort(d, n, sizeof(*d), by_time);
	for (size_t i = 0; i < n; i++) {
		if (i >= METRICS_CALLS_MAX) {
			other.denied += d[i].denied;
			other.audited += d[i].audited;
			continue;
		}
		if (d[i].denied)
			add_denial(x, key, d[i].name, "denied", d[i].denied);
		if (d[i].audited)
			add_denial(x, key, d[i].name, "audited", d[i].audited);
	}
	add_denial(x, key, other.name, "denied", other.denied);
	add_denial(x, key, other.name, "audited", other.audited);
}

static void add_calls(struct exposition *x, const struct exposition_label *key, const struct evidence *ev)
{
	const struct evidence_call *const *calls = NULL;
	size_t n = evidence_calls(ev, &calls);
	uint64_t records = 0, last_new_ms = 0;

	for (size_t i = 0; i < n; i++) {
		records += calls[i]->count + calls[i]->audited + calls[i]->denied;
		if (calls[i]->count && calls[i]->first_ms > last_new_ms)
			last_new_ms = calls[i]->first_ms;
	}
	exposition_add(x, METRIC_RECORDS, key, records);
	if (last_new_ms)
		exposition_add_time(x, METRIC_LAST_NEW, key, last_new_ms);
}

static void add_runs(struct exposition *x, const char *key, const struct evidence *ev)
{
	const struct exposition_label label[] = {{"key", key}, {NULL}};
	const struct evidence_run *const *runs = NULL;
	size_t n = evidence_runs(ev, &runs), reasons[REASON_COUNT] = {0}, snugd = 0, agent = 0;

	for (size_t i = 0; i < n; i++) {
		const struct evidence_run *run = runs[i];
		bool by_agent = run->attribution == EVIDENCE_BY_LISTENER;

		snugd += !run->ended_ms && !by_agent;
		agent += !run->ended_ms && by_agent;
		for (size_t k = 0; k < REASON_COUNT && run->mode == EVIDENCE_LEARN && run->ended_ms; k++)
			reasons[k] += run->reasons >> k & 1;
	}
	exposition_add(x, METRIC_RUNS, label, n + evidence_runs_dropped(ev));
	exposition_add(x, METRIC_LIVE_RUNS,
		       (const struct exposition_label[]){{"key", key}, {"program", "snugd"}, {NULL}}, snugd);
	if (agent)
		exposition_add(x, METRIC_LIVE_RUNS,
			       (const struct exposition_label[]){{"key", key}, {"program", "snug-agent"}, {NULL}},
			       agent);
	for (size_t k = 0; k < REASON_COUNT; k++)
		if (reasons[k])
			exposition_add(x, METRIC_INCOMPLETE_RUNS,
				       (const struct exposition_label[]){
					       {"key", key}, {"reason", reason_code((enum reason)k)}, {NULL}},
				       reasons[k]);
}

static void add_verdict(struct exposition *x, const struct exposition_label *key, const struct evidence *ev,
			uint64_t learn_for_ms)
{
	struct evidence_verdict v;
	struct confidence c;

	evidence_evaluate(ev, &v);
	confidence_evaluate(ev, learn_for_ms, &c);
	exposition_add(x, METRIC_COMPLETE_RUNS, key, v.complete_runs);
	if (!v.learn_runs)
		return;
	exposition_add(x, METRIC_COMPLETE, key, !(v.reasons & ~REASON_BIT(RUNNING)));
	exposition_add(x, METRIC_SETTLED, key, confidence_is_reached(&c));
}

/* 1 if there is an approved profile, 0 if not, or a negative errno. */
static int read_approved_time(const char *state_dir, const char *key, uint64_t *ret_ms, struct err *err)
{
	cleanup_fd int dir = state_open_key(state_dir, STATE_KEYS, key, false, err);
	cleanup_profile struct profile *profile = NULL;
	cleanup_buf struct buf text = {0};
	struct stat st;
	int r = dir < 0 ? dir : approved_read(state_dir, key, 0, &text, &profile, err);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (fstatat(dir, STATE_APPROVED, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	*ret_ms = (uint64_t)st.st_mtim.tv_sec * 1000 + (uint64_t)st.st_mtim.tv_nsec / 1000000;
	return 1;
}

static int add_key(const char *key, void *arg, struct err *err)
{
	struct filling *f = arg;
	const struct exposition_label label[] = {{"key", key}, {NULL}};
	cleanup_evidence struct evidence *ev = NULL;
	struct err inner = {0};
	uint64_t approved_ms = 0;
	int r, approved;

	f->keys++;
	if (f->listed == f->max_keys)
		return 0;
	f->listed++;
	r = state_load_evidence(f->config->state_dir, STATE_KEYS, key, &ev, &inner);
	if (r < 0 && r != -ENOENT)
		fprintf(stderr, "snug: %s\n", inner.msg);
	approved = read_approved_time(f->config->state_dir, key, &approved_ms, &inner);
	if (approved < 0)
		fprintf(stderr, "snug: %s\n", inner.msg);
	f->unreadable += (r < 0 && r != -ENOENT) || approved < 0;
	if (approved > 0)
		exposition_add_time(f->x, METRIC_APPROVED, label, approved_ms);
	/* Of evidence that cannot be read nothing is told: a 0 would be a reset. */
	if (!r || r == -ENOENT)
		add_denials(f->x, key, ev);
	if (!ev)
		return 0;
	add_runs(f->x, key, ev);
	add_calls(f->x, label, ev);
	add_verdict(f->x, label, ev, f->config->learn_for_ms);
	return 0;
}

int metrics_add_keys(const struct config *config, uint64_t max_keys, struct exposition *x, struct err *err)
{
	struct filling f = {.config = config, .x = x, .max_keys = max_keys};
	int r = state_each_key(config->state_dir, add_key, &f, err);

	if (r < 0)
		return r;
	exposition_add(x, METRIC_KEYS, NULL, f.keys);
	exposition_add(x, METRIC_KEYS_LEFT_OUT, NULL, f.keys - f.listed);
	exposition_add(x, METRIC_KEYS_UNREADABLE, NULL, f.unreadable);
	return 0;
}
