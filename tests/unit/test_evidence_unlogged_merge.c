/* Evidence of quiet runs, merged: no node's proof may speak for another that has none. */
#include "seccomp/evidence/merge.h"
#include "tests/unit/unlogged_history.h"

#include <errno.h>
#include <stdio.h>

#define NODES 3

static const char *hot[] = {"futex", "poll", "read", "write"};
static const struct unlogged_calls_wish hot_wish = {.hot = hot, .hot_count = 4};
static const struct unlogged_calls_wish enosys_wish = {.experiments = true};

/* A word of a run: a call of the workload, "rt:NAME" one of the runtime, "32:NAME" one of another ABI. */
static void play_call(struct evidence *ev, uint64_t no, const char *word)
{
	if (strncmp(word, "rt:", 3) == 0)
		call_on(ev, no, ARCH_X86_64, word + 3, EVIDENCE_RUNTIME);
	else if (strncmp(word, "32:", 3) == 0)
		call_on(ev, no, ARCH_X86, word + 3, EVIDENCE_WORKLOAD);
	else
		call(ev, no, word);
}

static uint64_t play_begin(struct evidence *ev, char mode)
{
	const struct unlogged_calls_wish *wish = mode == 'h' ? &hot_wish : mode == 'e' ? &enosys_wish : NULL;

	return mode == 'l' ? begin(ev) : begin_unlogged(ev, wish);
}

/* "l clone read;qx;h+ futex": each run its mode (l: logs every call, q: takes the offer, h: with a hot set, e: with experiments), x for a run
 * that lost something, + for one that goes on, and its calls. A leading '=' is another copy of the first node's evidence. */
static struct evidence *play(const char *script, size_t node)
{
	char key[] = {(char)('a' + (*script == '=' ? 0 : (int)node)), '\0'};
	cleanup_free char *text = strdup(script + (*script == '='));
	char *runs = NULL, *words = NULL;
	struct evidence *ev = NULL;

	assert_non_null(text);
	assert_int_equal(evidence_new(key, &ev, NULL), 0);
	for (char *at = text, *run; (run = strtok_r(at, ";", &runs)); at = NULL) {
		uint64_t no = play_begin(ev, run[0]);
		char flag = run[1];

		words = NULL;
		for (char *word = strtok_r(run, " ", &words); (word = strtok_r(NULL, " ", &words));)
			play_call(ev, no, word);
		if (flag == 'x')
			evidence_run(ev, no)->reasons |= REASON_BIT(OVERRUN);
		if (flag != '+')
			end(ev, no);
	}
	return ev;
}

static struct evidence *merge(const struct evidence *const in[], size_t count)
{
	struct evidence *ret = NULL;
	struct err err = {0};

	if (evidence_merge(in, count, "web", NULL, &ret, &err) < 0)
		fail_msg("%s", err.msg);
	return ret;
}

static bool is_complete(const struct evidence *ev)
{
	struct evidence_verdict v;

	evidence_evaluate(ev, &v);
	return v.complete;
}

struct fleet {
	struct evidence *node[NODES];
	size_t count;
};

static void fleet_done(struct fleet *f)
{
	for (size_t i = 0; i < f->count; i++)
		evidence_free(f->node[i]);
}

static struct fleet play_all(const char *const scripts[NODES])
{
	struct fleet f = {0};

	for (; f.count < NODES && scripts[f.count]; f.count++)
		f.node[f.count] = play(scripts[f.count], f.count);
	return f;
}

static struct evidence *merge_fleet(const struct fleet *f, bool backwards)
{
	const struct evidence *in[NODES];

	for (size_t i = 0; i < f->count; i++)
		in[i] = f->node[backwards ? f->count - 1 - i : i];
	return merge(in, f->count);
}

/* As it is, as its file says, and merged once more with all that it was made of. */
static void each_way(const struct fleet *f, void (*check)(const struct evidence *, const void *), const void *arg)
{
	cleanup_evidence struct evidence *all = merge_fleet(f, false), *back = merge_fleet(f, true);
	cleanup_evidence struct evidence *file = reread(all, NULL, NULL), *again = NULL;
	const struct evidence *in[NODES + 1] = {file};

	for (size_t i = 0; i < f->count; i++)
		in[i + 1] = f->node[i];
	again = merge(in, f->count + 1);
	check(all, arg);
	check(back, arg);
	check(file, arg);
	check(again, arg);
}

struct form_case {
	const char *nodes[NODES];
	const char *name;
	enum unlogged_form want;
	bool complete;
};

static void check_form(const struct evidence *ev, const void *arg)
{
	const struct form_case *c = arg;

	if (form(ev, c->name) != c->want || unlogged_is_narrowed(ev, argument_by_name(c->name)) != (c->want == UNLOGGED_NARROW))
		fail_msg("%s | %s: %s is %s", c->nodes[0], c->nodes[1], c->name, unlogged_form_name(form(ev, c->name)));
	if (is_complete(ev) != c->complete)
		fail_msg("%s | %s: complete: %d", c->nodes[0], c->nodes[1], is_complete(ev));
}

static void forms(void **state)
{
	static const struct form_case cases[] = {
		{{"lx clone;q", "lx clone;q"}, "clone", UNLOGGED_NARROW, true},
		{{"lx clone;q", "l clone;q"}, "clone", UNLOGGED_UNKNOWN, true},
		{{"lx clone;q", "lx clone"}, "clone", UNLOGGED_UNKNOWN, false},
		{{"lx clone;q", "l read"}, "clone", UNLOGGED_NARROW, true},
		{{"lx clone;q", "l rt:clone"}, "clone", UNLOGGED_NARROW, true},
		{{"lx clone;q", "lx clone;q clone"}, "clone", UNLOGGED_WIDE, true},
		{{"lx clone;q", "l read", "lx clone;q clone"}, "clone", UNLOGGED_WIDE, true},
		{{"lx clone;q", "lx clone;q", "l clone"}, "clone", UNLOGGED_UNKNOWN, true},
		{{"lx clone;q", "lx clone;qx"}, "clone", UNLOGGED_UNKNOWN, false},
		{{"lx clone;q", "lx clone;q+"}, "clone", UNLOGGED_UNKNOWN, false},
		{{"lx clone;q", "lx clone;q;l clone"}, "clone", UNLOGGED_UNKNOWN, true},
		{{"lx clone;q", "lx clone;q;qx"}, "clone", UNLOGGED_NARROW, false},
		{{"lx socket;q", "l 32:exit_group"}, "socket", UNLOGGED_UNKNOWN, true},
		/* Left out where the fall-back was seen, and there alone. */
		{{"lx clone3 clone;e", "lx clone;q"}, "clone3", UNLOGGED_NARROW, true},
		{{"lx clone3;e", "l clone;q"}, "clone3", UNLOGGED_UNKNOWN, true},
		{{"lx clone3 clone;e", "l clone3 clone"}, "clone3", UNLOGGED_UNKNOWN, true},
		{{"lx clone3 clone;e", "lx clone3 clone;e clone3"}, "clone3", UNLOGGED_WIDE, true},
		/* Copies of one node's evidence. */
		{{"lx clone;q", "=lx clone;q"}, "clone", UNLOGGED_NARROW, true},
		{{"lx clone;q", "=lx clone"}, "clone", UNLOGGED_UNKNOWN, false},
		{{"lx clone;q", "=lx clone;q;q clone"}, "clone", UNLOGGED_WIDE, true},
		{{"lx clone;q", "=lx clone;q;l clone"}, "clone", UNLOGGED_UNKNOWN, true},
		{{"lx clone;q", "=lx clone;qx"}, "clone", UNLOGGED_UNKNOWN, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cleanup_with(fleet_done) struct fleet f = play_all(cases[i].nodes);

		each_way(&f, check_form, &cases[i]);
	}
}

struct hot_case {
	const char *nodes[NODES];
	const char *name;
	enum unlogged_hot want;
	bool complete;
};

static void check_hot(const struct evidence *ev, const void *arg)
{
	const struct hot_case *c = arg;

	if (unlogged_hot_of(ev, c->name) != c->want)
		fail_msg("%s | %s: %s is \"%s\"", c->nodes[0], c->nodes[1], c->name, unlogged_hot_name(unlogged_hot_of(ev, c->name)));
	if (is_complete(ev) != c->complete)
		fail_msg("%s | %s: complete: %d", c->nodes[0], c->nodes[1], is_complete(ev));
}

static void hot_set(void **state)
{
	static const struct hot_case cases[] = {
		{{"h mkdir", "l mkdir"}, "futex", UNLOGGED_ASSUMED, true},
		{{"h mkdir", "h mkdir;h;h"}, "futex", UNLOGGED_ASSUMED, true},
		{{"h mkdir;h;h", "h mkdir", "h mkdir;h;h"}, "write", UNLOGGED_ASSUMED, true},
		{{"h mkdir;h;h", "h mkdir;h;h"}, "futex", UNLOGGED_KEPT, true},
		{{"h mkdir;h;h", "l mkdir"}, "futex", UNLOGGED_KEPT, true},
		{{"hx mkdir;h;h", "hx mkdir;h;h"}, "futex", UNLOGGED_ABSENT, true},
		{{"hx mkdir;h;h", "l mkdir"}, "futex", UNLOGGED_ABSENT, true},
		{{"hx mkdir;h;h", "h mkdir;h;h"}, "futex", UNLOGGED_KEPT, true},
		{{"h mkdir", "l futex"}, "futex", UNLOGGED_CONFIRMED, true},
		{{"h mkdir;h;h", "l futex"}, "futex", UNLOGGED_CONFIRMED, true},
		{{"h mkdir", "l rt:futex"}, "futex", UNLOGGED_ASSUMED, true},
		{{"h mkdir;hx", "l mkdir"}, "futex", UNLOGGED_ASSUMED, false},
		{{"h mkdir;h+", "h mkdir;h;h"}, "futex", UNLOGGED_ASSUMED, false},
		{{"l mkdir", "l read"}, "futex", UNLOGGED_NOT_HOT, true},
		{{"h mkdir;h;h", "=h mkdir"}, "futex", UNLOGGED_ASSUMED, true},
		{{"h mkdir;h;h", "=h mkdir;h;hx"}, "write", UNLOGGED_ASSUMED, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cleanup_with(fleet_done) struct fleet f = play_all(cases[i].nodes);

		each_way(&f, check_hot, &cases[i]);
	}
}

/* A call that a quiet run relied on is missing from the merged file, or was already from the part. */
static void stamps_what_is_not_held(void **state)
{
	static const char *const nodes[NODES] = {"l mkdir read;q", "l write;q"};
	cleanup_with(fleet_done) struct fleet f = play_all(nodes);
	cleanup_evidence struct evidence *all = merge_fleet(&f, false);
	cleanup_evidence struct evidence *changed = reread(all, "\"nr\": 83", "\"nr\": 84");
	cleanup_evidence struct evidence *part = reread(f.node[0], "\"nr\": 83", "\"nr\": 84"), *of_part = NULL;
	const struct evidence *in[] = {part, f.node[1]};

	of_part = merge(in, 2);
	assert_true(is_complete(all));
	assert_false(is_complete(changed));
	assert_false(is_complete(of_part));
}

/* Of two sights of a run the one that says less counts. */
static void proofs_are_those_of_both_sights(void **state)
{
	static const char *const looked[NODES] = {"hx mkdir;h", "=hx mkdir;h"};
	static const char *const proved[NODES] = {"lx clone;q", "=lx clone;q"};
	cleanup_with(fleet_done) struct fleet hot_fleet = play_all(looked), form_fleet = play_all(proved);
	cleanup_evidence struct evidence *all = NULL, *forms = NULL;

	assert_int_equal(unlogged_hot_of(hot_fleet.node[0], "futex"), UNLOGGED_ABSENT);
	names_remove(&evidence_run(hot_fleet.node[1], 1)->unlogged.assumed, "futex");
	names_remove(&evidence_run(hot_fleet.node[1], 2)->unlogged.confirming, "futex");
	assert_int_equal(unlogged_hot_of(hot_fleet.node[1], "futex"), UNLOGGED_NOT_HOT);
	all = merge_fleet(&hot_fleet, false);
	assert_int_equal(unlogged_hot_of(all, "futex"), UNLOGGED_ASSUMED);

	evidence_run(form_fleet.node[1], 2)->unlogged.blind |= (uint64_t)1 << argument_by_name("clone");
	forms = merge_fleet(&form_fleet, false);
	assert_int_equal(form(form_fleet.node[0], "clone"), UNLOGGED_NARROW);
	assert_int_equal(form(forms, "clone"), UNLOGGED_UNKNOWN);
}

static void keeps_what_runs_tell(void **state)
{
	static const char *const nodes[NODES] = {"l mkdir read;q write", "l chdir"};
	cleanup_with(fleet_done) struct fleet f = play_all(nodes);
	cleanup_evidence struct evidence *all = NULL, *file = NULL;
	const struct evidence_run *const *runs = NULL;
	uint64_t fresh = 0;
	size_t n;

	unlogged_opened(evidence_run(f.node[0], 1), "mkdir");
	all = merge_fleet(&f, false);
	file = reread(all, NULL, NULL);
	n = evidence_runs(file, &runs);
	assert_int_equal(n, 3);
	for (size_t i = 0; i < n; i++)
		fresh += runs[i]->fresh;
	assert_int_equal(fresh, 4);
	assert_true(unlogged_since(file) == T0);
	for (size_t i = 0; i < n; i++)
		fresh += names_have(&runs[i]->opened, "mkdir") ? 100 : 0;
	assert_int_equal(fresh, 104);
}

/* More names than a file may list. */
static void too_many_names_are_refused(void **state)
{
	cleanup_with(fleet_done) struct fleet f = {0};
	const struct evidence *in[NODES];
	struct evidence *ret = NULL;
	struct err err = {0};

	for (; f.count < NODES; f.count++) {
		uint64_t no;

		assert_int_equal(evidence_new("web", &f.node[f.count], NULL), 0);
		no = begin(f.node[f.count]);
		evidence_run(f.node[f.count], no)->unlogged.on = true;
		for (int k = 0; k < 200; k++) {
			char name[32];

			snprintf(name, sizeof(name), "n%zu_%d", f.count, k);
			assert_int_equal(names_add(&evidence_run(f.node[f.count], no)->unlogged.assumed, name), 0);
		}
		in[f.count] = f.node[f.count];
	}
	assert_int_equal(evidence_merge(in, NODES, "web", NULL, &ret, &err), -ENOSPC);
	assert_non_null(strstr(err.msg, "assume more than 512"));
}

/* How far a profile would let the call pass: not at all, in its harmless form (0 would do for less), whole. */
static int level_of(const struct evidence *ev, const char *name)
{
	const struct evidence_call *const *calls = NULL;
	size_t n = evidence_calls(ev, &calls);
	int place = argument_by_name(name);
	char other[SYSCALL_NAME_MAX];

	for (size_t i = 0; i < n; i++)
		if (calls[i]->phase == EVIDENCE_WORKLOAD && calls[i]->count && syscall_name(calls[i]->arch, calls[i]->nr, other) &&
		    strcmp(other, name) == 0)
			return place >= 0 && unlogged_is_narrowed(ev, place) ? 1 : 2;
	if (unlogged_hot_of(ev, name) == UNLOGGED_ASSUMED || unlogged_hot_of(ev, name) == UNLOGGED_KEPT)
		return 2;
	return place >= 0 && unlogged_has_passed(ev, place) ? 1 : 0;
}

static const char *const universe[] = {"clone", "clone3", "socket", "futex", "poll", "read", "mkdir"};
#define UNIVERSE (sizeof(universe) / sizeof(*universe))

struct want {
	char scripts[NODES][256];
	int level[UNIVERSE];
	bool complete;
};

static void check_levels(const struct evidence *ev, const void *arg)
{
	const struct want *w = arg;

	if (is_complete(ev) != w->complete)
		fail_msg("%s | %s | %s: complete: %d", w->scripts[0], w->scripts[1], w->scripts[2], is_complete(ev));
	for (size_t i = 0; i < UNIVERSE; i++) {
		int level = level_of(ev, universe[i]);

		/* Never tighter than one node needs; no looser either, unless a proof went with a verdict. */
		if (level < w->level[i] || (w->complete && level != w->level[i]) || (!w->level[i] && level == 1))
			fail_msg("%s | %s | %s: %s: %d, wanted %d", w->scripts[0], w->scripts[1], w->scripts[2], universe[i], level,
				 w->level[i]);
	}
}

static uint64_t next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed >> 11;
}

static void add_history(uint64_t *seed, char *script, size_t size)
{
	for (uint64_t runs = 1 + next(seed) % 4; runs > 0; runs--) {
		uint64_t flag = next(seed) % 24;
		size_t at = strlen(script);

		snprintf(script + at, size - at, "%s%c%s", at && script[at - 1] != '=' ? ";" : "", "lqhehq"[next(seed) % 6],
			 flag == 0 ? "x" : flag == 1 ? "+" : "");
		for (uint64_t calls = next(seed) % 3; calls > 0; calls--) {
			at = strlen(script);
			snprintf(script + at, size - at, " %s", universe[next(seed) % UNIVERSE]);
		}
	}
}

/* Whatever happened on the nodes: the merged profile is the union of theirs, and complete where all are. */
static void any_histories(void **state)
{
	uint64_t seed = 0x9e3779b97f4a7c15u;

	for (int round = 0; round < 1500; round++) {
		struct want w = {.complete = true};
		const char *const scripts[NODES] = {w.scripts[0], w.scripts[1], w.scripts[2]};
		cleanup_with(fleet_done) struct fleet f = {0};

		for (size_t i = 0; i < NODES; i++) {
			if (i == 2 && round % 3 == 0)
				snprintf(w.scripts[i], sizeof(w.scripts[i]), "=%.120s", w.scripts[0]);
			add_history(&seed, w.scripts[i], sizeof(w.scripts[i]));
		}
		f = play_all(scripts);
		for (size_t i = 0; i < f.count; i++) {
			w.complete &= is_complete(f.node[i]);
			for (size_t k = 0; k < UNIVERSE; k++)
				if (level_of(f.node[i], universe[k]) > w.level[k])
					w.level[k] = level_of(f.node[i], universe[k]);
		}
		each_way(&f, check_levels, &w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms),
		cmocka_unit_test(hot_set),
		cmocka_unit_test(stamps_what_is_not_held),
		cmocka_unit_test(proofs_are_those_of_both_sights),
		cmocka_unit_test(keeps_what_runs_tell),
		cmocka_unit_test(too_many_names_are_refused),
		cmocka_unit_test(any_histories),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
