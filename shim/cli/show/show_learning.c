#include "shim/cli/show/show_learning.h"

#include "base/text.h"
#include "seccomp/evidence/unlogged_proof.h"
#include "seccomp/syscall/sets.h"
#include "seccomp/syscall/names.h"
#include "shim/cli/key/approved.h"
#include "shim/cli/approve/delta.h"
#include "seccomp/evidence/confidence.h"
#include "shim/cli/common/table.h"

#include <errno.h>

bool show_is_lower_bound(const struct evidence *ev, const struct evidence_call *c)
{
	const struct evidence_run *const *runs = NULL;
	size_t n = evidence_runs(ev, &runs);
	char name[SYSCALL_NAME_MAX];

	syscall_name(c->arch, c->nr, name);
	for (size_t i = 0; i < n; i++) {
		const struct evidence_unlogged *q = &runs[i]->unlogged;
		int place = argument_by_name(name);

		if (!q->on)
			continue;
		if (names_have(&q->assumed, name) || (place >= 0 && q->forms >> place & 1))
			return true;
		if (c->phase == EVIDENCE_WORKLOAD && c->count && c->learnt <= q->upto && !set_is_always_logged(name))
			return true;
	}
	return false;
}

static void show_arguments(const struct evidence *ev, struct buf *out)
{
	const struct argument *table;
	size_t n = arguments(&table), shown = 0;
	cleanup_table struct table t = {0};

	table_begin(&t, 2);
	for (size_t i = 0; i < n; i++) {
		uint64_t runs = 0;
		enum unlogged_form known = unlogged_form_of(ev, (int)i, &runs);

		if (!unlogged_is_tried(ev, (int)i) || (known == UNLOGGED_UNKNOWN && !runs && !unlogged_is_blind(ev, (int)i)))
			continue;
		table_add(&t, table[i].name);
		if (known == UNLOGGED_NARROW && table[i].kind == ARGUMENT_ENOSYS)
			table_addf(&t, "not needed: %llu complete runs got ENOSYS and did without",
				   (unsigned long long)runs);
		else if (known == UNLOGGED_NARROW)
			table_addf(&t, "only the harmless form: %llu complete runs logged every other and saw none",
				   (unsigned long long)runs);
		else if (known == UNLOGGED_WIDE)
			table_add(&t, "any: a run used more than the harmless form");
		else
			table_add(&t, unlogged_is_blind(ev, (int)i)
					      ? "any: a complete run used it and did not log its arguments"
					      : "any: the harmless form differs between the architectures in use");
		shown++;
	}
	if (!shown)
		return;
	buf_addf(out, "\nCalls judged by their arguments: %zu\n", shown);
	table_write(&t, "  ", out);
}

struct assumed_rows {
	const struct evidence *ev;
	struct table *table;
	size_t count;
};

static int add_assumed(const char *name, void *arg)
{
	static const char *const words[] = {
		[UNLOGGED_NOT_HOT] = "",
		[UNLOGGED_ASSUMED] = "assumed, in the profile; not seen yet",
		[UNLOGGED_KEPT] =
			"kept, in the profile: not seen where it was logged, but a complete run let it pass unlogged",
		[UNLOGGED_CONFIRMED] = "confirmed: seen since then",
		[UNLOGGED_ABSENT] = "dropped: not seen, and no complete run let it pass unlogged"};
	struct assumed_rows *rows = arg;

	table_add(rows->table, name);
	table_add(rows->table, words[unlogged_hot_of(rows->ev, name)]);
	rows->count++;
	return 0;
}

static void show_assumed(const struct evidence *ev, struct buf *out)
{
	cleanup_table struct table t = {0};
	struct assumed_rows rows = {.ev = ev, .table = &t};

	table_begin(&t, 2);
	if (unlogged_each_assumed(ev, add_assumed, &rows) < 0 || !rows.count)
		return;
	buf_addf(out, "\nHot set: %zu\n", rows.count);
	table_write(&t, "  ", out);
}

/* True if the runtime's own init made the call. */
static bool is_runtimes(const struct evidence *ev, const char *name)
{
	const struct evidence_call *const *calls = NULL;
	size_t n = evidence_calls(ev, &calls);
	char other[SYSCALL_NAME_MAX];

	for (size_t i = 0; i < n; i++)
		if (calls[i]->phase == EVIDENCE_RUNTIME && calls[i]->count && syscall_name(calls[i]->arch, calls[i]->nr, other) &&
		    text_streq(name, other))
			return true;
	return false;
}

/* Shows the newest run that opened something. */
static void show_opened(const struct evidence *ev, struct buf *out)
{
	bool any = false;
	const struct evidence_run *const *runs = NULL;
	size_t n = evidence_runs(ev, &runs);

	while (n > 0 && !runs[n - 1]->opened.count)
		n--;
	if (!n)
		return;
	buf_addf(out,
		 "\n"
		 "Allowed while learning (baseline %s), though the caller's own profile refuses it: %zu%s\n"
		 "  ",
		 runs[n - 1]->baseline, runs[n - 1]->opened.count, runs[n - 1]->opened_more ? " and more" : "");
	for (size_t i = 0; i < runs[n - 1]->opened.count; i++) {
		bool own = is_runtimes(ev, runs[n - 1]->opened.v[i]);

		buf_addf(out, "%s%s%s", i ? " " : "", runs[n - 1]->opened.v[i], own ? "*" : "");
		any |= own;
	}
	buf_addc(out, '\n');
	if (any)
		buf_adds(out, "  * used by the runtime itself: the container would not start under the caller's own "
			      "profile\n");
}

/* Shows the newest run with unlogged calls. */
static void show_unlogged(const struct evidence *ev, struct buf *out)
{
	const struct evidence_run *const *runs = NULL;
	size_t n = evidence_runs(ev, &runs);

	while (n > 0 && !(runs[n - 1]->unlogged.on && (runs[n - 1]->unlogged.count || runs[n - 1]->unlogged.assumed.count)))
		n--;
	if (!n)
		return;
	buf_addf(out,
		 "  Newest run with unlogged calls: %llu known calls (digest %016llx), %zu assumed. Counts marked +\n"
		 "  are lower bounds.\n",
		 (unsigned long long)runs[n - 1]->unlogged.count, (unsigned long long)runs[n - 1]->unlogged.digest,
		 runs[n - 1]->unlogged.assumed.count);
}

static int add_approved(unsigned number, uint64_t time_ms, bool current, const struct profile *p, void *arg)
{
	struct table *t = arg;

	table_addf(t, "%u", number);
	table_add_time(t, time_ms);
	table_addf(t, "%zu", delta_count_calls(p));
	table_add(t, current ? "in force" : "");
	return 0;
}

static void tell_damaged(struct cli *cli, const char *key, struct buf *out)
{
	cleanup_buf struct buf text = {0};
	cleanup_profile struct profile *p = NULL;
	struct err why = {0};
	int r = approved_read(cli->config.state_dir, key, 0, &text, &p, &why);

	if (r < 0 && r != -ENOENT)
		buf_addf(out,
			 "\n"
			 "The approved profile cannot be read, so nothing starts under it: %s\n"
			 "  To fix it: `snug approve %s --to N` replaces it with an earlier one\n",
			 why.msg, key);
}

static int show_history(struct cli *cli, const struct evidence *ev, struct buf *out, struct err *err)
{
	static const char *const head[] = {"APPROVED", "SAVED", "CALLS", ""};
	cleanup_table struct table t = {0};
	cleanup_buf struct buf text = {0};
	int r;

	table_begin(&t, ARRAY_SIZE(head));
	for (size_t i = 0; i < ARRAY_SIZE(head); i++)
		table_add(&t, head[i]);
	tell_damaged(cli, evidence_key(ev), out);
	r = approved_each(cli->config.state_dir, evidence_key(ev), add_approved, &t, err);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	table_write(&t, "  ", &text);
	if (text.len && __builtin_strchr(text.data, '\n') != text.data + text.len - 1)
		buf_addf(out, "\nApproved profiles (`snug approve %s --to N` goes back):\n%s", evidence_key(ev), text.data);
	return 0;
}

int show_learning(struct cli *cli, const struct evidence *ev, struct buf *out, struct err *err)
{
	struct confidence s;

	confidence_evaluate(ev, cli->config.learn_for_ms, &s);
	confidence_describe(&s, out);
	show_unlogged(ev, out);
	show_arguments(ev, out);
	show_assumed(ev, out);
	show_opened(ev, out);
	return show_history(cli, ev, out, err);
}

static void write_verdict(const struct evidence *ev, struct buf *out)
{
	struct evidence_verdict v;
	struct json_writer w;

	evidence_evaluate(ev, &v);
	json_write_begin(&w, out, false);
	json_write_object(&w, NULL);
	json_write_bool(&w, "complete", v.complete);
	if (v.complete)
		evidence_write_arches(&w, "complete_for", v.arches);
	json_write_array(&w, "reasons");
	for (size_t i = 0; i < REASON_COUNT; i++)
		if (v.reasons & (reason_set)1 << i)
			json_write_string(&w, NULL, reason_code((enum reason)i));
	json_write_end_array(&w);
	json_write_end_object(&w);
}

int show_json(struct cli *cli, const struct evidence *ev, struct buf *out, struct err *err)
{
	static const char end[] = "\n}\n";
	cleanup_buf struct buf text = {0}, confidence = {0}, verdict = {0};
	struct json_writer w;
	struct confidence s;
	int r = evidence_write(ev, &text, err);

	if (r < 0)
		return r;
	confidence_evaluate(ev, cli->config.learn_for_ms, &s);
	json_write_begin(&w, &confidence, true);
	confidence_write(&s, &w, NULL);
	write_verdict(ev, &verdict);
	buf_add(out, text.data, text.len - (sizeof(end) - 1));
	buf_addf(out, ",\n  \"verdict\": %s,\n  \"settled\": %s%s", verdict.data ? verdict.data : "{}", confidence.data ? confidence.data : "{}", end);
	return buf_failed(out) ? err_set(err, ENOMEM, "out of memory") : 0;
}
