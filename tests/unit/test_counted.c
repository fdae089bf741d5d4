/* Runs whose common calls the kernel counted: what is offered to them, what is booked of them, and what they prove. */
#include "seccomp/evidence/merge.h"
#include "seccomp/syscall/sets.h"
#include "shim/recorder/attribution/counted.h"
#include "tests/unit/unlogged_history.h"

static const struct unlogged_calls_wish counted_wish = {.counted = true};

static void count(struct evidence *ev, uint64_t no, const char *name)
{
	const struct arch *arch = arch_get(ARCH_X86_64);
	uint32_t nr = 0;

	assert_int_equal(syscall_number(arch, name, &nr), 0);
	assert_true(evidence_add_counted(ev, no, EVIDENCE_WORKLOAD, arch, nr, T0 + 6) >= 0);
}

/* What the counter did not see. */
static void close_forms(struct evidence *ev, uint64_t no, const char *used)
{
	const struct argument *table;
	size_t n = arguments(&table);

	for (size_t i = 0; i < n; i++)
		if (strcmp(table[i].name, used) != 0)
			unlogged_unused(evidence_run(ev, no), (int)i);
}

static const struct evidence_call *find(const struct evidence *ev, const char *name)
{
	const struct evidence_call *const *calls;
	size_t n = evidence_calls(ev, &calls);
	char other[SYSCALL_NAME_MAX];

	for (size_t i = 0; i < n; i++)
		if (syscall_name(calls[i]->arch, calls[i]->nr, other) && strcmp(other, name) == 0)
			return calls[i];
	return NULL;
}

static bool has(const struct json_doc *doc, const char *member, const char *name)
{
	for (const struct json *e = json_first(json_get(json_root(doc), member)); e; e = json_next(e))
		if (strncmp(json_text(e), name, strlen(name)) == 0 && strchr(":", json_text(e)[strlen(name)]))
			return true;
	return false;
}

static void offers_common_calls_and_every_form(void **state)
{
	cleanup_evidence struct evidence *ev = make();
	cleanup_json struct json_doc *doc = offer(ev, &counted_wish);
	const struct unlogged_calls_wish loud = {.counted = true, .loud = true};
	cleanup_json struct json_doc *logged = offer(ev, &loud);

	assert_true(has(doc, "names", "read") && has(doc, "names", "exit_group") && has(doc, "names", "arch_prctl"));
	assert_false(has(doc, "names", "execve") || has(doc, "names", "execveat") || has(doc, "names", "ptrace"));
	assert_false(has(doc, "names", "clone") || has(doc, "names", "mkdirx") || has(doc, "names", "mount"));
	assert_true(has(doc, "forms", "clone") && has(doc, "forms", "socket") && has(doc, "forms", "prctl"));
	assert_int_equal(json_type(json_get(json_root(doc), "counted")), JSON_TRUE);
	assert_false(has(logged, "names", "read") || json_get(json_root(logged), "counted"));
}

/* What decides by its arguments, loads filters or executes is not let pass whole. */
static void the_common_set_is_harmless_to_leave_unlogged(void **state)
{
	const struct set_common *common;
	size_t n = set_common(&common);

	for (size_t i = 0; i < n; i++) {
		assert_true(argument_by_name(common[i].name) < 0);
		assert_null(set_danger_of(common[i].name));
		for (int k = 0; k < 5; k++)
			assert_string_not_equal(common[i].name, ((const char *[]){"execve", "execveat", "seccomp", "prctl", "ptrace"})[k]);
	}
}

static void is_booked_once_and_narrow(void **state)
{
	cleanup_evidence struct evidence *ev = make(), *again = NULL;
	uint64_t no = begin_unlogged(ev, &counted_wish);

	count(ev, no, "read");
	count(ev, no, "read");
	count(ev, no, "clone");
	close_forms(ev, no, "clone");
	end(ev, no);
	assert_int_equal(evidence_run(ev, no)->reasons, 0);
	assert_int_equal(find(ev, "read")->count, 1);
	assert_int_equal(evidence_run(ev, no)->records, 0);
	assert_int_equal(evidence_run(ev, no)->fresh, 2);
	assert_int_equal(form(ev, "clone"), UNLOGGED_NARROW);
	/* Not called at all: no harmless form of it is in the profile. */
	assert_false(unlogged_has_passed(ev, argument_by_name("prctl")));
	assert_int_equal(unlogged_hot_of(ev, "write"), UNLOGGED_NOT_HOT);
	again = reread(ev, NULL, NULL);
	assert_true(evidence_run(again, no)->unlogged.counted);
	assert_int_equal(form(again, "clone"), UNLOGGED_NARROW);
}

/* A record is of what is beyond the form. */
static void a_record_widens(void **state)
{
	cleanup_evidence struct evidence *ev = make();
	uint64_t no = begin_unlogged(ev, &counted_wish);

	count(ev, no, "clone");
	call(ev, no, "clone");
	close_forms(ev, no, "clone");
	end(ev, no);
	assert_int_equal(form(ev, "clone"), UNLOGGED_WIDE);
	assert_int_equal(find(ev, "clone")->runs, 1);
}

static void what_was_not_counted_after_all_is_assumed(void **state)
{
	cleanup_evidence struct evidence *ev = make();
	uint64_t no = begin_unlogged(ev, &counted_wish);

	assert_int_equal(unlogged_assume(evidence_run(ev, no), "read"), 0);
	assert_int_equal(unlogged_assume(evidence_run(ev, no), "write"), 0);
	end(ev, no);
	assert_false(evidence_run(ev, no)->unlogged.counted);
	assert_int_equal(unlogged_hot_of(ev, "read"), UNLOGGED_ASSUMED);
	/* A counted run of the same key looks for it; the first may have used it unseen all the same. */
	no = begin_unlogged(ev, &counted_wish);
	count(ev, no, "write");
	end(ev, no);
	assert_int_equal(unlogged_hot_of(ev, "read"), UNLOGGED_KEPT);
	assert_int_equal(unlogged_hot_of(ev, "write"), UNLOGGED_CONFIRMED);
}

/* One that was stamped proves nothing. */
static void without_its_counter_a_run_looks_for_nothing(void **state)
{
	static const char *hot[] = {"futex"};
	const struct unlogged_calls_wish assuming = {.hot = hot, .hot_count = 1};
	cleanup_evidence struct evidence *ev = make();
	uint64_t no = begin_unlogged(ev, &assuming);

	call(ev, no, "read");
	end(ev, no);
	no = begin_unlogged(ev, &counted_wish);
	evidence_run(ev, no)->reasons |= REASON_BIT(COUNTER);
	end(ev, no);
	assert_int_equal(unlogged_hot_of(ev, "futex"), UNLOGGED_ASSUMED);
}

static void a_nodes_counter_does_not_speak_for_another(void **state)
{
	static const char *hot[] = {"futex"};
	const struct unlogged_calls_wish assuming = {.hot = hot, .hot_count = 1};
	cleanup_evidence struct evidence *a = make(), *b = NULL, *both = NULL;
	uint64_t no = begin_unlogged(a, &counted_wish);
	struct err err = {0};

	assert_int_equal(evidence_new("other", &b, NULL), 0);
	count(a, no, "read");
	end(a, no);
	no = begin_unlogged(b, &assuming);
	call(b, no, "read");
	end(b, no);
	if (evidence_merge((const struct evidence *const[]){a, b}, 2, "web", NULL, &both, &err) < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(unlogged_hot_of(both, "futex"), UNLOGGED_ASSUMED);
}

static void what_an_exec_used_outlives_it(void **state)
{
	struct run run = {0};
	struct run_session main_session = {.run = &run}, exec = {.run = &run, .next = &main_session, .is_exec = true};

	run.sessions = &exec;
	exec.counted = calloc(1, sizeof(*exec.counted));
	assert_non_null(exec.counted);
	exec.counted->words[COUNTER_ALL_WORDS - 1] = 5;
	assert_true(counted_retire(&exec));
	assert_true(exec.retired && !exec.counted && !main_session.counted);
	assert_non_null(run.counted_execs);
	assert_int_equal(run.counted_execs->words[COUNTER_ALL_WORDS - 1], 5);
	free(run.counted_execs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(offers_common_calls_and_every_form),
		cmocka_unit_test(the_common_set_is_harmless_to_leave_unlogged),
		cmocka_unit_test(is_booked_once_and_narrow),
		cmocka_unit_test(a_record_widens),
		cmocka_unit_test(what_was_not_counted_after_all_is_assumed),
		cmocka_unit_test(without_its_counter_a_run_looks_for_nothing),
		cmocka_unit_test(a_nodes_counter_does_not_speak_for_another),
		cmocka_unit_test(what_an_exec_used_outlives_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
