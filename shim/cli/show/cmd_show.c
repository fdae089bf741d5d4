#include "shim/cli/key/build.h"
#include "shim/cli/key/scope.h"
#include "shim/cli/common/cli.h"
#include "shim/cli/common/word.h"

#include "base/text.h"
#include "seccomp/syscall/names.h"
#include "shim/cli/key/live.h"
#include "shim/cli/show/show_learning.h"
#include "shim/cli/show/show_profile.h"
#include "shim/cli/common/table.h"
#include "shim/common/state.h"

#include <errno.h>
#include <stdio.h>

#define RUNS_SHOWN 20

enum { OPT_JSON };

static const struct cli_option OPTIONS[] = {
	[OPT_JSON] = {"json", 0, NULL, "print the evidence, and how settled it is, as JSON"},
};

/* The tables of calls: which use in which phase, and its title. */
enum { ANY_PHASE = -1 };
static const struct group {
	int phase; /* enum evidence_phase, or ANY_PHASE */
	enum evidence_use use;
	const char *title;
} GROUPS[] = {
	{EVIDENCE_RUNTIME, EVIDENCE_USED, "Calls of the runtime itself, to start the container"},
	{EVIDENCE_HOOK, EVIDENCE_USED, "Calls of startContainer hooks"},
	{EVIDENCE_WORKLOAD, EVIDENCE_USED, "Calls of the program"},
	{EVIDENCE_EXEC, EVIDENCE_USED, "Calls that only execs used: probes, lifecycle hooks, commands"},
	{EVIDENCE_TERMINAL, EVIDENCE_USED, "Calls that only execs with a terminal used"},
	{ANY_PHASE, EVIDENCE_AUDITED, "Outside the approved profile: seen in audit mode, not learnt"},
	{ANY_PHASE, EVIDENCE_DENIED, "Denied"},
};

/* Of the calls of execs, only those that nothing else used. */
static bool is_shown(const struct evidence *ev, const struct evidence_call *c, const struct group *g)
{
	if (g->phase == ANY_PHASE)
		return true;
	return g->phase == (int)c->phase && (!evidence_is_exec(c->phase) || evidence_is_alone(ev, c));
}

static uint64_t times_of(const struct evidence_call *c, enum evidence_use use)
{
	return use == EVIDENCE_USED ? c->count : use == EVIDENCE_AUDITED ? c->audited : c->denied;
}

static void add_who(struct table *t, const struct evidence *ev, const struct evidence_call *c)
{
	cleanup_buf struct buf b = {0};

	for (size_t i = 0; evidence_comm(ev, c, i); i++)
		buf_addf(&b, "%s%s", i ? ", " : "", evidence_comm(ev, c, i));
	if (c->more)
		buf_adds(&b, ", ...");
	table_add(t, b.data ? b.data : "-");
}

static void add_call(struct table *t, const struct evidence *ev, const struct evidence_call *c, const struct group *g)
{
	char name[SYSCALL_NAME_MAX];
	const struct arch *host[4];

	syscall_name(c->arch, c->nr, name);
	if (arch_host(host) && c->arch == host[0])
		table_add(t, name);
	else
		table_addf(t, "%s (%s)", name, c->arch->name);
	table_addf(t, "%llu%s", (unsigned long long)times_of(c, g->use),
		   g->use == EVIDENCE_USED && show_is_lower_bound(ev, c) ? "+" : "");
	table_addf(t, "%llu", (unsigned long long)c->runs);
	table_add_time(t, c->first_ms);
	add_who(t, ev, c);
}

static void show_group(const struct evidence *ev, const struct group *g, struct buf *out)
{
	static const char *const head[] = {"CALL", "COUNT", "RUNS", "FIRST SEEN", "BY"};
	const struct evidence_call *const *calls = NULL;
	size_t n = evidence_calls(ev, &calls), shown = 0;
	cleanup_table struct table t = {0};

	table_begin(&t, ARRAY_SIZE(head));
	for (size_t i = 0; i < ARRAY_SIZE(head); i++)
		table_add(&t, head[i]);
	for (size_t i = 0; i < n; i++)
		if (times_of(calls[i], g->use) && is_shown(ev, calls[i], g)) {
			add_call(&t, ev, calls[i], g);
			shown++;
		}
	if (!shown)
		return;
	buf_addf(out, "\n%s: %zu\n", g->title, shown);
	table_write(&t, "  ", out);
}

static void add_run_verdict(struct table *t, reason_set reasons)
{
	cleanup_buf struct buf b = {0};

	for (size_t i = 0; i < REASON_COUNT; i++)
		if (reasons & (reason_set)1 << i)
			buf_addf(&b, "%s%s", b.len ? "," : "", reason_code((enum reason)i));
	table_add(t, !reasons ? "complete" : b.data ? b.data : "?");
}

/* The first line of the runtime's own version text. */
static void add_runtime(struct table *t, const struct evidence_run *run)
{
	const char *v = *run->runtime_version ? run->runtime_version : run->runtime;
	size_t len = 0;

	while (v[len] && v[len] != ';' && v[len] != '\n')
		len++;
	table_addf(t, "%.*s", (int)len, v);
}

static void show_runs(const struct evidence *ev, struct buf *out)
{
	static const char *const head[] = {"CONTAINER", "MODE", "RUNTIME", "STARTED", "ENDED", "RECORDS", "NEW", "QUIET", "VERDICT"};
	const struct evidence_run *const *runs = NULL;
	size_t n = evidence_runs(ev, &runs), first = n > RUNS_SHOWN ? n - RUNS_SHOWN : 0;
	cleanup_table struct table t = {0};

	table_begin(&t, ARRAY_SIZE(head));
	for (size_t i = 0; i < ARRAY_SIZE(head); i++)
		table_add(&t, head[i]);
	for (size_t i = first; i < n; i++) {
		table_add(&t, runs[i]->container);
		table_add(&t, evidence_mode_name(runs[i]->mode));
		add_runtime(&t, runs[i]);
		table_add_time(&t, runs[i]->started_ms);
		table_add_time(&t, runs[i]->ended_ms);
		table_addf(&t, "%llu", (unsigned long long)runs[i]->records);
		table_addf(&t, "%llu", (unsigned long long)runs[i]->fresh);
		table_addf(&t, "%llu", (unsigned long long)runs[i]->unlogged.count);
		add_run_verdict(&t, runs[i]->reasons);
	}
	buf_addf(out, "\nRuns: %zu", n);
	if (first)
		buf_addf(out, ", the newest %d", RUNS_SHOWN);
	if (evidence_runs_dropped(ev))
		buf_addf(out, " (%llu older ones not listed)", (unsigned long long)evidence_runs_dropped(ev));
	buf_addc(out, '\n');
	table_write(&t, "  ", out);
}

/* Notes are not in the table, since few runs have one. */
static void show_notes(const struct evidence *ev, struct buf *out)
{
	const struct evidence_run *const *runs = NULL;
	size_t n = evidence_runs(ev, &runs);

	for (size_t i = 0; i < n; i++)
		if (runs[i]->note[0])
			buf_addf(out, "  %s, run %zu: %s\n", runs[i]->container, i + 1, runs[i]->note);
}

static void show_verdict(const struct evidence *ev, struct buf *out)
{
	struct evidence_verdict v;

	evidence_evaluate(ev, &v);
	buf_addf(out, "%s: %s\n", evidence_key(ev), v.complete ? "complete" : "not complete");
	if (v.complete) {
		buf_adds(out, "  The newest learning run lost nothing: every call it made is listed here.\n  ");
		scope_add(v.arches, out);
		buf_addc(out, '\n');
	} else if (!v.learn_runs)
		buf_adds(out, "  No learning run yet: start a container of this key with snug-learn.\n");
	for (size_t i = 0; i < REASON_COUNT; i++)
		if (v.reasons & (reason_set)1 << i)
			buf_addf(out, "  %s: %s.\n    To fix it: %s.\n", reason_code((enum reason)i),
				 reason_what((enum reason)i), reason_fix((enum reason)i));
	if (evidence_untold_runs(ev))
		buf_addf(out, "  %zu runs could not tell execs from the program: there their calls count as the program's.\n",
			 evidence_untold_runs(ev));
	buf_addf(out, "  Learning runs: %zu, complete: %zu, running now: %zu", v.learn_runs - v.failed_starts, v.complete_runs,
		 v.live_runs);
	if (v.failed_starts)
		buf_addf(out, "; starts that failed: %zu", v.failed_starts);
	buf_adds(out, ".\n");
}

static int run(struct cli *cli, const struct cli_args *args, struct err *err)
{
	cleanup_evidence struct evidence *ev = NULL;
	unsigned damaged;
	int r;

	if (live_is_word(args->operand[0]))
		return show_live(cli, args->operand[0], args->value[OPT_JSON], err);
	r = word_load_evidence(cli, args->operand[0], &ev, err);

	if (r < 0)
		return r;
	damaged = state_count_damaged(cli->config.state_dir, STATE_KEYS, args->operand[0]);
	if (damaged)
		fprintf(stderr,
			"snug: older evidence of this key was damaged and moved aside: %u file(s) " STATE_DAMAGED
			"N in its directory\n",
			damaged);
	if (args->value[OPT_JSON])
		return show_json(cli, ev, &cli->out, err);
	show_verdict(ev, &cli->out);
	r = show_learning(cli, ev, &cli->out, err);
	if (r < 0)
		return r;
	show_runs(ev, &cli->out);
	show_notes(ev, &cli->out);
	for (size_t i = 0; i < ARRAY_SIZE(GROUPS); i++)
		show_group(ev, &GROUPS[i], &cli->out);
	return CLI_GOOD;
}

const struct cli_command cmd_show = {
	.name = "show",
	.operands = "KEY|FILE|CONTAINER",
	.operands_min = 1,
	.operands_max = 1,
	.summary = "shows the evidence of a key: its runs and all calls",
	.details = "container:ID and pid:N show what the kernel enforces in a running container or process; `snug diff\n"
		   "container:ID KEY` tells how it differs from what was approved.\n",
	.options = OPTIONS,
	.option_count = ARRAY_SIZE(OPTIONS),
	.exits = "0: good. 2: bad usage or input",
	.run = run,
};
