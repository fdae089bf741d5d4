/* Seccomp filters besides the container's own, which stamp a run. */
#include "shim/common/session.h"
#include "tests/unit/child_under.h"
#include "tests/unit/runs_fixture.h"

#include <signal.h>
#include <sys/wait.h>

static void own_filter(void **state)
{
	static const struct {
		const char *before, *after[3]; /* the execve */
		enum arch_id arch;
		bool stamped;
	} cases[] = {
		{NULL, {"prctl"}, ARCH_X86_64, true},
		{NULL, {"read", "prctl"}, ARCH_X86_64, true},
		{NULL, {"prctl"}, ARCH_X86, true},
		{NULL, {"prctl"}, ARCH_X32, true},
		{NULL, {"ptrace"}, ARCH_X86_64, false},
		{NULL, {"seccomp"}, ARCH_X86_64, true},
		{NULL, {"prctl", "ptrace"}, ARCH_X86_64, true},
		{NULL, {"ptrace", "read", "prctl"}, ARCH_X86_64, true},
		{NULL, {"seccomp"}, ARCH_X86, true},
		{NULL, {"prctl", "ptrace"}, ARCH_X86, true},
		/* the runtime's own */
		{"prctl", {"ptrace"}, ARCH_X86_64, false},
		{"seccomp", {"read"}, ARCH_X86_64, false},
	};
	struct fixture *f = *state;

	for (uint32_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char id[16];

		snprintf(id, sizeof(id), "c%u", i);
		struct run *run = begin(f, i, id);

		if (cases[i].before)
			call(f, i, INIT, cases[i].before);
		call(f, i, INIT, "execve");
		for (unsigned k = 0; k < 3 && cases[i].after[k]; k++)
			call_as(f, i, k ? CHILD : INIT, cases[i].arch, cases[i].after[k], RECORD_LOG);
		if (!(reasons(run) & REASON_BIT(OWN_FILTER)) != !cases[i].stamped)
			fail_msg("case %u", i);
	}
}

/* A filter may be loaded by what was executed into the container, too. */
static void own_filter_of_an_exec(void **state)
{
	struct fixture *f = *state;
	struct run *run = begin(f, 7, "web");

	assert_int_equal(join(f, ROOT, "web", 8), 0);
	call(f, 7, INIT, "execve");
	call(f, 8, OTHER, "execve");
	call(f, 8, OTHER, "ptrace");
	assert_reasons(run, REASON_BIT(RUNNING));
	call(f, 8, OTHER, "prctl");
	assert_reasons(run, REASON_BIT(RUNNING) | REASON_BIT(OWN_FILTER));
}

/* The filters of whoever started the container, or executed something in it, are the container's too. */
static void inherited_filters(void **state)
{
	static const enum evidence_mode modes[] = {EVIDENCE_LEARN, EVIDENCE_AUDIT, EVIDENCE_ENFORCE};
	const reason_set other = REASON_BIT(RUNNING) | REASON_BIT(NOT_LEARNING);
	static const uint32_t counts[] = {0, 1, 5, PROC_FILTERS_SOME};
	struct fixture *f = *state;
	uint32_t session = 1;

	for (unsigned m = 0; m < ARRAY_SIZE(modes); m++)
		for (unsigned i = 0; i < 2 * ARRAY_SIZE(counts); i++, session += 2) {
			bool by_exec = i % 2;
			struct run_request q = {.mode = modes[m],
						.session = session,
						.id = "c",
						.root = ROOT,
						.key = "c",
						.runtime = "/usr/sbin/runc",
						.runtime_id = "runc-1",
						.baseline = "drop",
						.kernel = "6.1",
						.filters = by_exec ? 0 : counts[i / 2]};

			assert_int_equal(runs_begin(f->runs, &q, 1, NULL), 0);
			q.session++;
			q.filters = by_exec ? counts[i / 2] : 0;
			assert_int_equal(runs_join(f->runs, &q, NULL), 0);
			assert_int_equal(reasons(f->runs->list) & ~other, counts[i / 2] && modes[m] != EVIDENCE_ENFORCE
										  ? REASON_BIT(INHERITED_FILTER)
										  : 0);
		}
}

/* A process under more filters than its caller had and the runtime loads: whoever loaded one. */
static void filters_by_state(void **state)
{
	struct fixture *f = *state;
	uint32_t session = 0, before = 0;

	if (session_of(getpid(), &session) < 0 || proc_read_filters(getpid(), session, &before) < 0 ||
	    before == PROC_FILTERS_SOME)
		skip();
	for (uint32_t n = 0; n < 4; n++) {
		const struct run_request q = {.mode = EVIDENCE_LEARN,
					      .session = session,
					      .id = "c",
					      .root = ROOT,
					      .key = "c",
					      .runtime = "/usr/sbin/runc",
					      .runtime_id = "runc-1",
					      .baseline = "drop",
					      .kernel = "6.1",
					      .filters = before + n};
		struct run *run;
		pid_t pid = test_child_under(2);

		assert_true(pid > 0);
		assert_int_equal(runs_begin(f->runs, &q, 1, NULL), 0);
		run = f->runs->list;
		call(f, session, (uint32_t)pid, "execve");
		/* Two more than this process has: its caller had n of them, and the runtime loaded one. */
		assert_int_equal(!(reasons(run) & REASON_BIT(OWN_FILTER)), n >= 1);
		runs_end(f->runs, run, EVIDENCE_END_PROCESSES, 10);
		runs_sweep(f->runs, 20, 5);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_runs(own_filter),
		with_runs(own_filter_of_an_exec),
		with_runs(inherited_filters),
		with_runs(filters_by_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
