/* Evidence: what is booked and bounded, and above all which run may be called complete. */
#include "base/cleanup.h"
#include "seccomp/evidence/evidence.h"

#include <errno.h>
#include <linux/audit.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define T0 1769860800000u /* 2026-01-31T12:00:00Z */

static struct record_field field(const char *s)
{
	struct record_field f = {.p = s, .len = s ? strlen(s) : 0};
	return f;
}

static struct record record(uint32_t arch, uint32_t nr, uint64_t ms, const char *comm, const char *exe)
{
	struct record r = {.arch = arch, .nr = nr, .time_ms = ms, .comm = field(comm), .exe = field(exe)};
	return r;
}

static struct evidence *make(void)
{
	struct evidence *ev = NULL;
	assert_int_equal(evidence_new("web", &ev, NULL), 0);
	return ev;
}

static uint64_t begin(struct evidence *ev, enum evidence_mode mode, reason_set reasons)
{
	struct evidence_run init = {.mode = mode, .started_ms = T0, .reasons = reasons};
	uint64_t no = 0;
	assert_int_equal(evidence_run_begin(ev, &init, &no, NULL), 0);
	return no;
}

static int add_call(struct evidence *ev, uint64_t run, uint32_t nr)
{
	struct record r = record(AUDIT_ARCH_X86_64, nr, T0 + 1000, "p", "/p");
	return evidence_add(ev, run, EVIDENCE_WORKLOAD, EVIDENCE_USED, &r);
}

static const struct evidence_call *find(const struct evidence *ev, uint32_t nr, enum evidence_phase phase)
{
	static const struct evidence_call none;
	const struct evidence_call *const *calls = NULL;
	size_t n = evidence_calls(ev, &calls);
	for (size_t i = 0; i < n; i++)
		if (calls[i]->nr == nr && calls[i]->phase == phase)
			return calls[i];
	fail_msg("no call %u in phase %s", nr, evidence_phase_name(phase));
	return &none;
}

/* Parses a copy that ends where its memory ends, so that a read beyond it is seen by ASan. */
static int parse(const char *text, size_t len, struct evidence **ret, struct err *err)
{
	cleanup_free char *copy = malloc(len ? len : 1);
	assert_non_null(copy);
	memcpy(copy, text, len);
	return evidence_parse(copy, len, "f", ret, err);
}

static void tells_what_is_news(void **state)
{
	static const struct {
		uint32_t nr;
		enum evidence_phase phase;
		enum evidence_use use;
		const char *comm, *exe;
		int news;
	} steps[] = {
		{0, EVIDENCE_WORKLOAD, EVIDENCE_USED, "a", "/a", 1},
		{0, EVIDENCE_WORKLOAD, EVIDENCE_USED, "a", "/a", 0},
		{0, EVIDENCE_WORKLOAD, EVIDENCE_USED, "b", "/a", 1},
		{0, EVIDENCE_WORKLOAD, EVIDENCE_USED, "a", "/a", 0},
		{0, EVIDENCE_WORKLOAD, EVIDENCE_USED, "b", "/a", 0},
		{0, EVIDENCE_WORKLOAD, EVIDENCE_USED, "b", "/b", 1},
		{0, EVIDENCE_WORKLOAD, EVIDENCE_DENIED, "b", "/b", 1},
		{0, EVIDENCE_WORKLOAD, EVIDENCE_DENIED, "b", "/b", 0},
		{0, EVIDENCE_WORKLOAD, EVIDENCE_AUDITED, "b", "/b", 1},
		{0, EVIDENCE_WORKLOAD, EVIDENCE_AUDITED, "a", "/b", 0},
		{0, EVIDENCE_HOOK, EVIDENCE_USED, "a", "/a", 1},
		{0, EVIDENCE_RUNTIME, EVIDENCE_USED, "a", NULL, 1},
		{0, EVIDENCE_RUNTIME, EVIDENCE_USED, NULL, NULL, 0},
		{1, EVIDENCE_WORKLOAD, EVIDENCE_USED, NULL, NULL, 1},
		{1, EVIDENCE_WORKLOAD, EVIDENCE_USED, "", NULL, 1},
		{1, EVIDENCE_WORKLOAD, EVIDENCE_USED, "", NULL, 0},
	};
	cleanup_evidence struct evidence *ev = make();
	uint64_t run = begin(ev, EVIDENCE_LEARN, 0);
	const struct evidence_call *c;
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		struct record r = record(AUDIT_ARCH_X86_64, steps[i].nr, T0 + 100 - i, steps[i].comm, steps[i].exe);
		if (evidence_add(ev, run, steps[i].phase, steps[i].use, &r) != steps[i].news)
			fail_msg("step %zu", i);
	}
	c = find(ev, 0, EVIDENCE_WORKLOAD);
	assert_true(c->count == 6 && c->denied == 2 && c->audited == 2 && c->runs == 1 && !c->more);
	assert_true(c->first_ms == T0 + 91 && c->last_ms == T0 + 100);
	assert_true(evidence_run(ev, run)->records == ARRAY_SIZE(steps));
	assert_string_equal(evidence_comm(ev, find(ev, 1, EVIDENCE_WORKLOAD), 0), "");
}

/* Enough of them that slots collide: the phase is part of what is compared. */
static void keeps_phases_apart(void **state)
{
	cleanup_evidence struct evidence *ev = make();
	uint64_t run = begin(ev, EVIDENCE_LEARN, 0);
	const struct evidence_call *const *calls;
	for (uint32_t i = 0; i < 3 * 1300; i++) {
		struct record r = record(AUDIT_ARCH_X86_64, i / 3, T0, "p", "/p");
		assert_int_equal(evidence_add(ev, run, (enum evidence_phase)(i % 3), EVIDENCE_USED, &r), 1);
	}
	assert_int_equal(evidence_calls(ev, &calls), 3 * 1300);
}

static void counts_runs(void **state)
{
	cleanup_evidence struct evidence *ev = make();
	uint64_t a = begin(ev, EVIDENCE_LEARN, 0), b = begin(ev, EVIDENCE_LEARN, 0);
	const uint64_t order[] = {a, b, a, b, b};
	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		for (uint32_t nr = 0; nr < 300; nr++)
			assert_int_equal(add_call(ev, order[i], nr), i == 0);
	for (uint32_t nr = 0; nr < 300; nr++)
		assert_true(find(ev, nr, EVIDENCE_WORKLOAD)->runs == 2 && find(ev, nr, EVIDENCE_WORKLOAD)->count == 5);
}

static void bounds_who(void **state)
{
	cleanup_evidence struct evidence *ev = make(), *again = NULL;
	cleanup_buf struct buf out = {0};
	uint64_t run = begin(ev, EVIDENCE_LEARN, 0);
	const struct evidence_call *c;
	char comm[1001], exe[1001], number[12];
	int news = 0;
	for (int i = 0; i < 1000; i++) {
		struct record r;
		/* Long and hostile, with the part that differs within what is kept. */
		memset(comm, 0x1b, sizeof(comm) - 1);
		memset(exe, 0x07, sizeof(exe) - 1);
		comm[1000] = exe[1000] = '\0';
		snprintf(number, sizeof(number), "%07d", i);
		memcpy(comm, number, 7);
		memcpy(exe, number, 7);
		r = record(AUDIT_ARCH_X86_64, 0, T0, comm, exe);
		news += evidence_add(ev, run, EVIDENCE_WORKLOAD, EVIDENCE_USED, &r);
	}
	assert_int_equal(news, EVIDENCE_WHO_MAX + 1);
	c = find(ev, 0, EVIDENCE_WORKLOAD);
	assert_true(c->more && c->count == 1000);
	for (size_t i = 0; i < EVIDENCE_WHO_MAX; i++) {
		assert_int_equal(strlen(evidence_comm(ev, c, i)), 7 + (64 - 7) * 4);
		assert_int_equal(strlen(evidence_exe(ev, c, i)), 7 + (256 - 7) * 4);
		assert_null(strpbrk(evidence_exe(ev, c, i), "\n\a"));
	}
	assert_int_equal(evidence_write(ev, &out, NULL), 0);
	assert_int_equal(parse(out.data, out.len, &again, NULL), 0);
	assert_true(find(again, 0, EVIDENCE_WORKLOAD)->more);
}

/* However many calls a container makes under ever new names: the key keeps so many, and a known one is still told. */
static void bounds_names(void **state)
{
	cleanup_evidence struct evidence *ev = make(), *again = NULL;
	cleanup_buf struct buf out = {0};
	uint64_t run = begin(ev, EVIDENCE_LEARN, 0);
	struct record known = record(AUDIT_ARCH_X86_64, 400, T0, "n0", "n0");
	size_t kept = 0;

	for (uint32_t i = 0; i < 1000; i++) {
		char name[16];

		snprintf(name, sizeof(name), "n%u", i);
		struct record r = record(AUDIT_ARCH_X86_64, i % 300, T0, name, name);

		assert_true(evidence_add(ev, run, EVIDENCE_WORKLOAD, EVIDENCE_USED, &r) >= 0);
	}
	for (uint32_t i = 0; i < 300; i++)
		for (size_t k = 0; evidence_comm(ev, find(ev, i, EVIDENCE_WORKLOAD), k); k++)
			kept++;
	assert_int_equal(kept, EVIDENCE_NAMES_MAX);
	assert_true(find(ev, 299, EVIDENCE_WORKLOAD)->more);
	evidence_add(ev, run, EVIDENCE_WORKLOAD, EVIDENCE_USED, &known);
	assert_string_equal(evidence_exe(ev, find(ev, 400, EVIDENCE_WORKLOAD), 0), "n0");
	assert_int_equal(evidence_write(ev, &out, NULL), 0);
	assert_int_equal(parse(out.data, out.len, &again, NULL), 0);
}

/* Two exes that differ beyond what is kept are one text, and stand there once. */
static void cuts_before_it_compares(void **state)
{
	cleanup_evidence struct evidence *ev = make();
	uint64_t run = begin(ev, EVIDENCE_LEARN, 0);
	char exe[301] = {0};
	memset(exe, 'x', 300);
	for (int i = 0; i < 3; i++) {
		struct record r = record(AUDIT_ARCH_X86_64, 0, T0, "c", exe);
		exe[299] = (char)('a' + i);
		assert_int_equal(evidence_add(ev, run, EVIDENCE_WORKLOAD, EVIDENCE_USED, &r), i == 0);
	}
	assert_null(evidence_exe(ev, find(ev, 0, EVIDENCE_WORKLOAD), 1));
}

static void bounds_calls(void **state)
{
	cleanup_evidence struct evidence *ev = make(), *again = NULL;
	cleanup_buf struct buf out = {0};
	uint64_t run = begin(ev, EVIDENCE_LEARN, 0);
	const struct evidence_call *const *calls;
	for (uint32_t i = 0; i < EVIDENCE_CALLS_MAX; i++)
		assert_int_equal(add_call(ev, run, i * 7919), 1);
	assert_false(evidence_run(ev, run)->reasons & REASON_BIT(OVERFLOW));
	assert_int_equal(add_call(ev, run, 0x3fffffff), -ENOSPC);
	assert_true(evidence_run(ev, run)->reasons & REASON_BIT(OVERFLOW));
	assert_int_equal(add_call(ev, run, 7919), 0);
	assert_int_equal(evidence_calls(ev, &calls), EVIDENCE_CALLS_MAX);
	assert_true(evidence_run(ev, run)->records == EVIDENCE_CALLS_MAX + 2);
	assert_int_equal(evidence_write(ev, &out, NULL), 0);
	assert_int_equal(parse(out.data, out.len, &again, NULL), 0);
	assert_int_equal(evidence_calls(again, &calls), EVIDENCE_CALLS_MAX);
}

static void stamps_what_it_cannot_book(void **state)
{
	cleanup_evidence struct evidence *ev = make();
	uint64_t run = begin(ev, EVIDENCE_LEARN, 0);
	struct record r = record(0x12345678, 1, T0, "p", "/p");
	const struct evidence_call *const *calls;
	assert_int_equal(evidence_add(ev, run, EVIDENCE_WORKLOAD, EVIDENCE_USED, &r), 1);
	assert_int_equal(evidence_add(ev, run, EVIDENCE_WORKLOAD, EVIDENCE_USED, &r), 0);
	assert_true(evidence_run(ev, run)->reasons == (REASON_BIT(RUNNING) | REASON_BIT(UNKNOWN_ARCH)));
	assert_int_equal(evidence_calls(ev, &calls), 0);
	assert_int_equal(add_call(ev, run + 1, 0), -ENOENT);
	assert_null(evidence_run(ev, run + 1));
	run = begin(ev, EVIDENCE_LEARN, 0);
	evidence_run_end(ev, run, T0 + 1);
	assert_true(evidence_run(ev, run)->reasons == 0);
	assert_int_equal(add_call(ev, run, 0), 1);
	assert_true(evidence_run(ev, run)->reasons == REASON_BIT(LATE_RECORD));
}

static void tells_x32_and_minus_one_apart(void **state)
{
	cleanup_evidence struct evidence *ev = make();
	uint64_t run = begin(ev, EVIDENCE_LEARN, 0);
	assert_int_equal(add_call(ev, run, 0), 1);
	assert_int_equal(add_call(ev, run, ARCH_X32_BIT), 1);
	assert_int_equal(add_call(ev, run, UINT32_MAX), 1);
	assert_int_equal(find(ev, 0, EVIDENCE_WORKLOAD)->arch->id, ARCH_X86_64);
	assert_int_equal(find(ev, ARCH_X32_BIT, EVIDENCE_WORKLOAD)->arch->id, ARCH_X32);
	assert_int_equal(find(ev, UINT32_MAX, EVIDENCE_WORKLOAD)->arch->id, ARCH_X86_64);
}

static void drops_old_runs(void **state)
{
	cleanup_evidence struct evidence *ev = make();
	const struct evidence_run *const *runs = NULL;
	uint64_t live = begin(ev, EVIDENCE_AUDIT, 0), learnt = begin(ev, EVIDENCE_LEARN, 0), no = 0;
	struct evidence_verdict v;
	evidence_run_end(ev, learnt, T0 + 1);
	for (int i = 0; i < EVIDENCE_RUNS_MAX + 5; i++) {
		no = begin(ev, EVIDENCE_AUDIT, 0);
		evidence_run_end(ev, no, T0 + 2);
	}
	assert_int_equal(evidence_runs(ev, &runs), EVIDENCE_RUNS_MAX);
	assert_true(evidence_runs_dropped(ev) == 7);
	assert_non_null(evidence_run(ev, live));
	assert_non_null(evidence_run(ev, learnt));
	assert_null(evidence_run(ev, learnt + 1));
	assert_non_null(evidence_run(ev, no));
	assert_true(runs[0]->no == live && runs[EVIDENCE_RUNS_MAX - 1]->no == no);
	evidence_evaluate(ev, &v);
	assert_true(v.complete);
}

static void makes_run_strings_safe(void **state)
{
	cleanup_evidence struct evidence *ev = make(), *again = NULL;
	cleanup_buf struct buf out = {0};
	cleanup_free char *huge = calloc(1, 10001);
	struct evidence_run init = {.container = (char[]){"a\n\xff"}, .root = huge};
	uint64_t no = 0;
	assert_non_null(huge);
	memset(huge, 0x80, 10000);
	assert_int_equal(evidence_run_begin(ev, &init, &no, NULL), 0);
	assert_string_equal(evidence_run(ev, no)->container, "a\\x0a\\xff");
	assert_string_equal(evidence_run(ev, no)->kernel, "");
	assert_int_equal(evidence_write(ev, &out, NULL), 0);
	assert_int_equal(parse(out.data, out.len, &again, NULL), 0);
	assert_int_equal(evidence_new("w\x1b", &again, NULL), -EINVAL);
}

static void checks_the_shape(void **state)
{
	static const char *const bad[] = {"", "[]", "{", "{},\"x\":{}", "{}}", "{\"a\":1,\"a\":2}"};
	cleanup_evidence struct evidence *ev = make();
	cleanup_buf struct buf deep = {0};
	assert_null(evidence_shape(ev));
	assert_int_equal(evidence_set_shape(ev, "{\"a\": 1}", NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(evidence_set_shape(ev, bad[i], NULL), -EINVAL);
	for (int i = 0; i < JSON_DEPTH_MAX; i++)
		buf_adds(&deep, "{\"a\":");
	buf_adds(&deep, "1");
	for (int i = 0; i < JSON_DEPTH_MAX; i++)
		buf_adds(&deep, "}");
	assert_true(evidence_set_shape(ev, deep.data, NULL) < 0);
	assert_string_equal(evidence_shape(ev), "{\"a\": 1}");
}

#define ENDED 1
#define LIVE  0
/* Runs in order, and the verdict over them. */
static const struct {
	struct {
		enum evidence_mode mode;
		int ended;
		reason_set reasons;
	} runs[3];
	size_t count;
	bool complete;
	size_t learn, whole, live;
	reason_set reasons;
} verdicts[] = {
	{.count = 0, .complete = false},
	{{{EVIDENCE_AUDIT, ENDED, 0}}, 1, false, 0, 0, 0, 0},
	{{{EVIDENCE_ENFORCE, ENDED, 0}}, 1, false, 0, 0, 0, 0},
	{{{EVIDENCE_LEARN, ENDED, 0}}, 1, true, 1, 1, 0, 0},
	{{{EVIDENCE_LEARN, LIVE, 0}}, 1, false, 1, 0, 1, REASON_BIT(RUNNING)},
	{{{EVIDENCE_LEARN, ENDED, REASON_BIT(OVERRUN)}}, 1, false, 1, 0, 0, REASON_BIT(OVERRUN)},
	/* The newest counts, for good and for bad. */
	{{{EVIDENCE_LEARN, ENDED, REASON_BIT(OVERRUN)}, {EVIDENCE_LEARN, ENDED, 0}}, 2, true, 2, 1, 0, 0},
	{{{EVIDENCE_LEARN, ENDED, 0}, {EVIDENCE_LEARN, ENDED, REASON_BIT(LOG_OFF)}},
	 2,
	 false,
	 2,
	 1,
	 0,
	 REASON_BIT(LOG_OFF)},
	/* An older one still lives. */
	{{{EVIDENCE_LEARN, LIVE, 0}, {EVIDENCE_LEARN, ENDED, 0}}, 2, false, 2, 1, 1, REASON_BIT(RUNNING)},
	{{{EVIDENCE_LEARN, LIVE, 0}, {EVIDENCE_LEARN, ENDED, REASON_BIT(BARRIER)}},
	 2,
	 false,
	 2,
	 0,
	 1,
	 REASON_BIT(RUNNING) | REASON_BIT(BARRIER)},
	/* Runs that do not learn neither help nor harm. */
	{{{EVIDENCE_LEARN, ENDED, 0}, {EVIDENCE_AUDIT, LIVE, 0}, {EVIDENCE_ENFORCE, ENDED, REASON_BIT(OVERRUN)}},
	 3,
	 true,
	 1,
	 1,
	 0,
	 0},
	{{{EVIDENCE_LEARN, ENDED, REASON_BIT(RECORDER)}, {EVIDENCE_AUDIT, ENDED, 0}},
	 2,
	 false,
	 1,
	 0,
	 0,
	 REASON_BIT(RECORDER)},
};

static void check_verdict(const struct evidence *ev, size_t i)
{
	struct evidence_verdict v;
	evidence_evaluate(ev, &v);
	if (v.complete != verdicts[i].complete || v.learn_runs != verdicts[i].learn ||
	    v.complete_runs != verdicts[i].whole || v.live_runs != verdicts[i].live || v.reasons != verdicts[i].reasons)
		fail_msg("verdict %zu: complete %d learn %zu whole %zu live %zu reasons %x", i, v.complete,
			 v.learn_runs, v.complete_runs, v.live_runs, v.reasons);
}

static void evaluates(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(verdicts); i++) {
		cleanup_evidence struct evidence *ev = make(), *again = NULL;
		cleanup_buf struct buf out = {0};
		for (size_t j = 0; j < verdicts[i].count; j++) {
			uint64_t no = begin(ev, verdicts[i].runs[j].mode, verdicts[i].runs[j].reasons);
			if (verdicts[i].runs[j].ended)
				evidence_run_end(ev, no, T0 + 5);
		}
		check_verdict(ev, i);
		assert_int_equal(evidence_write(ev, &out, NULL), 0);
		assert_int_equal(parse(out.data, out.len, &again, NULL), 0);
		check_verdict(again, i);
	}
}

/* Each reason alone keeps a run from being complete, in memory and in the file. */
static void believes_no_stamped_run(void **state)
{
	for (unsigned i = 0; i < REASON_COUNT; i++) {
		cleanup_evidence struct evidence *ev = make();
		cleanup_buf struct buf out = {0};
		struct evidence_verdict v;
		uint64_t no = begin(ev, EVIDENCE_LEARN, 0);
		if (i != REASON_RUNNING)
			evidence_run_end(ev, no, T0 + 5);
		evidence_run(ev, no)->reasons = i == REASON_RUNNING ? 0 : (reason_set)1 << i;
		evidence_evaluate(ev, &v);
		assert_false(v.complete);
		assert_true(v.reasons == (reason_set)1 << i);
		assert_int_equal(evidence_write(ev, &out, NULL), 0);
		assert_null(strstr(out.data, "\"complete\": true"));
		assert_non_null(strstr(out.data, reason_code((enum reason)i)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_what_is_news),
		cmocka_unit_test(keeps_phases_apart),
		cmocka_unit_test(counts_runs),
		cmocka_unit_test(bounds_who),
		cmocka_unit_test(bounds_names), cmocka_unit_test(cuts_before_it_compares),
		cmocka_unit_test(bounds_calls),
		cmocka_unit_test(stamps_what_it_cannot_book),
		cmocka_unit_test(tells_x32_and_minus_one_apart),
		cmocka_unit_test(drops_old_runs),
		cmocka_unit_test(makes_run_strings_safe),
		cmocka_unit_test(checks_the_shape),
		cmocka_unit_test(evaluates),
		cmocka_unit_test(believes_no_stamped_run),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
