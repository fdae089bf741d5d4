#include "shim/cli/overview/overview.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "seccomp/evidence/confidence.h"
#include "seccomp/filter/evaluate.h"
#include "seccomp/syscall/names.h"
#include "shim/cli/common/table.h"
#include "shim/common/client.h"
#include "shim/common/state.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum section { LEARNT, WAITING, DENIED, SECTION_COUNT };

struct overview {
	const struct config *config;
	struct table tables[SECTION_COUNT];
	size_t counts[SECTION_COUNT];
	bool unreadable;
};

/* NULL: enough keys are listed in this section; this one is only counted. */
static struct table *begin_row(struct overview *o, enum section s, const char *key)
{
	if (o->counts[s]++ >= OVERVIEW_KEYS)
		return NULL;
	table_add(&o->tables[s], key);
	return &o->tables[s];
}

static void add_learnt(struct overview *o, const char *key, const struct evidence_verdict *v,
		       const struct confidence *c)
{
	struct table *t = begin_row(o, LEARNT, key);

	if (!t)
		return;
	if (v->live_runs)
		table_add(t, "learning now");
	else if (!v->complete)
		table_add(t, "not complete");
	else
		table_add(t, confidence_is_reached(c) ? "complete, settled" : "complete");
	table_addf(t, "snug show %s", key);
}

/* Calls that the approved profile denies now; what it allows by now is settled. Without one, all. */
static int add_denied(struct overview *o, const char *key, const struct evidence *ev, struct evaluator *profile,
		      struct err *err)
{
	const struct evidence_call *const *calls = NULL;
	size_t n = evidence_calls(ev, &calls), named = 0, count = 0;
	cleanup_buf struct buf names = {0};
	struct table *t;

	for (size_t i = 0; i < n; i++) {
		enum evaluate_verdict verdict = EVALUATE_DENIES;
		char name[SYSCALL_NAME_MAX];
		int r = 0;

		if (!calls[i]->denied && !calls[i]->audited)
			continue;
		if (profile)
			r = evaluate_call(profile, calls[i]->arch, calls[i]->nr, &verdict, err);
		if (r < 0)
			return r;
		if (verdict == EVALUATE_ALLOWS)
			continue;
		count++;
		syscall_name(calls[i]->arch, calls[i]->nr, name);
		if (named < 3)
			buf_addf(&names, "%s%s", named++ ? ", " : "", name);
	}
	if (!count)
		return 0;
	if (count > named)
		buf_addf(&names, " and %zu more", count - named);
	t = begin_row(o, DENIED, key);
	if (!t)
		return 0;
	table_add(t, buf_failed(&names) ? "?" : names.data);
	table_addf(t, "snug explain --key %s", key);
	return 0;
}

static int load_approved(const struct overview *o, const char *key, struct evaluator **ret, struct err *err)
{
	cleanup_buf struct buf text = {0};
	int r = state_read_approved(o->config->state_dir, key, &text, err);

	return r < 0 ? r : evaluate_new(text.data, text.len, key, ret, err);
}

static int look_at(const char *key, void *arg, struct err *err)
{
	struct overview *o = arg;
	cleanup_evidence struct evidence *ev = NULL;
	cleanup_evaluator struct evaluator *approved = NULL;
	struct evidence_verdict v;
	struct confidence c;
	struct err inner = {0};
	struct table *t;
	int r = state_load_evidence(o->config->state_dir, STATE_KEYS, key, &ev, &inner);
	int a = load_approved(o, key, &approved, &inner);

	/* `snug ls` says what is wrong. */
	o->unreadable |= (r < 0 && r != -ENOENT) || (a < 0 && a != -ENOENT);
	if (!ev)
		return 0;
	evidence_evaluate(ev, &v);
	confidence_evaluate(ev, o->config->learn_for_ms, &c);
	if (v.learn_runs && a == -ENOENT && v.complete) {
		t = begin_row(o, WAITING, key);
		if (t) {
			table_addf(t, "%zu complete run%s%s", v.complete_runs, v.complete_runs == 1 ? "" : "s",
				   confidence_is_reached(&c) ? ", settled" : "");
			table_addf(t, "snug approve %s", key);
		}
	}
	if (v.learn_runs)
		add_learnt(o, key, &v, &c);
	return add_denied(o, key, ev, approved, err);
}

static void write_sections(const struct overview *o, struct buf *out)
{
	static const struct {
		const char *title, *none;
	} sections[] = {
		[LEARNT] = {"Learnt", "nothing yet; start a container with snug-learn"},
		[WAITING] = {"Waiting for approval", "nothing"},
		[DENIED] = {"Denied", "nothing that the approved profiles do not allow by now"},
	};

	for (enum section s = 0; s < SECTION_COUNT; s++) {
		if (!o->counts[s]) {
			buf_addf(out, "%s: %s\n", sections[s].title, sections[s].none);
			continue;
		}
		buf_addf(out, "%s: %zu key%s\n", sections[s].title, o->counts[s], o->counts[s] == 1 ? "" : "s");
		table_write(&o->tables[s], "  ", out);
		if (o->counts[s] > OVERVIEW_KEYS)
			buf_addf(out, "  and %zu more; `snug ls` lists all keys\n", o->counts[s] - OVERVIEW_KEYS);
	}
	buf_adds(out, "`snug --help` lists the commands.\n");
}

int overview(struct cli *cli, struct err *err)
{
	struct overview o = {.config = &cli->config};
	int r = client_sync(&cli->config, err);

	if (r < 0)
		return r;
	for (enum section s = 0; s < SECTION_COUNT; s++)
		table_begin(&o.tables[s], 3);
	r = state_each_key(cli->config.state_dir, look_at, &o, err);
	if (r == 0)
		write_sections(&o, &cli->out);
	for (enum section s = 0; s < SECTION_COUNT; s++)
		table_done(&o.tables[s]);
	if (r < 0)
		return r;
	if (o.unreadable)
		fputs("snug: some evidence or approved profiles cannot be read; `snug ls` names them\n", stderr);
	return o.unreadable ? CLI_BAD : CLI_GOOD;
}
