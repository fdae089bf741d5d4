#include "shim/cli/key/approved.h"
#include "shim/cli/common/cli.h"

#include "base/json/json.h"
#include "base/text.h"
#include "seccomp/evidence/confidence.h"
#include "shim/cli/common/table.h"
#include "shim/common/client.h"
#include "shim/common/state.h"

#include <errno.h>
#include <stdio.h>

enum { OPT_JSON };

static const struct cli_option OPTIONS[] = {
	[OPT_JSON] = {"json", 0, NULL, "print an array of objects"},
};

/* One line of the list. */
struct row {
	const char *key;
	struct evidence_verdict verdict;
	size_t runs, calls;
	uint64_t last_new_ms; /* 0: no call yet */
	struct confidence confidence;
	bool approved, damaged; /* damaged: the approved profile cannot be read */
};

struct listing {
	const char *state_dir;
	uint64_t learn_for_ms;
	struct table table;
	struct json_writer json;
	bool as_json;
	size_t keys, broken;
};

/* A call seen in two phases counts once. */
static void count_calls(const struct evidence *ev, struct row *row)
{
	const struct evidence_call *const *calls = NULL;
	size_t n = evidence_calls(ev, &calls);

	for (size_t i = 0; i < n; i++) {
		bool again = false;

		if (!calls[i]->count)
			continue;
		for (size_t k = 0; k < i && !again; k++)
			again = calls[k]->count && calls[k]->nr == calls[i]->nr && calls[k]->arch == calls[i]->arch;
		row->calls += !again;
		if (calls[i]->first_ms > row->last_new_ms)
			row->last_new_ms = calls[i]->first_ms;
	}
}

static void add_state(const struct evidence_verdict *v, struct table *t)
{
	cleanup_buf struct buf b = {0};

	if (v->complete)
		buf_adds(&b, "complete");
	else if (!v->learn_runs)
		buf_adds(&b, "no learning run");
	for (size_t i = 0; !v->complete && v->learn_runs && i < REASON_COUNT; i++)
		if (v->reasons & (reason_set)1 << i)
			buf_addf(&b, "%s%s", b.len ? "," : "", reason_code((enum reason)i));
	table_add(t, b.data ? b.data : "?");
}

static void write_row(struct json_writer *w, const struct row *row)
{
	cleanup_buf struct buf time = {0};

	json_write_object_flat(w, NULL);
	json_write_string(w, "key", row->key);
	json_write_u64(w, "runs", row->runs);
	json_write_u64(w, "complete_runs", row->verdict.complete_runs);
	json_write_u64(w, "live", row->verdict.live_runs);
	json_write_u64(w, "calls", row->calls);
	json_write_bool(w, "complete", row->verdict.complete);
	json_write_array(w, "reasons");
	for (size_t i = 0; i < REASON_COUNT; i++)
		if (row->verdict.reasons & (reason_set)1 << i)
			json_write_string(w, NULL, reason_code((enum reason)i));
	json_write_end_array(w);
	if (row->last_new_ms)
		text_add_time(&time, row->last_new_ms);
	if (time.data)
		json_write_string(w, "last_new_call", time.data);
	else
		json_write_null(w, "last_new_call");
	json_write_bool(w, "approved", row->approved);
	confidence_write(&row->confidence, w, "settled");
	json_write_end_object(w);
}

/* Complete runs since the newest call, and the chance that the next run brings one. */
static void add_confidence(struct table *t, const struct confidence *s)
{
	table_addf(t, "%zu", s->silent);
	if (confidence_is_over(s))
		table_add(t, "learning is over");
	else if (s->method == CONFIDENCE_NONE)
		table_add(t, "-");
	else if (s->bound < 1 || !confidence_has_chance(s))
		table_addf(t, "<%u%%", confidence_bound_percent(s));
	else
		table_addf(t, "~%.0f%%", s->chance * 100);
}

static void add_row(struct table *t, const struct row *row)
{
	table_add(t, row->key);
	table_addf(t, "%zu", row->runs);
	table_addf(t, "%zu", row->calls);
	add_state(&row->verdict, t);
	table_add_time(t, row->last_new_ms);
	add_confidence(t, &row->confidence);
	table_add(t, row->damaged ? "damaged" : row->approved ? "yes" : "no");
}

/* Reports a key that cannot be read, and goes on with the others. */
static int list_key(const char *key, void *arg, struct err *err)
{
	struct listing *l = arg;
	cleanup_evidence struct evidence *ev = NULL;
	cleanup_buf struct buf approved = {0};
	cleanup_profile struct profile *profile = NULL;
	struct err inner = {0};
	struct row row = {.key = key};
	unsigned damaged = state_count_damaged(l->state_dir, STATE_KEYS, key);
	int r = state_load_evidence(l->state_dir, STATE_KEYS, key, &ev, &inner);

	if (r < 0 && r != -ENOENT) {
		fprintf(stderr, "snug: %s\n", inner.msg);
		l->broken++;
		return 0;
	}
	if (damaged)
		fprintf(stderr,
			"snug: %s: older evidence was damaged and moved aside: %u file(s) " STATE_DAMAGED
			"N in its directory\n",
			key, damaged);
	r = approved_read(l->state_dir, key, 0, &approved, &profile, &inner);
	row.approved = r == 0;
	row.damaged = r < 0 && r != -ENOENT;
	if (row.damaged) {
		fprintf(stderr, "snug: %s; `snug approve %s --to N` replaces it with an earlier one\n", inner.msg, key);
		l->broken++;
	}
	if (ev) {
		evidence_evaluate(ev, &row.verdict);
		row.runs = evidence_starts(ev);
		count_calls(ev, &row);
		confidence_evaluate(ev, l->learn_for_ms, &row.confidence);
	}
	l->keys++;
	if (l->as_json)
		write_row(&l->json, &row);
	else
		add_row(&l->table, &row);
	return 0;
}

static void begin_table(struct table *t)
{
	static const char *const head[] = {"KEY", "RUNS", "CALLS", "EVIDENCE", "LAST NEW CALL", "RUNS SINCE", "NEXT NEW", "APPROVED"};

	table_begin(t, ARRAY_SIZE(head));
	for (size_t i = 0; i < ARRAY_SIZE(head); i++)
		table_add(t, head[i]);
}

static int run(struct cli *cli, const struct cli_args *args, struct err *err)
{
	struct listing l = {.state_dir = cli->config.state_dir, .learn_for_ms = cli->config.learn_for_ms, .as_json = args->value[OPT_JSON]};
	int r = client_sync(&cli->config, err);

	if (r < 0)
		return r;
	begin_table(&l.table);
	json_write_begin(&l.json, &cli->out, true);
	if (l.as_json)
		json_write_array(&l.json, NULL);
	r = state_each_key(cli->config.state_dir, list_key, &l, err);
	if (l.as_json) {
		json_write_end_array(&l.json);
		buf_addc(&cli->out, '\n');
	} else if (!r && l.keys) {
		table_write(&l.table, "", &cli->out);
	}
	table_done(&l.table);
	if (r < 0)
		return r;
	if (!l.keys && !l.broken)
		fputs("Nothing learnt yet: start a container with snug-learn, as in `snug-learn run --bundle DIR "
		      "NAME`.\n",
		      stderr);
	return l.broken ? CLI_BAD : CLI_GOOD;
}

const struct cli_command cmd_ls = {
	.name = "ls",
	.operands = "",
	.summary = "lists the keys, and whether their evidence is complete",
	.details =
		"A key names the containers that share one profile. RUNS counts those whose program began.\n"
		"EVIDENCE says `complete` if nothing of the newest learning run was lost, else why not. RUNS SINCE\n"
		"counts the complete runs since the last one that brought a new call. NEXT NEW is the chance that\n"
		"the next run brings one (~ estimate, < 95% bound; `snug show KEY` names the method).\n",
	.options = OPTIONS,
	.option_count = ARRAY_SIZE(OPTIONS),
	.exits = "0: good. 2: bad usage or input, or the evidence or approved profile of a key cannot be read",
	.run = run,
};
