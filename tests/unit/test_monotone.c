/* Evidence is monotone: random histories of one key's runs against a model that knows what each run did, shown or not.
 *
 * The model shares nothing with seccomp/evidence but the table of arguments: it plays the kernel (what a filter of these lists logs), keeps the truth of
 * each run, and says of each call how far the profile must let it pass, and how far at most. */
#include "seccomp/profile/profile.h"
#include "tests/unit/unlogged_history.h"

#include <stdio.h>

#ifdef __SANITIZE_ADDRESS__
#define HISTORIES 20000
#else
#define HISTORIES 200000
#endif
#define BUILT     16 /* of so many histories one is written, read again, and made a profile */
#define RUNS      6
#define LIVE      3

enum { NO, HARMLESS, WHOLE }; /* how far a call passes */

static const char *const universe[] = {"mkdir", "read", "futex", "clone", "socket", "prctl", "clone3"};
#define CALLS ((int)(sizeof(universe) / sizeof(*universe)))
enum { MKDIR, READ, FUTEX, CLONE, SOCKET, PRCTL, CLONE3 };

static bool has_form(int c)
{
	return c >= CLONE;
}

/* What one run's filter does with a call, and what the run did with it. */
struct model_run {
	int passes[CALLS];  /* unlogged: NO, HARMLESS (of clone3: is answered with ENOSYS), WHOLE */
	int did[CALLS];     /* the truth */
	bool showed[CALLS]; /* there was a record */
	bool looked[CALLS]; /* it logs a call that a run before it took for granted */
	bool live, stamped;
};

struct model {
	struct model_run run[RUNS];
	int count;
};

static bool binds(const struct model_run *r)
{
	return !r->stamped;
}

static bool is_complete(const struct model_run *r)
{
	return !r->stamped && !r->live;
}

static bool was_shown(const struct model *m, int c)
{
	for (int i = 0; i < m->count; i++)
		if (m->run[i].showed[c])
			return true;
	return false;
}

/* What complete runs, and those that may become so, have done: the profile must let it pass. */
static int truth(const struct model *m, int c)
{
	int level = NO;

	for (int i = 0; i < m->count; i++)
		if (binds(&m->run[i]) && m->run[i].did[c] > level)
			level = m->run[i].did[c];
	return level;
}

/* A call without a form: shown, let pass by a run that binds, or let pass and never looked for by a complete one. */
static int expect_plain(const struct model *m, int c)
{
	bool passed = false, bound = false, looked = false;

	for (int i = 0; i < m->count; i++) {
		const struct model_run *r = &m->run[i];

		passed |= r->passes[c] == WHOLE;
		bound |= r->passes[c] == WHOLE && binds(r);
		looked |= r->looked[c] && is_complete(r);
	}
	return was_shown(m, c) || bound || (passed && !looked) ? WHOLE : NO;
}

/* One with a form. Beyond it: shown so, or used or let pass by a run that binds and did not tell forms apart. */
static int expect_form(const struct model *m, int c)
{
	bool beyond = false, blind = false, passed = false, proved = false;

	for (int i = 0; i < m->count; i++) {
		const struct model_run *r = &m->run[i];

		beyond |= r->passes[c] == HARMLESS && r->showed[c];
		blind |= binds(r) && (r->passes[c] == WHOLE || (r->passes[c] == NO && r->showed[c]));
		passed |= binds(r) && r->passes[c] == HARMLESS;
		proved |= is_complete(r) && r->passes[c] == HARMLESS;
	}
	if (beyond || (was_shown(m, c) && (blind || !proved)))
		return WHOLE;
	if (c == CLONE3)
		return was_shown(m, c) && !was_shown(m, CLONE) ? WHOLE : NO;
	return was_shown(m, c) || passed ? HARMLESS : NO;
}

static int expect(const struct model *m, int c)
{
	return has_form(c) ? expect_form(m, c) : expect_plain(m, c);
}

struct history {
	struct evidence *ev;
	struct model m;
	uint64_t seed;
	struct json_doc *stale; /* an offer of an earlier time; NULL: none yet */
	char log[1024];
};

static uint64_t next(struct history *h)
{
	h->seed ^= h->seed << 13;
	h->seed ^= h->seed >> 7;
	h->seed ^= h->seed << 17;
	return h->seed >> 11;
}

static void note(struct history *h, const char *what, int run, int call)
{
	size_t at = strlen(h->log);

	snprintf(h->log + at, sizeof(h->log) - at, " %s%d%s%s", what, run + 1, call < 0 ? "" : ":", call < 0 ? "" : universe[call]);
}

static bool lists(const struct json_doc *offer, const char *member, const char *name, bool form)
{
	size_t len = strlen(name);

	for (const struct json *e = json_first(json_get(json_root(offer), member)); e; e = json_next(e))
		if (strncmp(json_text(e), name, len) == 0 && json_text(e)[len] == (form ? ':' : '\0'))
			return true;
	return false;
}

static void load_filter(struct model_run *r, const struct json_doc *offer)
{
	for (int c = 0; offer && c < CALLS; c++) {
		if (lists(offer, "names", universe[c], false) || lists(offer, "assumed", universe[c], false))
			r->passes[c] = WHOLE;
		else if (has_form(c) && lists(offer, "forms", universe[c], true))
			r->passes[c] = HARMLESS;
	}
}

/* Assumed by a run before it, and logged by this one that took an offer: it would show. */
static void look(struct history *h, struct model_run *r, const struct json_doc *offer)
{
	for (int c = 0; offer && c < CLONE; c++)
		for (int i = 0; i < h->m.count && r->passes[c] == NO && !was_shown(&h->m, c); i++)
			r->looked[c] |= h->m.run[i].passes[c] == WHOLE;
}

static struct json_doc *ask(struct history *h)
{
	static const char *const sets[][3] = {{"futex", "read"}, {"read"}, {"clone", "futex", "socket"}};
	uint64_t r = next(h);
	const char *hot[3];
	struct unlogged_calls_wish wish = {.experiments = r % 4 == 0, .loud = r % 7 == 0, .hot = hot};

	for (; r % 3 && wish.hot_count < 3 && sets[r / 8 % 3][wish.hot_count]; wish.hot_count++)
		hot[wish.hot_count] = sets[r / 8 % 3][wish.hot_count];
	unlogged_saved(h->ev, unlogged_learnt(h->ev));
	return offer(h->ev, &wish);
}

static void begin_run(struct history *h)
{
	cleanup_json struct json_doc *fresh = NULL;
	struct model_run r = {.live = true};
	const struct json_doc *taken = NULL;
	uint64_t how = next(h) % 8, no;
	struct err err = {0};

	if (how > 0)
		taken = fresh = ask(h);
	if (how == 1 && h->stale)
		taken = h->stale;
	no = begin(h->ev);
	if (taken && unlogged_accept(h->ev, no, taken, json_root(taken), &err) < 0)
		fail_msg("%s", err.msg);
	load_filter(&r, taken);
	look(h, &r, taken);
	note(h, how == 0 ? "all" : how == 1 ? "stale" : "begin", h->m.count, -1);
	h->m.run[h->m.count++] = r;
	if (!h->stale && fresh)
		h->stale = steal_ptr(&fresh);
}

static void use(struct history *h, int run, int c, int form)
{
	struct model_run *r = &h->m.run[run];

	/* As a C library does. */
	if (c == CLONE3 && r->passes[c] == HARMLESS) {
		use(h, run, CLONE, HARMLESS);
		return;
	}
	note(h, form == WHOLE && has_form(c) ? "beyond" : "use", run, c);
	if (form > r->did[c])
		r->did[c] = form;
	if (form <= r->passes[c])
		return;
	r->showed[c] = true;
	call(h->ev, (uint64_t)run + 1, universe[c]);
}

static void end_run(struct history *h, int run, bool stamp)
{
	note(h, stamp ? "lost" : "end", run, -1);
	if (stamp)
		evidence_run(h->ev, (uint64_t)run + 1)->reasons |= REASON_BIT(OVERRUN);
	h->m.run[run].stamped = stamp;
	h->m.run[run].live = false;
	end(h->ev, (uint64_t)run + 1);
}

/* In a profile. */
static int level_of(const struct profile *p, const char *name)
{
	const struct profile_rule *rule = profile_find(p, name);

	return !rule ? NO : rule->masked ? HARMLESS : WHOLE;
}

/* The same from the evidence, as profile_build() asks it. */
static int level_in(const struct evidence *ev, int c)
{
	int place = argument_by_name(universe[c]);
	enum unlogged_hot hot = unlogged_hot_of(ev, universe[c]);
	const struct evidence_call *const *calls = NULL;
	bool used = false;
	uint32_t nr = 0;
	size_t n = evidence_calls(ev, &calls);

	assert_int_equal(syscall_number(arch_get(ARCH_X86_64), universe[c], &nr), 0);
	for (size_t i = 0; i < n && !used; i++)
		used = calls[i]->nr == nr && calls[i]->count;
	if (used && (place < 0 || !unlogged_is_narrowed(ev, place)))
		return WHOLE;
	if (hot == UNLOGGED_ASSUMED || hot == UNLOGGED_KEPT)
		return WHOLE;
	return place >= 0 && c != CLONE3 && (used || unlogged_has_passed(ev, place)) ? HARMLESS : NO;
}

static void check_call(const struct history *h, int c, int level, int want)
{
	if (level < truth(&h->m, c))
		fail_msg("%s: %s passes %d, a complete run did %d", h->log, universe[c], level, truth(&h->m, c));
	if (level != want)
		fail_msg("%s: %s passes %d, wanted %d", h->log, universe[c], level, want);
}

static void check(const struct history *h)
{
	for (int c = 0; c < CALLS; c++)
		check_call(h, c, level_in(h->ev, c), expect(&h->m, c));
}

static void check_profile(const struct history *h)
{
	const struct profile_inputs in = {.evidence = h->ev, .errno_ret = 38};
	cleanup_profile struct profile *p = NULL;

	assert_int_equal(profile_build(&in, &p, NULL, NULL), 0);
	for (int c = 0; c < CALLS; c++) {
		/* The older sibling of each call that is allowed whole is in every profile. */
		bool sibling = c == CLONE && level_of(p, "clone3") == WHOLE;

		check_call(h, c, level_of(p, universe[c]), sibling ? WHOLE : expect(&h->m, c));
	}
}

static int pick_live(struct history *h)
{
	int live[RUNS], n = 0;

	for (int i = 0; i < h->m.count; i++)
		if (h->m.run[i].live)
			live[n++] = i;
	return n ? live[next(h) % (uint64_t)n] : -1;
}

static int count_live(const struct history *h)
{
	int n = 0;

	for (int i = 0; i < h->m.count; i++)
		n += h->m.run[i].live;
	return n;
}

static void step(struct history *h)
{
	uint64_t what = next(h) % 10;
	int run = pick_live(h);

	if (run < 0 || (what < 2 && count_live(h) < LIVE && h->m.count < RUNS)) {
		if (h->m.count < RUNS)
			begin_run(h);
	} else if (what < 7) {
		int c = (int)(next(h) % CALLS);

		use(h, run, c, c == CLONE3 || !has_form(c) || next(h) % 3 == 0 ? WHOLE : HARMLESS);
	} else {
		end_run(h, run, what == 9 && next(h) % 3 == 0);
	}
}

/* As a recorder does that ends and another that begins, or `snug` that reads the file. */
static void write_and_read(struct history *h)
{
	struct evidence *again = reread(h->ev, NULL, NULL);

	evidence_free(h->ev);
	h->ev = again;
}

static void histories(void **state)
{
	const char *only = getenv("SNUG_HISTORIES");
	uint64_t n = only ? strtoull(only, NULL, 10) : HISTORIES;

	for (uint64_t i = 0; i < n; i++) {
		struct history h = {.ev = make(), .seed = (i + 1) * 0x9e3779b97f4a7c15u};
		int steps = 4 + (int)(next(&h) % 20);

		while (steps-- > 0)
			step(&h);
		check(&h);
		if (i % BUILT == 0) {
			write_and_read(&h);
			check(&h);
			check_profile(&h);
		}
		evidence_free(h.ev);
		json_free(h.stale);
	}
}

/* The list of runs is bounded; what those that left it leave open is not forgotten. */
static void runs_that_left_the_list(void **state)
{
	static const char *hot[] = {"futex", "socket"};
	const struct unlogged_calls_wish wish = {.hot = hot, .hot_count = 2};
	cleanup_evidence struct evidence *ev = make(), *again = NULL;
	struct profile_inputs in = {.errno_ret = 38};
	cleanup_profile struct profile *p = NULL;
	uint64_t no = begin(ev);

	call(ev, no, "clone"); /* in which form? */
	end(ev, no);
	no = begin_unlogged(ev, &wish); /* it may have used futex, and the harmless form of socket */
	end(ev, no);
	for (int i = 0; i < EVIDENCE_RUNS_MAX + 10; i++) {
		no = begin_unlogged(ev, NULL);
		end(ev, no);
	}
	assert_true(evidence_runs_dropped(ev) > 2);
	again = reread(ev, NULL, NULL);
	assert_int_equal(form(again, "clone"), UNLOGGED_UNKNOWN);
	assert_int_equal(unlogged_hot_of(again, "futex"), UNLOGGED_KEPT);
	in.evidence = again;
	assert_int_equal(profile_build(&in, &p, NULL, NULL), 0);
	assert_int_equal(level_of(p, "clone"), WHOLE);
	assert_int_equal(level_of(p, "futex"), WHOLE);
	assert_int_equal(level_of(p, "socket"), HARMLESS);
	assert_int_equal(level_of(p, "prctl"), HARMLESS);
	assert_int_equal(level_of(p, "mkdir"), NO);
}

/* A file of before "blind" was written down: what it calls narrow is not believed, what is wide stays. */
static void older_files(void **state)
{
	cleanup_evidence struct evidence *ev = make(), *old = NULL;
	uint64_t no = begin(ev);

	evidence_run(ev, no)->reasons |= REASON_BIT(OVERRUN);
	call(ev, no, "clone");
	end(ev, no);
	no = begin_unlogged(ev, NULL);
	end(ev, no);
	assert_int_equal(form(ev, "clone"), UNLOGGED_NARROW);
	evidence_run(ev, 1)->reasons = 0;
	old = reread(ev, "  \"blind\": [],\n", "");
	assert_int_equal(form(old, "clone"), UNLOGGED_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(histories),
		cmocka_unit_test(runs_that_left_the_list),
		cmocka_unit_test(older_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
