#include "tests/unit/loss_world.h"

#include "base/cleanup.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A whole checkpoint whose probe has this serial. */
static void pass(struct world *w, uint32_t serial, uint32_t lost)
{
	uint64_t want = answered(w, serial, lost);

	step(w, 1);
	assert_true(w->loss.passed >= want);
}

#define assert_stamped(w, set) assert_int_equal((w)->stamped, (set))

static void nothing_lost(void **state)
{
	struct world *w = *state;

	pass(w, 10, 5);
	for (uint32_t i = 11; i < 1000; i++)
		loss_see_serial(&w->loss, i);
	pass(w, 1000, 5);
	assert_stamped(w, 0);
	assert_int_equal(w->loss.found, 0);
	assert_true(loss_deadline(&w->loss) == UINT64_MAX);
}

/* Serials below the probe's that come behind it are waited for. */
static void reordered(void **state)
{
	struct world *w = *state;
	uint64_t want;

	pass(w, 10, 0);
	want = answered(w, 13, 0);
	step(w, 1);
	assert_true(w->loss.passed < want);
	loss_see_serial(&w->loss, 12);
	step(w, 1);
	assert_true(w->loss.passed < want);
	loss_see_serial(&w->loss, 11);
	step(w, 1);
	assert_true(w->loss.passed == want);
	assert_stamped(w, 0);
}

/* Time passes, and the recorder wakes up whenever it has to. */
static void elapse(struct world *w, uint64_t ms)
{
	for (uint64_t end = w->now_ms + ms; w->now_ms < end;) {
		uint64_t at = loss_deadline(&w->loss);

		assert_true(at > w->now_ms);
		step(w, (at < end ? at : end) - w->now_ms);
	}
}

/* A checkpoint whose probe came back without the serial before it, and whose grace is over. */
static uint64_t miss_one(struct world *w)
{
	uint64_t want;

	pass(w, 10, 0);
	want = answered(w, 12, 0);
	w->fired = 0;
	elapse(w, LOSS_GRACE_MS - 1);
	assert_int_equal(w->fired, 0);
	elapse(w, 1);
	assert_int_not_equal(w->fired, 0);
	return want;
}

/* Not the clock tells, but a second probe that comes back without it. */
static void a_serial_that_never_comes(void **state)
{
	struct world *w = *state;
	uint64_t want = miss_one(w);

	step(w, LOSS_PROBE_TIMEOUT_MS - LOSS_GRACE_MS - 1);
	assert_stamped(w, 0);
	assert_true(w->loss.passed < want);
	probe_back(w, 13);
	step(w, 1);
	assert_true(w->loss.passed == want);
	assert_stamped(w, REASON_BIT(SERIAL_GAP));
	assert_int_equal(w->loss.found, REASON_BIT(SERIAL_GAP));
	/* told once, not again */
	w->stamped = 0;
	pass(w, 14, 0);
	assert_stamped(w, 0);
}

/* Its writer was held up longer than the grace; before the second probe is back, and in front of it. */
static void a_serial_that_comes_late(void **state)
{
	struct world *w = *state;
	uint64_t want = miss_one(w);

	step(w, 2000);
	loss_see_serial(&w->loss, 11);
	step(w, 1);
	assert_true(w->loss.passed == want);
	assert_stamped(w, 0);
	/* The second one comes into the next checkpoint, and says nothing there. */
	want = loss_checkpoint(&w->loss, w->now_ms);
	loss_see_serial(&w->loss, 13);
	loss_see_probe(&w->loss, w->fired - 1, 13, w->now_ms);
	assert_false(w->loss.probe_back);
	answer(w, AUDIT_ANSWER_RULES_END, 0);
	probe_back(w, 14);
	answer(w, AUDIT_ANSWER_INFO, 0);
	step(w, 1);
	assert_true(w->loss.passed == want);
	assert_stamped(w, 0);
}

/* An emulated machine that gets the processor only now and then: its clock runs, its processes do not. */
static void a_machine_that_stands_still(void **state)
{
	struct world *w = *state;
	uint64_t want;

	pass(w, 10, 0);
	want = answered(w, 12, 0);
	w->fired = 0;
	for (unsigned i = 1; i < LOSS_GRACE_MS / LOSS_GRACE_STEP_MS; i++) {
		loss_see_serial(&w->loss, 12 + i);
		step(w, LOSS_GRACE_MS);
	}
	assert_int_equal(w->fired, 0);
	loss_see_serial(&w->loss, 11);
	step(w, 1);
	assert_true(w->loss.passed == want);
	assert_stamped(w, 0);
}

static void a_second_probe_that_does_not_come_back(void **state)
{
	struct world *w = *state;
	uint64_t want = miss_one(w);

	step(w, LOSS_PROBE_TIMEOUT_MS);
	assert_true(w->loss.passed == want);
	assert_stamped(w, REASON_BIT(BARRIER) | REASON_BIT(SERIAL_GAP));
	w->stamped = 0;
	pass(w, 13, 0);
	assert_stamped(w, 0);
}

/* As long as something arrives the probe may be behind it. */
static void a_stream_that_lags(void **state)
{
	struct world *w = *state;
	uint32_t serial = 10, first;
	uint64_t want;

	pass(w, serial, 0);
	want = loss_checkpoint(&w->loss, w->now_ms);
	first = w->fired;
	answer(w, AUDIT_ANSWER_RULES_END, 0);
	for (unsigned ms = 0; ms < 3 * LOSS_PROBE_TIMEOUT_MS; ms += 100) {
		loss_see_serial(&w->loss, ++serial);
		step(w, 100);
	}
	assert_int_not_equal(w->fired, first);
	assert_stamped(w, 0);
	loss_see_serial(&w->loss, ++serial);
	loss_see_probe(&w->loss, first, serial, w->now_ms);
	answer(w, AUDIT_ANSWER_INFO, 0);
	step(w, 1);
	assert_true(w->loss.passed == want);
	assert_stamped(w, 0);
}

/* Then the stream has passed it by; or it never comes to it at all. */
static void a_probe_that_was_overtaken(void **state)
{
	struct world *w = *state;
	uint32_t serial = 10;
	uint64_t want;

	for (unsigned never = 0; never < 2; never++) {
		pass(w, ++serial, 0);
		w->stamped = 0;
		want = loss_checkpoint(&w->loss, w->now_ms);
		answer(w, AUDIT_ANSWER_RULES_END, 0);
		for (unsigned ms = 0; ms < (never ? LOSS_LIMIT_MS : LOSS_PROBE_TIMEOUT_MS); ms += 100) {
			assert_stamped(w, 0);
			loss_see_serial(&w->loss, ++serial);
			step(w, 100);
		}
		if (!never) {
			probe_back(w, ++serial);
			answer(w, AUDIT_ANSWER_INFO, 0);
			step(w, 1);
		}
		assert_true(w->loss.passed == want);
		assert_stamped(w, REASON_BIT(BARRIER));
	}
}

static void the_kernel_lost_some(void **state)
{
	struct world *w = *state;

	pass(w, 10, 7);
	assert_stamped(w, 0); /* what was lost before we listened does not matter */
	pass(w, 11, 8);
	assert_stamped(w, REASON_BIT(KERNEL_LOST));
	w->stamped = 0;
	pass(w, 12, 8);
	assert_stamped(w, 0);
	pass(w, 13, 0); /* the counter can be reset (AUDIT_STATUS_LOST) */
	assert_stamped(w, REASON_BIT(KERNEL_LOST));
}

/* auditctl --reset-lost between two barriers: the count is the same before and after it. */
static void the_count_is_reset(void **state)
{
	static const struct {
		const char *text;
		uint32_t before, after;
		bool lost;
	} cases[] = {
		{"audit(1.000:11): op=set lost=0 old=3 auid=0 ses=1 res=1", 0, 0, true},
		{"audit(1.000:11): op=set lost=0 old=7 auid=0 ses=1 res=1", 7, 7, true},
		{"audit(1.000:11): op=set lost=0 old=7 auid=0 ses=1 res=1", 7, 0, true},
		{"audit(1.000:11): op=set lost=0 old=4294967295", 0, 0, true},
		{"audit(1.000:11): op=set lost=0 old=0 auid=0 ses=1 res=1", 0, 0, false},
		{"audit(1.000:11): op=set lost=0", 0, 0, false},
		{"audit(1.000:11): op=set audit_backlog_limit=8192 old=64 auid=0 ses=1 res=1", 7, 7, false},
		{"audit(1.000:11): op=set audit_failure=1 old=1", 0, 0, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		void *one = NULL;
		struct world *w;

		setup(&one);
		w = one;
		pass(w, 10, cases[i].before);
		loss_see_serial(&w->loss, 11);
		loss_see_config(&w->loss, cases[i].text, strlen(cases[i].text));
		pass(w, 12, cases[i].after);
		if (w->stamped != (cases[i].lost ? REASON_BIT(KERNEL_LOST) : 0))
			fail_msg("case %zu", i);
		teardown(&one);
	}
}

/* Changed and changed back between two barriers, on a kernel whose audit is enabled. */
static void what_was_changed_and_changed_back_is_told(void **state)
{
	static const struct {
		const char *text;
		reason_set stamp;
	} cases[] = {
		{"audit(1.000:11): op=seccomp-logging actions=kill_process,trap,trace old-actions=kill_process,trap,log res=1", REASON_BIT(LOG_OFF)},
		{"audit(1.000:11): op=seccomp-logging actions=trap,log old-actions=kill_process res=1", REASON_BIT(LOG_OFF)},
		{"audit(1.000:11): op=seccomp-logging actions=(none) old-actions=log res=1", REASON_BIT(LOG_OFF)},
		{"audit(1.000:11): op=seccomp-logging actions=log,trap old-actions=trap,log res=1", 0},
		{"audit(1.000:11): op=seccomp-logging actions=log old-actions=log", 0},
		{"audit(1.000:11): auid=0 ses=3 op=remove_rule key=(null) list=5 res=1", REASON_BIT(EXCLUDED)},
		{"audit(1.000:11): auid=0 ses=3 subj=a b op=remove_rule key=\"x\" list=5", REASON_BIT(EXCLUDED)},
		{"audit(1.000:11): auid=0 ses=3 op=remove_rule key=(null) list=4 res=1", 0},
		{"audit(1.000:11): auid=0 ses=3 op=remove_rule key=(null) list=50 res=1", 0},
		{"audit(1.000:11): auid=0 ses=3 op=remove_rule key=(null) list=", 0},
		/* The next checkpoint sees a rule that stays. */
		{"audit(1.000:11): auid=0 ses=3 op=add_rule key=(null) list=5 res=1", 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t len = strlen(cases[i].text);
		char *text = malloc(len); /* as in a datagram, it has no NUL */
		void *one = NULL;
		struct world *w;

		assert_non_null(text);
		setup(&one);
		w = one;
		pass(w, 10, 0);
		loss_see_serial(&w->loss, 11);
		memcpy(text, cases[i].text, len);
		loss_see_config(&w->loss, text, len);
		free(text);
		pass(w, 12, 0);
		if (w->stamped != cases[i].stamp)
			fail_msg("case %zu", i);
		teardown(&one);
	}
}

static void a_probe_that_does_not_come_back(void **state)
{
	struct world *w = *state;
	uint64_t want;
	uint32_t old;

	pass(w, 10, 0);
	want = loss_checkpoint(&w->loss, w->now_ms);
	old = w->fired;
	answer(w, AUDIT_ANSWER_RULES_END, 0);
	step(w, LOSS_PROBE_TIMEOUT_MS - 1);
	assert_true(w->loss.passed < want);
	step(w, 1);
	assert_stamped(w, REASON_BIT(BARRIER));
	assert_true(w->loss.passed == want);
	/* It comes late, into the next checkpoint: it is not that one's. */
	loss_checkpoint(&w->loss, w->now_ms);
	loss_see_probe(&w->loss, old, 11, w->now_ms);
	assert_false(w->loss.probe_back);
}

static void a_dead_probe(void **state)
{
	struct world *w = *state;

	pass(w, 10, 0);
	w->probe_dead = true;
	loss_checkpoint(&w->loss, w->now_ms);
	step(w, 1);
	assert_stamped(w, REASON_BIT(BARRIER));
	w->probe_dead = false;
	w->stamped = 0;
	pass(w, 11, 0);
	assert_stamped(w, 0);
}

/* At its beginning and at its end. */
static void log_switched_off(void **state)
{
	struct world *w = *state;

	pass(w, 10, 0);
	w->log_on = false;
	loss_checkpoint(&w->loss, w->now_ms);
	assert_stamped(w, REASON_BIT(LOG_OFF));
	w->log_on = true;
	answer(w, AUDIT_ANSWER_RULES_END, 0);
	probe_back(w, 11);
	answer(w, AUDIT_ANSWER_INFO, 0);
	w->stamped = 0;
	w->log_on = false;
	step(w, 1);
	assert_stamped(w, REASON_BIT(LOG_OFF));
	assert_true(w->loss.found & REASON_BIT(LOG_OFF));
}

static void an_exclude_rule(void **state)
{
	struct world *w = *state;

	pass(w, 10, 0);
	loss_checkpoint(&w->loss, w->now_ms);
	answer(w, AUDIT_ANSWER_EXCLUDES, 0);
	assert_stamped(w, REASON_BIT(EXCLUDED));
}

static void no_answer(void **state)
{
	struct world *w = *state;
	uint64_t want;

	pass(w, 10, 0);
	/* refused by the kernel */
	want = loss_checkpoint(&w->loss, w->now_ms);
	loss_see_answer(&w->loss, -EPERM, NULL);
	probe_back(w, 11);
	step(w, 1);
	assert_true(w->loss.passed == want);
	assert_stamped(w, REASON_BIT(KERNEL_LOST));
	/* cannot be asked */
	w->stamped = 0;
	w->deaf = true;
	want = loss_checkpoint(&w->loss, w->now_ms);
	probe_back(w, 12);
	step(w, 1);
	assert_true(w->loss.passed == want);
	assert_stamped(w, REASON_BIT(KERNEL_LOST));
	/* never comes */
	w->stamped = 0;
	w->deaf = false;
	want = loss_checkpoint(&w->loss, w->now_ms);
	probe_back(w, 13);
	step(w, LOSS_PROBE_TIMEOUT_MS);
	assert_true(w->loss.passed == want);
	assert_stamped(w, REASON_BIT(BARRIER));
}

/* The answer to an older question is not this one's. */
static void an_old_answer(void **state)
{
	struct world *w = *state;
	const struct audit_answer old = {.kind = AUDIT_ANSWER_INFO, .seq = 0, .info = {.lost = 99}};

	pass(w, 10, 0);
	loss_checkpoint(&w->loss, w->now_ms);
	loss_see_answer(&w->loss, 0, &old);
	loss_see_answer(&w->loss, -EAGAIN, NULL);
	assert_false(w->loss.info_back);
	assert_stamped(w, 0);
}

/* Whoever asks while one is in flight gets one that begins afterwards. */
static void asked_meanwhile(void **state)
{
	struct world *w = *state;
	uint64_t first, second, third;

	pass(w, 10, 0);
	first = loss_checkpoint(&w->loss, w->now_ms);
	second = loss_checkpoint(&w->loss, w->now_ms);
	third = loss_checkpoint(&w->loss, w->now_ms);
	assert_true(second == first + 1 && third == second);
	answer(w, AUDIT_ANSWER_RULES_END, 0);
	probe_back(w, 11);
	answer(w, AUDIT_ANSWER_INFO, 0);
	step(w, 1);
	assert_true(w->loss.passed == first && w->loss.running == second);
	/* A loss before the second counts: it is found by the second at the latest. */
	answer(w, AUDIT_ANSWER_RULES_END, 0);
	probe_back(w, 12);
	answer(w, AUDIT_ANSWER_INFO, 1);
	step(w, 1);
	assert_true(w->loss.passed == second);
	assert_stamped(w, REASON_BIT(KERNEL_LOST));
}

static void trouble_in_the_stream(void **state)
{
	struct world *w = *state;

	pass(w, 10, 0);
	loss_stamp(&w->loss, REASON_OVERRUN);
	assert_stamped(w, REASON_BIT(OVERRUN));
	loss_see_serial(&w->loss, 20 + SERIALS_WINDOW);
	assert_stamped(w, REASON_BIT(OVERRUN) | REASON_BIT(SERIAL_GAP));
}

#define evaluated(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		evaluated(nothing_lost),
		evaluated(reordered),
		evaluated(a_serial_that_never_comes),
		evaluated(a_serial_that_comes_late),
		evaluated(a_machine_that_stands_still),
		evaluated(a_second_probe_that_does_not_come_back),
		evaluated(a_stream_that_lags),
		evaluated(a_probe_that_was_overtaken),
		evaluated(the_kernel_lost_some),
		evaluated(the_count_is_reset),
		evaluated(what_was_changed_and_changed_back_is_told),
		evaluated(a_probe_that_does_not_come_back),
		evaluated(a_dead_probe),
		evaluated(log_switched_off),
		evaluated(an_exclude_rule),
		evaluated(no_answer),
		evaluated(an_old_answer),
		evaluated(asked_meanwhile),
		evaluated(trouble_in_the_stream),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
