/* The short way of a record must lead to the very same evidence as the long one, whatever records come in whatever order. */
#include "tests/unit/unlogged_history.h"

#include "base/buf.h"
#include "seccomp/record/record.h"

#include <linux/audit.h>
#include <stdio.h>

#define STEPS 6000
#define RUNS  3

static struct record_field field(const char *s)
{
	return (struct record_field){.p = s, .len = strlen(s)};
}

static uint32_t draw(uint64_t *seed, uint32_t below)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*seed >> 33) % below;
}

static void assert_same(const struct evidence *a, const struct evidence *b)
{
	cleanup_buf struct buf x = {0}, y = {0};

	assert_int_equal(evidence_write(a, &x, NULL), 0);
	assert_int_equal(evidence_write(b, &y, NULL), 0);
	buf_adds(&x, "");
	buf_adds(&y, "");
	assert_string_equal(x.data, y.data);
}

static bool take(struct evidence *ev, uint64_t no, enum evidence_phase phase, enum evidence_use use, const struct record *r)
{
	struct evidence_counts *c = phase == EVIDENCE_WORKLOAD && use == EVIDENCE_USED ? evidence_counts(ev, no) : NULL;
	struct evidence_hint hint = c ? evidence_foresee(c, r) : (struct evidence_hint){0};
	bool is_short = c && evidence_count(c, r, hint.who % 2 ? &hint : NULL);

	if (!is_short)
		(void)evidence_add(ev, no, phase, use, r);
	return is_short;
}

/* A run that has shown to be busy. */
static uint64_t busy(struct evidence *ev, uint64_t no)
{
	evidence_run(ev, no)->records = EVIDENCE_BUSY;
	return no;
}

static void draw_record(uint64_t *seed, uint64_t *clock, struct record *ret, char comm[32])
{
	static const uint32_t arches[] = {AUDIT_ARCH_X86_64, AUDIT_ARCH_X86_64, AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, AUDIT_ARCH_AARCH64, 0, 0xdeadbeef};
	static const uint32_t odd[] = {UINT32_MAX, 0x40000000, 0x40000001, 0x20000001, 0x10000, 0x80000000};
	static const char *const exes[] = {"/p", "/usr/bin/q", "/a/very/long/path/of/some/program"};

	switch (draw(seed, 2000)) {
	case 0:
		*clock -= draw(seed, 100000); /* the wall clock is set back */
		break;
	case 1:
		*clock += (uint64_t)1 << (20 + draw(seed, 16));
		break;
	default:
		*clock += draw(seed, 3);
	}
	snprintf(comm, 32, "worker-%u", draw(seed, 40) ? draw(seed, 2) : draw(seed, 30));
	*ret = (struct record){.arch = arches[draw(seed, 7)], .nr = draw(seed, 50) ? draw(seed, draw(seed, 8) ? 12 : 400) : odd[draw(seed, 6)], .time_ms = *clock,
			       .comm = field(comm), .exe = field(exes[draw(seed, 50) ? 0 : draw(seed, 3)])};
}

static void leads_to_the_same_evidence(void **state)
{
	unsigned shorter = 0;

	for (uint64_t s = 1; s <= 25; s++) {
		cleanup_evidence struct evidence *a = make(), *b = make();
		uint64_t seed = s, clock = T0, no[RUNS];

		for (size_t i = 0; i < RUNS; i++)
			assert_int_equal(no[i] = busy(a, begin(a)), busy(b, begin(b)));
		for (int i = 0; i < STEPS; i++) {
			uint64_t *run = &no[draw(&seed, RUNS)];
			enum evidence_phase phase = draw(&seed, 20) ? EVIDENCE_WORKLOAD : draw(&seed, 3);
			enum evidence_use use = draw(&seed, 30) ? EVIDENCE_USED : EVIDENCE_DENIED;
			struct record r;
			char comm[32];

			draw_record(&seed, &clock, &r, comm);
			(void)evidence_add(a, *run, phase, use, &r);
			shorter += take(b, *run, phase, use, &r);
			if (!draw(&seed, 600))
				assert_same(a, b);
			if (!draw(&seed, 600)) {
				if (draw(&seed, 2)) {
					end(a, *run);
					end(b, *run);
				}
				if (draw(&seed, 2))
					assert_int_equal(*run = busy(a, begin(a)), busy(b, begin(b)));
				else
					assert_int_equal(*run = busy(a, begin_unlogged(a, NULL)), busy(b, begin_unlogged(b, NULL)));
			}
		}
		assert_same(a, b);
	}
	assert_true(shorter > 25 * STEPS / 4);
}

/* A reader makes the next record one that the caller hears of, or it would never be saved. */
static void is_long_again_once_it_was_read(void **state)
{
	cleanup_evidence struct evidence *ev = make();
	struct record r = {.arch = AUDIT_ARCH_X86_64, .nr = 1, .time_ms = T0 + 5, .comm = field("p"), .exe = field("/p")}, other = r;
	uint64_t no = begin(ev);
	const struct evidence_call *const *calls;
	struct evidence_counts *c;

	assert_int_equal(evidence_add(ev, no, EVIDENCE_WORKLOAD, EVIDENCE_USED, &r), 1);
	while (evidence_run(ev, no)->records < EVIDENCE_BUSY) {
		assert_null(evidence_counts(ev, no));
		assert_int_equal(evidence_add(ev, no, EVIDENCE_WORKLOAD, EVIDENCE_USED, &r), 0);
	}
	c = evidence_counts(ev, no);
	assert_non_null(c);
	assert_true(evidence_count(c, &r, NULL));
	assert_true(evidence_count(c, &r, NULL));
	other.comm = field("q");
	assert_false(evidence_count(c, &other, NULL)); /* another program */
	other = r;
	other.nr = 2;
	assert_false(evidence_count(c, &other, NULL)); /* another call */
	other = r;
	other.action = RECORD_ERRNO;
	assert_false(evidence_count(c, &other, NULL)); /* refused */
	assert_int_equal(evidence_calls(ev, &calls), 1);
	assert_int_equal(calls[0]->count, EVIDENCE_BUSY + 2);
	assert_false(evidence_count(c, &r, NULL));
	assert_int_equal(evidence_add(ev, no, EVIDENCE_WORKLOAD, EVIDENCE_USED, &r), 0);
	assert_true(evidence_count(c, &r, NULL));
	end(ev, no);
	assert_null(evidence_counts(ev, no));
	assert_int_equal(evidence_calls(ev, &calls), 1);
	assert_int_equal(calls[0]->count, EVIDENCE_BUSY + 4);
}

/* What an audited or enforced run shows is never counted as used. */
static void is_for_learning_alone(void **state)
{
	static const enum evidence_mode modes[] = {EVIDENCE_AUDIT, EVIDENCE_ENFORCE};

	for (size_t i = 0; i < 2; i++) {
		cleanup_evidence struct evidence *ev = make();
		const struct evidence_run init = {.mode = modes[i], .started_ms = T0};
		struct record r = {.arch = AUDIT_ARCH_X86_64, .nr = 1, .time_ms = T0 + 5, .comm = field("p"), .exe = field("/p")};
		uint64_t no = 0;

		assert_int_equal(evidence_run_begin(ev, &init, &no, NULL), 0);
		for (int n = 0; n < 2 * EVIDENCE_BUSY; n++)
			assert_int_equal(evidence_add(ev, no, EVIDENCE_WORKLOAD, EVIDENCE_AUDITED, &r), n == 0);
		assert_null(evidence_counts(ev, no));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leads_to_the_same_evidence),
		cmocka_unit_test(is_long_again_once_it_was_read),
		cmocka_unit_test(is_for_learning_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
