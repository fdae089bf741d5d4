/* Runs: phases, sessions, late records, and how evidence is saved and read again. */
#include "base/file.h"
#include "seccomp/evidence/unlogged_proof.h"
#include "shim/recorder/attribution/counted.h"
#include "shim/recorder/attribution/flood.h"
#include "shim/recorder/counter/counter.h"
#include "tests/unit/runs_fixture.h"

#include <errno.h>
#include <fcntl.h>

static void phases(void **state)
{
	struct fixture *f = *state;
	struct run *run = begin(f, 7, "web");

	call(f, 7, INIT, "close");
	call(f, 7, CHILD, "dup3"); /* a hook */
	call(f, 7, CHILD, "execve");
	call(f, 7, CHILD, "brk");
	call(f, 7, INIT, "close");
	call(f, 7, INIT, "execve");
	call(f, 7, INIT, "read");
	call(f, 7, INIT, "execve"); /* a shell's exec */
	call(f, 7, OTHER, "read");
	call(f, 7, CHILD, "brk"); /* one that outlived the boundary counts as the program's */
	assert_calls(run, "runtime:close*2 runtime:execve hook:brk hook:dup3 hook:execve workload:brk workload:execve workload:read*2");
	assert_int_equal(evidence_run(run->key->evidence, run->no)->records, 10);
	assert_reasons(run, REASON_BIT(RUNNING));
	runs_end(f->runs, run, EVIDENCE_END_PROCESSES, 3);
	assert_reasons(run, 0);
}

/* What counts as the init's execve. */
static void boundary(void **state)
{
	static const struct {
		enum arch_id arch;
		const char *name;
		enum record_action action;
		uint32_t pid;
		bool is_boundary;
	} cases[] = {
		{ARCH_X86_64, "execve", RECORD_LOG, INIT, true},
		{ARCH_X86_64, "execveat", RECORD_LOG, INIT, true},
		{ARCH_X86, "execve", RECORD_LOG, INIT, true},
		{ARCH_AARCH64, "execve", RECORD_LOG, INIT, true},
		{ARCH_X86_64, "munmap", RECORD_LOG, INIT, false}, /* i386's number of execve */
		{ARCH_X86, "olduname", RECORD_LOG, INIT, false},  /* x86_64's */
		{ARCH_X86_64, "execve", RECORD_ERRNO, INIT, false},
		{ARCH_X86_64, "execve", RECORD_KILL_PROCESS, INIT, false},
		{ARCH_X86_64, "execve", RECORD_LOG, CHILD, false},
	};
	struct fixture *f = *state;

	for (uint32_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char id[16];

		snprintf(id, sizeof(id), "c%u", i);
		struct run *run = begin(f, i, id);

		call(f, i, INIT, "close");
		call_as(f, i, cases[i].pid, cases[i].arch, cases[i].name, cases[i].action);
		if (runs_session(f->runs, i)->execd != cases[i].is_boundary)
			fail_msg("case %u", i);
		runs_end(f->runs, run, EVIDENCE_END_PROCESSES, 3);
		assert_reasons(run, cases[i].is_boundary ? 0 : REASON_BIT(FILTER_NOT_SEEN));
	}
}

/* An exec is a tree of its own, booked to its container; its execve is no proof for the container's. */
static void exec_sessions(void **state)
{
	struct fixture *f = *state;
	struct run *run = begin(f, 7, "web");

	assert_int_equal(join(f, ROOT, "web", 8), 0);
	call(f, 8, OTHER, "statx");
	call(f, 8, OTHER, "execve");
	call(f, 8, OTHER, "uname");
	assert_calls(run, "runtime:execve runtime:statx exec:uname");
	call(f, 7, INIT, "close");
	assert_calls(run, "runtime:close runtime:execve runtime:statx exec:uname");
	runs_end(f->runs, run, EVIDENCE_END_PROCESSES, 3);
	assert_reasons(run, REASON_BIT(FILTER_NOT_SEEN));
}

static int join_as(struct fixture *f, uint32_t session, bool terminal, bool by_cgroup)
{
	return runs_join(f->runs, &(struct run_request){.root = ROOT, .id = "web", .session = session, .terminal = terminal, .by_cgroup = by_cgroup},
			 NULL);
}

static void call_exec(struct fixture *f, uint32_t session, const char *name)
{
	call(f, session, OTHER, "execve");
	call(f, session, OTHER, name);
}

/* Calls of execs are told from the program's, and from each other's; what both use stands in both. */
static void execs_are_told(void **state)
{
	struct fixture *f = *state;
	struct run *run = begin(f, 7, "web");
	const struct evidence_call *const *calls;
	bool alone = false;

	call(f, 7, INIT, "execve");
	call(f, 7, INIT, "uname");
	assert_int_equal(join_as(f, 8, false, false), 0);
	assert_int_equal(join_as(f, 9, true, false), 0);
	call_exec(f, 8, "uname");
	call(f, 8, CHILD, "sync");
	call_exec(f, 9, "sync");
	call(f, 9, OTHER, "mkdir");
	assert_calls(run, "runtime:execve*3 workload:uname exec:sync exec:uname terminal:mkdir terminal:sync");
	for (size_t i = 0, n = evidence_calls(run->key->evidence, &calls); i < n; i++) {
		char name[SYSCALL_NAME_MAX];

		syscall_name(calls[i]->arch, calls[i]->nr, name);
		alone = strcmp(name, "mkdir") == 0 || (strcmp(name, "sync") == 0 && calls[i]->phase == EVIDENCE_EXEC);
		assert_int_equal(evidence_is_alone(run->key->evidence, calls[i]), alone);
	}
	/* Only the program's use makes a call one that later runs need not log. */
	assert_int_equal(unlogged_learnt(run->key->evidence), 1);
	call(f, 7, INIT, "mkdir");
	assert_int_equal(unlogged_learnt(run->key->evidence), 2);
}

/* Another process may be in the session too: its calls are the program's. */
static void an_exec_in_a_shared_session_is_not_told(void **state)
{
	struct fixture *f = *state;
	struct run *run = begin(f, 7, "web");

	call(f, 7, INIT, "execve");
	assert_int_equal(join_as(f, 8, true, true), 0);
	assert_int_equal(runs_phase_of(run->sessions), EVIDENCE_WORKLOAD);
	assert_int_equal(evidence_untold_runs(run->key->evidence), 1);
}

static uint64_t count_of(const struct run *run, const char *name, enum evidence_phase phase)
{
	const struct evidence_call *const *calls;
	char other[SYSCALL_NAME_MAX];

	for (size_t i = 0, n = evidence_calls(run->key->evidence, &calls); i < n; i++)
		if (syscall_name(calls[i]->arch, calls[i]->nr, other) && strcmp(other, name) == 0 && calls[i]->phase == phase)
			return calls[i]->count;
	return 0;
}

/* The kernel counted a call of an exec; the exec ends; the program makes the call for the first time. */
static void what_an_exec_used_is_the_programs_too_once_it_is(void **state)
{
	struct fixture *f = *state;
	struct run *run = begin(f, 7, "web");
	struct counter_entry now = {0};
	const struct arch *host[4];
	uint32_t nr = 0;

	if (!arch_host(host) || syscall_number(host[0], "getpid", &nr) < 0)
		skip();
	assert_int_equal(join_as(f, 8, false, false), 0);
	now.words[COUNTER_ABIS * COUNTER_WORDS + nr / 64] = UINT64_C(1) << nr % 64;
	assert_true(counted_book(f->runs, runs_session(f->runs, 8), &now, 2));
	assert_true(counted_retire(runs_session(f->runs, 8)));
	runs_forget_session(f->runs, runs_session(f->runs, 8));
	assert_int_equal(count_of(run, "getpid", EVIDENCE_EXEC), 1);
	assert_int_equal(count_of(run, "getpid", EVIDENCE_WORKLOAD), 0);
	assert_true(counted_book(f->runs, runs_session(f->runs, 7), &now, 2));
	assert_int_equal(count_of(run, "getpid", EVIDENCE_WORKLOAD), 1);
}

static void joining(void **state)
{
	struct fixture *f = *state;
	struct run *one = begin(f, 7, "web"), *two;

	assert_int_equal(join(f, ROOT, "other", 8), -ENOENT);
	assert_int_equal(join(f, "/run/crun", "web", 8), -ENOENT);
	assert_null(runs_session(f->runs, 8));
	/* a session belongs to one container for good */
	begin(f, 9, "other");
	assert_int_equal(join(f, ROOT, "web", 9), -EEXIST);
	assert_int_equal(join(f, ROOT, "web", 7), -EEXIST);
	assert_true(runs_session(f->runs, 9)->run != one);
	/* one that was being ended lives again */
	one->state = RUN_ENDING;
	assert_int_equal(join(f, ROOT, "web", 8), 0);
	assert_int_equal(one->state, RUN_LIVE);
	/* of two of one name the newer, and none that has ended */
	runs_end(f->runs, one, EVIDENCE_END_PROCESSES, 3);
	assert_int_equal(join(f, ROOT, "web", 10), -ENOENT);
	two = begin(f, 11, "web");
	assert_int_equal(join(f, ROOT, "web", 10), 0);
	assert_true(runs_session(f->runs, 10)->run == two);
}

static void no_cross_booking(void **state)
{
	struct fixture *f = *state;
	struct run *one = begin_as(f, 1, "a", "shared", EVIDENCE_LEARN);
	struct run *two = begin_as(f, 2, "b", "shared", EVIDENCE_LEARN);
	struct run *three = begin_as(f, 3, "c", "own", EVIDENCE_LEARN);
	const struct run_request again = {.session = 2, .id = "d", .root = ROOT, .key = "own", .runtime = "", .runtime_id = "",
					  .baseline = "", .kernel = ""};
	struct err err = {0};

	/* process numbers do not matter between sessions */
	call(f, 1, INIT, "execve");
	call(f, 2, INIT, "close");
	call(f, 3, INIT, "getpid");
	call(f, 1, INIT, "getppid");
	call(f, 4, INIT, "mount");
	assert_calls(one, "runtime:close runtime:execve workload:getppid");
	assert_calls(three, "runtime:getpid");
	assert_true(one->key == two->key && one->key->users == 2);
	assert_int_equal(evidence_run(one->key->evidence, one->no)->records, 2);
	assert_int_equal(evidence_run(two->key->evidence, two->no)->records, 1);
	assert_int_equal(runs_begin(f->runs, &again, 1, &err), -EEXIST);
	assert_int_equal(f->runs->live, 3);
	assert_true(runs_session(f->runs, 2)->run == two);
}

/* Many sessions: each is found, and freed alone. */
static void many_sessions(void **state)
{
	struct fixture *f = *state;

	for (uint32_t i = 0; i < 3 * RUNS_BUCKETS; i++)
		if (i == 0 || i % RUNS_BUCKETS == 0)
			begin_as(f, i * 7, "c", "k", EVIDENCE_LEARN);
		else
			assert_int_equal(join(f, ROOT, "c", i * 7), 0);
	for (uint32_t i = 0; i < 3 * RUNS_BUCKETS; i++)
		assert_int_equal(runs_session(f->runs, i * 7)->id, i * 7);
	for (struct run *run = f->runs->list->next; run; run = run->next)
		runs_end(f->runs, run, EVIDENCE_END_PROCESSES, 10);
	runs_sweep(f->runs, 20, 5);
	assert_int_equal(f->runs->live, 1);
	for (uint32_t i = 0; i < 3 * RUNS_BUCKETS; i++)
		assert_true(!runs_session(f->runs, i * 7) == (i < 2 * RUNS_BUCKETS));
}

static void late_records(void **state)
{
	struct fixture *f = *state;
	struct run *run = begin(f, 7, "web"), *other = begin(f, 8, "other");

	call(f, 7, INIT, "execve");
	runs_end(f->runs, run, EVIDENCE_END_PROCESSES, 10);
	assert_reasons(run, 0);
	/* a reason that comes after the end is for those that live */
	runs_stamp_live(f->runs, REASON_SERIAL_GAP, 11);
	assert_reasons(run, 0);
	assert_reasons(other, REASON_BIT(RUNNING) | REASON_BIT(SERIAL_GAP));
	call(f, 7, INIT, "read");
	assert_reasons(run, REASON_BIT(LATE_RECORD));
	assert_calls(run, "runtime:execve workload:read");
	/* kept while it lingers, then gone */
	runs_sweep(f->runs, 14, 5);
	assert_non_null(runs_session(f->runs, 7));
	runs_sweep(f->runs, 15, 5);
	assert_null(runs_session(f->runs, 7));
	assert_non_null(runs_session(f->runs, 8));
}

/* With the last run of a key its evidence goes to the disk, and comes back with the next. */
static void saved_and_read_again(void **state)
{
	struct fixture *f = *state;
	struct run *run = begin(f, 7, "web");

	call(f, 7, INIT, "execve");
	runs_stamp_live(f->runs, REASON_OVERRUN, 2);
	runs_end(f->runs, run, EVIDENCE_END_PROCESSES, 10);
	runs_sweep(f->runs, 10, 0);
	assert_int_equal(store_save_all(&f->store, NULL), 0);
	assert_int_equal(f->store.count, 0);
	run = begin(f, 8, "web");
	call(f, 8, INIT, "execve");
	assert_calls(run, "runtime:execve*2");
	assert_int_equal(run->no, 2);
	assert_int_equal(evidence_run(run->key->evidence, 1)->reasons, REASON_BIT(OVERRUN));
	assert_reasons(run, REASON_BIT(RUNNING));
}

/* A run in the file that nobody watches any more cannot be complete. */
static void orphans(void **state)
{
	struct fixture *f = *state;

	begin(f, 7, "web");
	call(f, 7, INIT, "execve");
	assert_int_equal(store_save_all(&f->store, NULL), 0);
	struct store later = {.state_dir = f->state_dir};
	struct store_key *key = NULL;

	assert_int_equal(store_hold(&later, STATE_KEYS, "web", &key, NULL), 0);
	assert_true(evidence_run(key->evidence, 1)->reasons & REASON_BIT(RECORDER));
	store_release(&later, key);
}

static void put_evidence(const struct fixture *f, const char *text)
{
	struct err err = {0};
	cleanup_fd int dir = state_open_key(f->state_dir, STATE_KEYS, "web", true, &err);

	assert_true(dir >= 0);
	assert_int_equal(file_save_at(dir, STATE_EVIDENCE, text, strlen(text), 0600, &err), 0);
}

static void assert_file(const struct fixture *f, const char *name, const char *want)
{
	cleanup_buf struct buf text = {0};
	cleanup_fd int dir = state_open_key(f->state_dir, STATE_KEYS, "web", false, NULL);

	assert_true(dir >= 0);
	assert_int_equal(file_read_at(dir, name, 100, &text, NULL), 0);
	assert_string_equal(text.data, want);
}

/* A damaged file is kept under another name, again and again, and learning goes on. */
static void damaged_evidence(void **state)
{
	static const char *const texts[] = {"{", "", "{\"version\": 1}"};
	struct fixture *f = *state;

	for (unsigned i = 0; i < ARRAY_SIZE(texts); i++) {
		char name[64];

		put_evidence(f, texts[i]);
		struct run *run = begin(f, 7 + i, "web");

		call(f, 7 + i, INIT, "execve");
		snprintf(name, sizeof(name), STATE_DAMAGED "%u", i + 1);
		assert_non_null(strstr(evidence_run(run->key->evidence, run->no)->note, name));
		runs_end(f->runs, run, EVIDENCE_END_PROCESSES, 3);
		assert_reasons(run, 0);
		runs_sweep(f->runs, 3, 0);
		assert_int_equal(store_save_all(&f->store, NULL), 0);
	}
	for (unsigned i = 0; i < ARRAY_SIZE(texts); i++) {
		char name[64];

		snprintf(name, sizeof(name), STATE_DAMAGED "%u", i + 1);
		assert_file(f, name, texts[i]);
	}
	assert_int_equal(state_count_damaged(f->state_dir, STATE_KEYS, "web"), ARRAY_SIZE(texts));
}

/* One of a newer version is not damaged: it is left alone, and its key is not learnt. */
static void newer_evidence(void **state)
{
	static const char text[] = "{\"version\": 99, \"key\": \"web\"}";
	struct fixture *f = *state;
	const struct run_request q = {.session = 7, .id = "web", .root = ROOT, .key = "web", .runtime = "", .runtime_id = "",
				      .baseline = "", .kernel = ""};
	struct err err = {0};

	put_evidence(f, text);
	assert_int_equal(runs_begin(f->runs, &q, 1, &err), -EPROTONOSUPPORT);
	assert_non_null(strstr(err.msg, "version 99"));
	assert_null(runs_session(f->runs, 7));
	assert_int_equal(f->runs->live, 0);
	assert_file(f, STATE_EVIDENCE, text);
	assert_int_equal(state_count_damaged(f->state_dir, STATE_KEYS, "web"), 0);
}

/* Audit and enforce: what is logged is audited, not learnt; what is learnt already, and logged only for the boundary, is nothing new. */
static void modes(void **state)
{
	struct fixture *f = *state;
	struct run *run = begin_as(f, 7, "a", "web", EVIDENCE_AUDIT), *learn;

	call(f, 7, INIT, "execve");
	call(f, 7, INIT, "mount");
	call_as(f, 7, INIT, ARCH_X86_64, "reboot", RECORD_ERRNO);
	assert_calls(run, "runtime:execve*0+1 workload:mount*0+1 workload:reboot*0-1");
	runs_end(f->runs, run, EVIDENCE_END_PROCESSES, 3);
	assert_reasons(run, REASON_BIT(NOT_LEARNING));
	learn = begin_as(f, 8, "b", "web", EVIDENCE_LEARN);
	call(f, 8, INIT, "execve");
	call(f, 8, INIT, "mount");
	call_as(f, 8, INIT, ARCH_X86_64, "reboot", RECORD_KILL_PROCESS);
	assert_calls(learn, "runtime:execve+1 workload:mount+1 workload:reboot*0-2");
	begin_as(f, 9, "c", "web", EVIDENCE_AUDIT);
	call(f, 9, INIT, "execve");
	call(f, 9, INIT, "mount");
	assert_calls(learn, "runtime:execve+1 workload:mount+2 workload:reboot*0-2");
}

static void unknown_arch(void **state)
{
	struct fixture *f = *state;
	struct run *run = begin(f, 7, "web");
	const struct record r = {.session = 7, .pid = INIT, .arch = 0x12345678, .nr = 59, .action = RECORD_LOG};

	runs_record(f->runs, &r, NULL, 2);
	assert_reasons(run, REASON_BIT(RUNNING) | REASON_BIT(UNKNOWN_ARCH));
	assert_calls(run, "");
}

static void versions(void **state)
{
	struct fixture *f = *state;
	struct run *run = begin(f, 7, "web");

	runs_name_version(f->runs, "crun-1", "crun 1.8", 2);
	assert_string_equal(evidence_run(run->key->evidence, run->no)->runtime_version, "");
	runs_name_version(f->runs, "runc-1", "runc 1.1", 2);
	runs_name_version(f->runs, "runc-1", "runc 1.2", 2);
	assert_string_equal(evidence_run(run->key->evidence, run->no)->runtime_version, "runc 1.1");
}

/* Rare calls that are not rare are told once, with their name. */
static void floods(void **state)
{
	struct fixture *f = *state;
	struct run *run = begin(f, 7, "web");
	const char *note;

	call(f, 7, INIT, "execve");
	for (unsigned i = 0; i < FLOOD_RECORDS - 2; i++)
		call(f, 7, INIT, "getppid");
	flood_look(f->runs);
	call(f, 7, INIT, "getppid");
	flood_look(f->runs);
	assert_string_equal(evidence_run(run->key->evidence, run->no)->note, "");
	for (unsigned i = 0; i < FLOOD_RECORDS; i++)
		call(f, 7, INIT, i ? "mount" : "umount2");
	flood_look(f->runs);
	note = evidence_run(run->key->evidence, run->no)->note;
	assert_non_null(strstr(note, "5000 audit records in a second, most of them of "));
	assert_non_null(strstr(note, "later starts of this key leave it unlogged"));
	for (unsigned i = 0; i < FLOOD_RECORDS; i++)
		call(f, 7, INIT, "ptrace");
	flood_look(f->runs);
	assert_string_equal(evidence_run(run->key->evidence, run->no)->note, note);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_runs(phases),           with_runs(boundary),
		with_runs(exec_sessions),    with_runs(joining),
		with_runs(execs_are_told), with_runs(an_exec_in_a_shared_session_is_not_told),
		with_runs(what_an_exec_used_is_the_programs_too_once_it_is),
		with_runs(no_cross_booking), with_runs(many_sessions),
		with_runs(late_records),     with_runs(saved_and_read_again),
		with_runs(orphans),          with_runs(damaged_evidence),
		with_runs(newer_evidence),   with_runs(modes),
		with_runs(unknown_arch),     with_runs(versions),
		with_runs(floods),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
