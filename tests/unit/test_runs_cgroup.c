/* Runs that are told apart by cgroup. */
#include "tests/unit/runs_fixture.h"

/* One that sits in a container's cgroup is that container's. */
static void an_unattributed_call_in_the_cgroup(void **state)
{
	struct fixture *f = *state;
	struct run *one = begin(f, 7, "a"), *two = begin(f, 8, "b");

	call(f, 7, (uint32_t)getpid(), "execve");
	assert_non_null(one->cgroup);
	call(f, 99, (uint32_t)getpid(), "read");
	assert_reasons(one, REASON_BIT(RUNNING) | REASON_BIT(SESSION_CHANGED));
	assert_reasons(two, REASON_BIT(RUNNING));
	assert_calls(one, "runtime:execve workload:read");
	assert_calls(two, "");
}

/* One that sits in the cgroup of whoever called the wrapper, where the runtime left the container, is told to be
 * nobody's: its calls are not learnt, and the container, whose it may be all the same, is not complete. */
static void an_unattributed_call_in_the_callers_cgroup(void **state)
{
	struct fixture *f = *state;
	char cgroup[PROC_CGROUP_MAX];
	struct run *one = begin(f, 7, "a"), *two;

	assert_int_equal(proc_read_cgroup(getpid(), cgroup, NULL), 0);
	one->callers_cgroup = strdup(cgroup);
	call(f, 7, (uint32_t)getpid(), "execve");
	call(f, 99, (uint32_t)getpid(), "read");
	assert_reasons(one, REASON_BIT(RUNNING) | REASON_BIT(SESSION_CHANGED));
	assert_calls(one, "runtime:execve");
	/* Nor is it foreign once and for all: one that is begun later is stamped too. */
	two = begin(f, 8, "b");
	two->callers_cgroup = strdup(cgroup);
	call(f, 8, (uint32_t)getpid(), "execve");
	assert_reasons(two, REASON_BIT(RUNNING));
	call(f, 99, (uint32_t)getpid(), "write");
	assert_reasons(two, REASON_BIT(RUNNING) | REASON_BIT(SESSION_CHANGED));
	assert_calls(two, "runtime:execve");
}

static struct run *begin_without_session(struct fixture *f, uint32_t session, const char *id)
{
	const struct run_request q = {.session = session,
				      .id = id,
				      .root = ROOT,
				      .key = id,
				      .runtime = "",
				      .runtime_id = "",
				      .baseline = "",
				      .kernel = "",
				      .by_cgroup = true};

	assert_int_equal(runs_begin(f->runs, &q, 1, NULL), 0);
	assert_int_equal(evidence_run(f->runs->list->key->evidence, f->runs->list->no)->attribution,
			 EVIDENCE_BY_CGROUP);
	return f->runs->list;
}

/* Told by cgroup, and by nothing while that is not known. */
static void without_a_session(void **state)
{
	struct fixture *f = *state;
	struct run *run = begin_without_session(f, UINT32_MAX, "a");
	char cgroup[PROC_CGROUP_MAX];

	call(f, UINT32_MAX, (uint32_t)getpid(), "read");
	assert_reasons(run, REASON_BIT(RUNNING) | REASON_BIT(ATTRIBUTION));
	assert_calls(run, "");
	assert_int_equal(proc_read_cgroup(getpid(), cgroup, NULL), 0);
	runs_know_cgroup(f->runs, run, cgroup);
	call(f, UINT32_MAX, (uint32_t)getpid(), "execve");
	call(f, 12, (uint32_t)getpid(), "read"); /* whatever its session */
	assert_calls(run, "runtime:execve workload:read");
	call(f, UINT32_MAX, OTHER, "mount"); /* one that is gone is not booked */
	assert_calls(run, "runtime:execve workload:read");
	runs_end(f->runs, run, EVIDENCE_END_PROCESSES, 3);
	assert_reasons(run, REASON_BIT(ATTRIBUTION));
}

static void without_a_session_and_whole(void **state)
{
	struct fixture *f = *state;
	struct run *run = begin_without_session(f, 77, "a");
	char cgroup[PROC_CGROUP_MAX];

	assert_int_equal(proc_read_cgroup(getpid(), cgroup, NULL), 0);
	runs_know_cgroup(f->runs, run, cgroup);
	call(f, 77, (uint32_t)getpid(), "execve");
	call(f, 77, (uint32_t)getpid(), "read");
	runs_end(f->runs, run, EVIDENCE_END_PROCESSES, 3);
	assert_reasons(run, 0);
}

/* Two in one cgroup cannot be told apart. */
static void two_in_one_cgroup(void **state)
{
	struct fixture *f = *state;
	struct run *one = begin_without_session(f, 77, "a"), *two = begin_without_session(f, 77, "b");
	char cgroup[PROC_CGROUP_MAX];

	assert_int_equal(proc_read_cgroup(getpid(), cgroup, NULL), 0);
	runs_know_cgroup(f->runs, one, cgroup);
	runs_know_cgroup(f->runs, two, cgroup);
	call(f, 77, (uint32_t)getpid(), "read");
	assert_reasons(one, REASON_BIT(RUNNING) | REASON_BIT(ATTRIBUTION));
	assert_reasons(two, REASON_BIT(RUNNING) | REASON_BIT(ATTRIBUTION));
	assert_calls(one, "");
	assert_calls(two, "");
}

/* A container that is begun within another one's session takes it from that one: both are told by cgroup. */
static void a_shared_session(void **state)
{
	struct fixture *f = *state;
	struct run *one = begin(f, 7, "a"), *two;

	call(f, 7, (uint32_t)getpid(), "execve");
	assert_calls(one, "runtime:execve");
	two = begin_without_session(f, 7, "b");
	assert_int_equal(evidence_run(one->key->evidence, one->no)->attribution, EVIDENCE_BY_CGROUP);
	call(f, 7, OTHER, "mount");
	assert_calls(one, "runtime:execve");
	assert_true(reasons(one) & REASON_BIT(ATTRIBUTION));
	assert_true(reasons(two) & REASON_BIT(ATTRIBUTION));
}

static void within(void **state)
{
	static const struct {
		const char *inner, *outer;
		bool is_within;
	} cases[] = {
		{"0::/a\n", "0::/a\n", true},
		{"0::/a/b\n", "0::/a\n", true},
		{"0::/ab\n", "0::/a\n", false},
		{"0::/\n", "0::/a\n", false},
		{"0::/a\n", "0::/\n", true},
		{"0::/a\n", "0::/a/b\n", false},
		{"2:cpu:/a\n0::/x\n", "2:cpu:/a\n0::/x\n", true},
		{"2:cpu:/a/b\n0::/x/b\n", "2:cpu:/a\n0::/x\n", true},
		{"2:cpu:/a\n0::/y\n", "2:cpu:/a\n0::/x\n", false},
		{"2:cpu:/a\n", "2:cpu:/a\n0::/x\n", false},
		{"", "0::/\n", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (unattributed_is_within(cases[i].inner, cases[i].outer) != cases[i].is_within)
			fail_msg("case %zu", i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_runs(an_unattributed_call_in_the_cgroup),
		with_runs(an_unattributed_call_in_the_callers_cgroup),
		with_runs(without_a_session),
		with_runs(without_a_session_and_whole),
		with_runs(two_in_one_cgroup),
		with_runs(a_shared_session),
		cmocka_unit_test(within),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
