/* Records of sessions that nobody registered: which runs may have made them. */
#include "tests/unit/runs_fixture.h"

/* A logged call of a session that nobody registered, by a process that is gone: it may have been anybody's, unless a
 * later one of that session tells. */
static void an_unattributed_call_of_a_process_that_is_gone(void **state)
{
	struct fixture *f = *state;
	struct run *one = loosen(begin(f, 7, "a")), *two = loosen(begin(f, 8, "b")), *ended = loosen(begin(f, 9, "c"));

	call(f, 9, INIT, "execve");
	runs_end(f->runs, ended, EVIDENCE_END_PROCESSES, 2);
	/* what was denied was not under a filter of ours */
	call_as(f, 99, OTHER, ARCH_X86_64, "read", RECORD_ERRNO);
	assert_int_equal(f->runs->unattributed.open_count, 0);
	call(f, 99, OTHER, "read");
	runs_settle_doubts(f->runs, 2 + UNATTRIBUTED_OPEN_MS - 1);
	assert_reasons(one, REASON_BIT(RUNNING));
	runs_settle_doubts(f->runs, 2 + UNATTRIBUTED_OPEN_MS);
	assert_reasons(one, REASON_BIT(RUNNING) | REASON_BIT(SESSION_CHANGED));
	assert_reasons(two, REASON_BIT(RUNNING) | REASON_BIT(SESSION_CHANGED));
	assert_reasons(ended, 0);
	assert_calls(one, "");
}

/* A run that ends meanwhile cannot wait. */
static void an_unattributed_call_at_the_end(void **state)
{
	struct fixture *f = *state;
	struct run *run = begin(f, 7, "a");

	call(f, 7, INIT, "execve");
	call(f, 99, OTHER, "read");
	runs_end(f->runs, run, EVIDENCE_END_PROCESSES, 3);
	assert_reasons(run, REASON_BIT(SESSION_CHANGED));
}

/* One of them that lives, and sits elsewhere, speaks for the others. */
static void an_unattributed_call_that_is_explained(void **state)
{
	struct fixture *f = *state;
	struct run *run = loosen(begin(f, 7, "a"));

	runs_know_cgroup(f->runs, run, "0::/nowhere-of-this-name\n");
	call(f, 99, OTHER, "read");
	assert_int_equal(f->runs->unattributed.open_count, 1);
	call(f, 99, (uint32_t)getpid(), "read");
	assert_int_equal(f->runs->unattributed.open_count, 0);
	call(f, 99, OTHER, "read");
	runs_settle_doubts(f->runs, 10000);
	/* but a process that is there is looked at, whatever others of its session are: an exec from a login */
	struct run *here = begin(f, 8, "b");
	char cgroup[PROC_CGROUP_MAX];

	assert_int_equal(proc_read_cgroup(getpid(), cgroup, NULL), 0);
	runs_know_cgroup(f->runs, here, cgroup);
	call(f, 99, (uint32_t)getpid(), "mount");
	assert_calls(here, "workload:mount");
	assert_true(reasons(here) & REASON_BIT(SESSION_CHANGED));
	call(f, 7, INIT, "execve");
	runs_end(f->runs, run, EVIDENCE_END_PROCESSES, 10000);
	assert_reasons(run, 0);
}

/* More than can wait, and processes without a session, are not waited for. */
static void many_unattributed(void **state)
{
	struct fixture *f = *state;
	struct run *run = loosen(begin(f, 7, "a"));

	for (uint32_t i = 0; i < UNATTRIBUTED_OPEN; i++)
		call(f, 100 + i, OTHER, "read");
	call(f, 100, OTHER, "read");
	assert_reasons(run, REASON_BIT(RUNNING));
	call(f, 1000, OTHER, "read");
	assert_reasons(run, REASON_BIT(RUNNING) | REASON_BIT(SESSION_CHANGED));
	run = loosen(begin(f, 8, "b"));
	call(f, UINT32_MAX, OTHER, "read");
	assert_reasons(run, REASON_BIT(RUNNING) | REASON_BIT(SESSION_CHANGED));
}

/* A container that cannot change its session has nothing to do with what is logged of a program in another one, whoever
 * that is: the node's other LOG filters. One that can has nothing to do with a session that was there before it. */
static void unattributed_calls_of_others(void **state)
{
	struct fixture *f = *state;
	struct run *bound = begin(f, 7, "a"), *able = loosen(begin(f, 8, "b"));

	call(f, 5, OTHER, "mount");
	assert_reasons(able, REASON_BIT(RUNNING));
	assert_int_equal(f->runs->unattributed.open_count, 0);
	call(f, 99, OTHER, "mount");
	call(f, UINT32_MAX, OTHER, "mount");
	runs_settle_doubts(f->runs, 10000);
	assert_reasons(bound, REASON_BIT(RUNNING));
	assert_reasons(able, REASON_BIT(RUNNING) | REASON_BIT(SESSION_CHANGED));
}

/* What may be a runtime's init may be an exec past the wrapper, into any container and from any session: also from one
 * whose other processes are nobody's. */
static void an_exec_past_the_wrapper(void **state)
{
	static const struct {
		const char *comm, *exe;
		bool doubted;
	} cases[] = {
		{"runc:[2:INIT]", "/", true},
		{"runc:[2:INIT]", "/bin/sh", true},
		{"crun", "/", true},
		{"3", "/", true},
		{"my-crun", "/opt/my-crun", true},
		{"my-crun", "/", true},
		{"sh", "/memfd:runc_cloned:/proc/self/exe (deleted)", true},
		{"sh", "", true},
		{"sh", "/bin/busybox", false},
		{"runner", "/usr/bin/runner", false},
	};
	struct fixture *f = *state;

	for (uint32_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char id[16];

		snprintf(id, sizeof(id), "c%u", i);
		struct run *run = begin(f, 200 + i, id);

		evidence_run(run->key->evidence, run->no)->runtime[0] = '\0';
		free(evidence_run(run->key->evidence, run->no)->runtime);
		evidence_run(run->key->evidence, run->no)->runtime = strdup("/opt/my-crun");
		runs_know_cgroup(f->runs, run, "0::/nowhere-of-this-name\n");
		call(f, 99, (uint32_t)getpid(), "read"); /* one of that session, elsewhere */
		call_named(f, 99, OTHER, cases[i].comm, cases[i].exe);
		if (!!(reasons(run) & REASON_BIT(SESSION_CHANGED)) != cases[i].doubted)
			fail_msg("case %u", i);
		/* One that can be looked at, and sits elsewhere, is not the container's. */
		evidence_run(run->key->evidence, run->no)->reasons = 0;
		call_named(f, 99, (uint32_t)getpid(), cases[i].comm, cases[i].exe);
		assert_false(reasons(run) & REASON_BIT(SESSION_CHANGED));
		/* It may move: a runtime's process joins the container only then. */
		char cgroup[PROC_CGROUP_MAX];

		assert_int_equal(proc_read_cgroup(getpid(), cgroup, NULL), 0);
		if (cases[i].doubted && strcmp(cases[i].comm, "my-crun") != 0) {
			free(run->cgroup);
			run->cgroup = strdup(cgroup);
			call_named(f, 99, (uint32_t)getpid(), cases[i].comm, cases[i].exe);
			assert_true(reasons(run) & REASON_BIT(SESSION_CHANGED));
		}
		runs_end(f->runs, run, EVIDENCE_END_PROCESSES, 3);
		runs_sweep(f->runs, 3, 0);
	}
}

/* The runtime tells of a container before its init has made a logged call: then nobody knows its cgroup yet, and an
 * exec past the wrapper can be into it. */
static void an_exec_before_the_first_record(void **state)
{
	static const struct {
		uint32_t pid; /* 0: this process, which can be looked at */
		const char *comm, *exe;
		bool doubted;
	} cases[] = {
		{0, "runc:[2:INIT]", "/", true},
		{OTHER, "runc:[2:INIT]", "/", true},
		{0, "sh", "/bin/busybox", false},
		{OTHER, "sh", "/bin/busybox", false},
	};
	struct fixture *f = *state;

	for (uint32_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct run *seen = begin(f, 300, "seen"), *run;

		call(f, 300, INIT, "execve");
		runs_know_cgroup(f->runs, seen, "0::/nowhere-of-this-name\n");
		run = begin(f, 301, "c");
		call_named(f, 99, cases[i].pid ? cases[i].pid : (uint32_t)getpid(), cases[i].comm, cases[i].exe);
		if (!!(reasons(run) & REASON_BIT(SESSION_CHANGED)) != cases[i].doubted)
			fail_msg("case %u", i);
		/* Of one whose place is known, and that can be looked at, there is no doubt. */
		if (!cases[i].pid)
			assert_false(reasons(seen) & REASON_BIT(SESSION_CHANGED));
		runs_end(f->runs, run, EVIDENCE_END_PROCESSES, 3);
		runs_end(f->runs, seen, EVIDENCE_END_PROCESSES, 3);
		runs_sweep(f->runs, 3, 0);
	}
}

/* The same where a container of that name has ended, and where it sat is known yet. */
static void an_exec_into_the_next_of_that_name(void **state)
{
	struct fixture *f = *state;
	struct run *ended = begin(f, 300, "c"), *run;
	char cgroup[PROC_CGROUP_MAX];

	assert_int_equal(proc_read_cgroup(getpid(), cgroup, NULL), 0);
	call(f, 300, INIT, "execve");
	runs_know_cgroup(f->runs, ended, "0::/nowhere-of-this-name\n");
	free(ended->cgroup);
	ended->cgroup = strdup(cgroup);
	ended->shared_cgroup = false;
	runs_end(f->runs, ended, EVIDENCE_END_PROCESSES, 3);
	run = begin(f, 301, "c");
	call_named(f, 99, (uint32_t)getpid(), "runc:[2:INIT]", "/");
	assert_true(reasons(run) & REASON_BIT(SESSION_CHANGED));
}

static void capabilities_that_never_come(void **state)
{
	static const char none[] =
		"Name:\tx\nCapInh:\t0000000000000000\nCapPrm:\t00000000a80425fb\nCapEff:\t00000000a80425fb\n"
		"CapBnd:\t00000000a80425fb\nCapAmb:\t0000000000000000\nNoNewPrivs:\t1\n";
	static const char bounded[] =
		"Name:\tx\nCapInh:\t0000000000000000\nCapPrm:\t0000000000000000\nCapEff:\t0000000000000000\n"
		"CapBnd:\t000001ffffffffff\nCapAmb:\t0000000000000000\n";
	static const struct {
		const char *status, *map;
		bool never;
	} cases[] = {
		{none, "         0          0 4294967295\n", true},
		{bounded, "         0          0 4294967295\n", false}, /* a file's capabilities may give it */
		{bounded, "         0     100000      65536\n", true},
		{bounded, "         0          0       1000\n", true},
		{bounded, "         0          0          1\n         1     100000      65536\n", true},
		{bounded, "", false},
		{"Name:\tx\n", "         0          0 4294967295\n", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (proc_parse_never_has(cases[i].status, cases[i].map, 30) != cases[i].never)
			fail_msg("case %zu", i);
}

/* A process that is told apart by when it began and when it was last seen alive. Ticks of 10 ms; a record at 5,000 ms.
 */
static void the_same_process(void **state)
{
	static const struct {
		uint64_t start, alive_ms;
		bool long_cycle, same;
	} cases[] = {
		{100, 5001, true, true},   {100, 5001, false, true},
		{100, 4990, true, true}, /* not seen since, but its number cannot have come round */
		{100, 4990, false, false}, {100, 4900, true, false},
		{500, 5001, true, true}, /* began in the same tick */
		{500, 5001, false, false}, {496, 5001, false, true},
		{502, 5010, true, true},  /* the record's clock is behind by less than the slack */
		{504, 5100, true, false}, /* began later: the number was another's */
		{600, 9000, true, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (unattributed_is_same(cases[i].start, 100, cases[i].alive_ms, 5000, cases[i].long_cycle) !=
		    cases[i].same)
			fail_msg("case %zu", i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_runs(an_unattributed_call_of_a_process_that_is_gone),
		with_runs(an_unattributed_call_at_the_end),
		with_runs(an_unattributed_call_that_is_explained),
		with_runs(many_unattributed),
		with_runs(unattributed_calls_of_others),
		with_runs(an_exec_past_the_wrapper),
		with_runs(an_exec_before_the_first_record),
		with_runs(an_exec_into_the_next_of_that_name),
		cmocka_unit_test(capabilities_that_never_come),
		cmocka_unit_test(the_same_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
