#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "seccomp/syscall/names.h"
#include "shim/common/session.h"
#include "shim/recorder/attribution/runs.h"
#include "shim/recorder/attribution/state_file.h"
#include "tests/unit/child_under.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define INIT  4194401u /* process numbers beyond what any kernel gives (PID_MAX_LIMIT is 4194304) */
#define CHILD 4194402u
#define OTHER 4194403u
#define ROOT  "/run/runc"

/* The booking of one recorder, with a state directory of its own. */
struct fixture {
	char state_dir[32];
	struct store store;
	struct runs *runs;
};

static int setup(void **state)
{
	struct fixture *f = test_calloc(1, sizeof(*f));

	strcpy(f->state_dir, "/tmp/snug-test-XXXXXX");
	f->runs = test_malloc(sizeof(*f->runs));
	f->store.state_dir = mkdtemp(f->state_dir);
	runs_init(f->runs, &f->store);
	*state = f;
	return f->store.state_dir ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	char command[64];

	runs_done(f->runs);
	assert_int_equal(store_save_all(&f->store, NULL), 0);
	assert_int_equal(f->store.count, 0);
	snprintf(command, sizeof(command), "rm -rf '%s'", f->state_dir);
	test_free(f->runs);
	test_free(f);
	return system(command);
}

static struct run *begin_as(struct fixture *f, uint32_t session, const char *id, const char *key, enum evidence_mode mode)
{
	const struct run_request q = {
		.mode = mode, .session = session, .id = id, .root = ROOT, .key = key, .runtime = "/usr/sbin/runc",
		.runtime_id = "runc-1", .baseline = "drop", .kernel = "6.1",
	};
	struct err err = {0};

	if (runs_begin(f->runs, &q, 1, &err) < 0)
		fail_msg("%s", err.msg);
	assert_non_null(runs_session(f->runs, session));
	return runs_session(f->runs, session)->run;
}

static int join(struct fixture *f, const char *root, const char *id, uint32_t session)
{
	return runs_join(f->runs, &(struct run_request){.root = root, .id = id, .session = session}, NULL);
}

static struct run *begin(struct fixture *f, uint32_t session, const char *id)
{
	return begin_as(f, session, id, id, EVIDENCE_LEARN);
}

static void call_as(struct fixture *f, uint32_t session, uint32_t pid, enum arch_id id, const char *name, enum record_action action)
{
	const struct arch *arch = arch_get(id);
	struct record r = {.session = session, .pid = pid, .arch = arch->audit, .action = action, .time_ms = text_now_ms(), .serial = 1,
			   .comm = {.p = "web", .len = 3}, .exe = {.p = "/bin/web", .len = 8}};

	assert_int_equal(syscall_number(arch, name, &r.nr), 0);
	runs_record(f->runs, &r, NULL, 2);
}

/* A call whose program names itself. */
static void call_named(struct fixture *f, uint32_t session, uint32_t pid, const char *comm, const char *exe)
{
	struct record r = {.session = session, .pid = pid, .arch = arch_get(ARCH_X86_64)->audit, .nr = 0, .action = RECORD_LOG,
			   .time_ms = text_now_ms(), .serial = 1, .comm = {.p = comm, .len = strlen(comm)},
			   .exe = {.p = exe, .len = strlen(exe)}};

	runs_record(f->runs, &r, NULL, 2);
}

/* Its processes may change their audit session. */
static struct run *loosen(struct run *run)
{
	runs_main_session(run)->loose = true;
	return run;
}

static void call(struct fixture *f, uint32_t session, uint32_t pid, const char *name)
{
	call_as(f, session, pid, ARCH_X86_64, name, RECORD_LOG);
}

/* The calls of a run's key as "PHASE:NAME*COUNT ..." in the order of the file. */
static void assert_calls(const struct run *run, const char *want)
{
	const struct evidence_call *const *calls;
	size_t n = evidence_calls(run->key->evidence, &calls);
	cleanup_buf struct buf b = {0};

	buf_adds(&b, "");
	for (size_t i = 0; i < n; i++) {
		char name[SYSCALL_NAME_MAX];

		syscall_name(calls[i]->arch, calls[i]->nr, name);
		buf_addf(&b, "%s%s:%s", b.len ? " " : "", evidence_phase_name(calls[i]->phase), name);
		if (calls[i]->count != 1)
			buf_addf(&b, "*%u", (unsigned)calls[i]->count);
		if (calls[i]->audited)
			buf_addf(&b, "+%u", (unsigned)calls[i]->audited);
		if (calls[i]->denied)
			buf_addf(&b, "-%u", (unsigned)calls[i]->denied);
	}
	assert_string_equal(b.data, want);
}

static reason_set reasons(const struct run *run)
{
	return evidence_run(run->key->evidence, run->no)->reasons;
}

static void assert_reasons(const struct run *run, reason_set want)
{
	for (unsigned i = 0; i < REASON_COUNT; i++)
		if ((reasons(run) ^ want) >> i & 1)
			fail_msg("%s is %s", reason_code((enum reason)i), want >> i & 1 ? "missing" : "there");
}

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
	assert_calls(run, "runtime:execve runtime:statx workload:uname");
	call(f, 7, INIT, "close");
	assert_calls(run, "runtime:close runtime:execve runtime:statx workload:uname");
	runs_end(f->runs, run, EVIDENCE_END_PROCESSES, 3);
	assert_reasons(run, REASON_BIT(FILTER_NOT_SEEN));
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
			struct run_request q = {.mode = modes[m], .session = session, .id = "c", .root = ROOT, .key = "c", .runtime = "/usr/sbin/runc",
						.runtime_id = "runc-1", .baseline = "drop", .kernel = "6.1", .filters = by_exec ? 0 : counts[i / 2]};

			assert_int_equal(runs_begin(f->runs, &q, 1, NULL), 0);
			q.session++;
			q.filters = by_exec ? counts[i / 2] : 0;
			assert_int_equal(runs_join(f->runs, &q, NULL), 0);
			assert_int_equal(reasons(f->runs->list) & ~other,
					 counts[i / 2] && modes[m] != EVIDENCE_ENFORCE ? REASON_BIT(INHERITED_FILTER) : 0);
		}
}

/* A process under more filters than its caller had and the runtime loads: whoever loaded one. */
static void filters_by_state(void **state)
{
	struct fixture *f = *state;
	uint32_t session = 0, before = 0;

	if (session_of(getpid(), &session) < 0 || proc_read_filters(getpid(), session, &before) < 0 || before == PROC_FILTERS_SOME)
		skip();
	for (uint32_t n = 0; n < 4; n++) {
		const struct run_request q = {.mode = EVIDENCE_LEARN, .session = session, .id = "c", .root = ROOT, .key = "c", .runtime = "/usr/sbin/runc",
					      .runtime_id = "runc-1", .baseline = "drop", .kernel = "6.1", .filters = before + n};
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

/* A logged call of a session that nobody registered, by a process that is gone: it may have been anybody's, unless a later one of that session tells. */
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

	assert_int_equal(proc_read_cgroup(getpid(), cgroup), 0);
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

/* A container that cannot change its session has nothing to do with what is logged of a program in another one, whoever that is: the node's other LOG
 * filters. One that can has nothing to do with a session that was there before it. */
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

/* What may be a runtime's init may be an exec past the wrapper, into any container and from any session: also from one whose other processes are nobody's. */
static void an_exec_past_the_wrapper(void **state)
{
	static const struct {
		const char *comm, *exe;
		bool doubted;
	} cases[] = {
		{"runc:[2:INIT]", "/", true},      {"runc:[2:INIT]", "/bin/sh", true}, {"crun", "/", true},
		{"3", "/", true},                  {"my-crun", "/opt/my-crun", true},  {"my-crun", "/", true},
		{"sh", "/memfd:runc_cloned:/proc/self/exe (deleted)", true},           {"sh", "", true},
		{"sh", "/bin/busybox", false},     {"runner", "/usr/bin/runner", false},
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

		assert_int_equal(proc_read_cgroup(getpid(), cgroup), 0);
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

/* The runtime tells of a container before its init has made a logged call: then nobody knows its cgroup yet, and an exec past the wrapper can be into it. */
static void an_exec_before_the_first_record(void **state)
{
	static const struct {
		uint32_t pid; /* 0: this process, which can be looked at */
		const char *comm, *exe;
		bool doubted;
	} cases[] = {
		{0, "runc:[2:INIT]", "/", true}, {OTHER, "runc:[2:INIT]", "/", true}, {0, "sh", "/bin/busybox", false}, {OTHER, "sh", "/bin/busybox", false},
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

	assert_int_equal(proc_read_cgroup(getpid(), cgroup), 0);
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
	static const char none[] = "Name:\tx\nCapInh:\t0000000000000000\nCapPrm:\t00000000a80425fb\nCapEff:\t00000000a80425fb\n"
				   "CapBnd:\t00000000a80425fb\nCapAmb:\t0000000000000000\nNoNewPrivs:\t1\n";
	static const char bounded[] = "Name:\tx\nCapInh:\t0000000000000000\nCapPrm:\t0000000000000000\nCapEff:\t0000000000000000\n"
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

/* One that sits in the cgroup of whoever called the wrapper, where the runtime left the container, is told to be nobody's: its calls are
 * not learnt, and the container, whose it may be all the same, is not complete. */
static void an_unattributed_call_in_the_callers_cgroup(void **state)
{
	struct fixture *f = *state;
	char cgroup[PROC_CGROUP_MAX];
	struct run *one = begin(f, 7, "a"), *two;

	assert_int_equal(proc_read_cgroup(getpid(), cgroup), 0);
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

/* A process that is told apart by when it began and when it was last seen alive. Ticks of 10 ms; a record at 5,000 ms. */
static void the_same_process(void **state)
{
	static const struct {
		uint64_t start, alive_ms;
		bool long_cycle, same;
	} cases[] = {
		{100, 5001, true, true},    {100, 5001, false, true},
		{100, 4990, true, true},    /* not seen since, but its number cannot have come round */
		{100, 4990, false, false},  {100, 4900, true, false},
		{500, 5001, true, true},    /* began in the same tick */
		{500, 5001, false, false},  {496, 5001, false, true},
		{502, 5010, true, true},    /* the record's clock is behind by less than the slack */
		{504, 5100, true, false},   /* began later: the number was another's */
		{600, 9000, true, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (unattributed_is_same(cases[i].start, 100, cases[i].alive_ms, 5000, cases[i].long_cycle) != cases[i].same)
			fail_msg("case %zu", i);
}

/* A second recorder on the same evidence and notes. */
struct successor {
	struct live notes;
	struct store store;
	struct runs *runs;
	unsigned taken;
};

static bool take_up(void *arg, const struct live_entry *e)
{
	struct successor *s = arg;
	bool taken = runs_take_up(s->runs, e, 5);

	s->taken += taken;
	return taken;
}

static void succeed(struct fixture *f, struct successor *s)
{
	*s = (struct successor){.store = {.state_dir = f->state_dir}, .runs = test_malloc(sizeof(*s->runs))};
	runs_init(s->runs, &s->store);
	assert_int_equal(live_open(&s->notes, f->state_dir, NULL), 0);
	s->runs->notes = &s->notes;
	s->store.taking_up = true;
	assert_int_equal(live_each(&s->notes, take_up, s, NULL), 0);
	s->store.taking_up = false;
	runs_end_orphans(s->runs, 5);
}

static void successor_done(struct successor *s)
{
	runs_done(s->runs);
	assert_int_equal(store_save_all(&s->store, NULL), 0);
	live_close(&s->notes);
	test_free(s->runs);
}

static void forget_unsaved(struct store *s)
{
	while (s->unsaved) {
		struct store_key *k = s->unsaved;

		s->unsaved = k->unsaved_next;
		evidence_free(k->evidence);
		free(k->set_aside);
		free(k);
	}
	*s = (struct store){.state_dir = s->state_dir};
}

/* The recorder killed: before anything of a run was saved, and after. Its run goes on as the same one, where it was. */
static void taken_up(void **state)
{
	struct fixture *f = *state;
	struct live notes = LIVE_INIT;
	struct successor s;
	struct run *run;

	assert_int_equal(live_open(&notes, f->state_dir, NULL), 0);
	f->runs->notes = &notes;
	for (unsigned saved = 0; saved < 2; saved++) {
		const struct run_request q = {.session = 7, .pid = 70, .pid_start = 700, .id = "web", .root = ROOT, .key = "web",
					      .runtime = "/usr/sbin/runc", .runtime_id = "runc-1", .baseline = "drop", .kernel = "6.1"};
		const struct run_request exec = {.session = 8, .pid = 80, .pid_start = 800, .id = "web", .root = ROOT};

		assert_int_equal(runs_begin(f->runs, &q, 1, NULL), 0);
		assert_int_equal(runs_join(f->runs, &exec, NULL), 0);
		call(f, 7, INIT, "execve");
		if (saved)
			assert_int_equal(store_save_all(&f->store, NULL), 0);
		succeed(f, &s);
		assert_int_equal(s.taken, 2);
		assert_int_equal(s.runs->live, 1);
		/* Whoever did not get its answer asks again. */
		assert_true(runs_is_registered(s.runs, &q) && runs_is_registered(s.runs, &exec));
		assert_false(runs_is_registered(s.runs, &(struct run_request){.session = 7, .pid = 71, .pid_start = 700, .id = "web", .root = ROOT}));
		run = s.runs->list;
		assert_true(runs_session(s.runs, 7)->run == run && runs_session(s.runs, 8)->run == run);
		assert_true(runs_session(s.runs, 7)->execd && runs_session(s.runs, 8)->is_exec && !runs_session(s.runs, 8)->execd);
		assert_int_equal(run->no, saved + 1);
		assert_reasons(run, REASON_BIT(RUNNING) | REASON_BIT(RECORDER));
		assert_string_equal(evidence_run(run->key->evidence, run->no)->runtime, "/usr/sbin/runc");
		struct fixture g = {.runs = s.runs};

		call(&g, 7, CHILD, "mkdir");
		runs_end(s.runs, run, EVIDENCE_END_PROCESSES, 6);
		assert_reasons(run, REASON_BIT(RECORDER));
		assert_int_equal(evidence_run(run->key->evidence, run->no)->records, saved + 1);
		runs_sweep(s.runs, 6, 0);
		successor_done(&s);
		/* Nothing is left to take up, and the run's end stands. */
		succeed(f, &s);
		assert_int_equal(s.taken, 0);
		successor_done(&s);
		runs_end(f->runs, f->runs->list, EVIDENCE_END_PROCESSES, 7);
		runs_sweep(f->runs, 7, 0);
		/* The killed one's memory never reaches the disk. */
		forget_unsaved(&f->store);
	}
	live_close(&notes);
	f->runs->notes = NULL;
}

/* What a run's filter lets pass unlogged is known to the next recorder, though nothing of the run was saved. */
static void taken_up_unlogged(void **state)
{
	static const char text[] = "{\"quiet\":{\"upto\":0,\"digest\":\"0000000000000000\",\"count\":0,\"forms\":[],\"assumed\":[\"read\"]}}";
	struct fixture *f = *state;
	struct live notes = LIVE_INIT;
	struct json_doc *doc = NULL;
	struct successor s;
	const struct evidence_run *er;

	assert_int_equal(live_open(&notes, f->state_dir, NULL), 0);
	f->runs->notes = &notes;
	assert_int_equal(json_parse(text, strlen(text), JSON_OURS, "request", &doc, NULL), 0);
	const struct run_request q = {.session = 7, .pid = 70, .pid_start = 700, .id = "web", .root = ROOT, .key = "web",
				      .runtime = "", .runtime_id = "", .baseline = "drop", .kernel = "", .request = doc};

	assert_int_equal(runs_begin(f->runs, &q, 1, NULL), 0);
	succeed(f, &s);
	assert_int_equal(s.taken, 1);
	er = evidence_run(s.runs->list->key->evidence, s.runs->list->no);
	assert_true(er->unlogged.on && names_have(&er->unlogged.assumed, "read"));
	assert_reasons(s.runs->list, REASON_BIT(RUNNING) | REASON_BIT(RECORDER));
	runs_end(s.runs, s.runs->list, EVIDENCE_END_PROCESSES, 6);
	runs_sweep(s.runs, 6, 0);
	successor_done(&s);
	runs_end(f->runs, f->runs->list, EVIDENCE_END_PROCESSES, 7);
	runs_sweep(f->runs, 7, 0);
	forget_unsaved(&f->store);
	json_free(doc);
	live_close(&notes);
	f->runs->notes = NULL;
}

/* Whatever lies there: nothing is taken up, nothing falls over, and it is gone afterwards. */
static void notes_of_no_use(void **state)
{
	static const char *const texts[] = {"", "{", "[]", "{}", "{\"version\":1,\"boot\":\"x\"}"};
	struct fixture *f = *state;
	struct live notes = LIVE_INIT;
	struct successor s;
	char name[32];

	assert_int_equal(live_open(&notes, f->state_dir, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		snprintf(name, sizeof(name), "%zu-1.json", i);
		assert_int_equal(file_put_at(notes.dir, name, texts[i], strlen(texts[i]), 0600, NULL), 0);
	}
	const struct live_entry other = {.pid = 9, .start = 9, .session = 7, .id = "a", .root = "/", .key = "../x", .runtime = "",
					 .runtime_id = "", .runtime_version = "", .kernel = "", .baseline = "", .cgroup = ""};

	assert_int_equal(live_write(&notes, &other, NULL), 0);
	succeed(f, &s);
	assert_int_equal(s.taken, 0);
	successor_done(&s);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		snprintf(name, sizeof(name), "%zu-1.json", i);
		assert_int_equal(faccessat(notes.dir, name, F_OK, 0), -1);
	}
	assert_int_equal(faccessat(notes.dir, "9-9.json", F_OK, 0), -1);
	live_close(&notes);
}

static struct run *begin_without_session(struct fixture *f, uint32_t session, const char *id)
{
	const struct run_request q = {.session = session, .id = id, .root = ROOT, .key = id, .runtime = "", .runtime_id = "",
				      .baseline = "", .kernel = "", .by_cgroup = true};

	assert_int_equal(runs_begin(f->runs, &q, 1, NULL), 0);
	assert_int_equal(evidence_run(f->runs->list->key->evidence, f->runs->list->no)->attribution, EVIDENCE_BY_CGROUP);
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
	assert_int_equal(proc_read_cgroup(getpid(), cgroup), 0);
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

	assert_int_equal(proc_read_cgroup(getpid(), cgroup), 0);
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

	assert_int_equal(proc_read_cgroup(getpid(), cgroup), 0);
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

static void runtimes_state_files(void **state)
{
	static const struct {
		const char *text;
		int r;
		pid_t pid;
		uint64_t start;
	} cases[] = {
		{"{\"id\":\"a\",\"init_process_pid\":77,\"init_process_start\":1234}", 0, 77, 1234},
		{"{\"pid\" : 78,\"process-start-time\" : 99,\"cgroup-path\":\"/a\"}", 0, 78, 99},
		{"{\"pid\" : 78}", 0, 78, 0},
		{"{\"pid\" : 0}", -EINVAL, 0, 0},
		{"{\"pid\" : -1}", -EINVAL, 0, 0},
		{"{\"pid\" : \"78\"}", -EINVAL, 0, 0},
		{"{\"pid\" : 99999999999}", -EINVAL, 0, 0},
		{"[]", -EINVAL, 0, 0},
		{"{", -EINVAL, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		pid_t pid = 0;
		uint64_t start = 0;

		if (state_file_parse(cases[i].text, strlen(cases[i].text), "status", &pid, &start, NULL) != cases[i].r ||
		    pid != cases[i].pid || start != cases[i].start)
			fail_msg("case %zu", i);
	}
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

#define booked(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		booked(phases),
		booked(boundary),
		booked(exec_sessions),
		booked(joining),
		booked(no_cross_booking),
		booked(many_sessions),
		booked(own_filter),
		booked(own_filter_of_an_exec),
		booked(inherited_filters),
		booked(filters_by_state),
		booked(late_records),
		booked(saved_and_read_again),
		booked(orphans),
		booked(damaged_evidence),
		booked(newer_evidence),
		booked(modes),
		booked(unknown_arch),
		booked(versions),
		booked(an_unattributed_call_of_a_process_that_is_gone),
		booked(an_unattributed_call_at_the_end),
		booked(an_unattributed_call_that_is_explained),
		booked(many_unattributed),
		booked(unattributed_calls_of_others),
		booked(an_exec_past_the_wrapper),
		booked(an_exec_before_the_first_record),
		booked(an_exec_into_the_next_of_that_name),
		cmocka_unit_test(capabilities_that_never_come),
		booked(an_unattributed_call_in_the_cgroup),
		booked(an_unattributed_call_in_the_callers_cgroup),
		booked(taken_up),
		booked(taken_up_unlogged),
		booked(notes_of_no_use),
		booked(without_a_session),
		booked(without_a_session_and_whole),
		booked(two_in_one_cgroup),
		booked(a_shared_session),
		cmocka_unit_test(the_same_process),
		cmocka_unit_test(runtimes_state_files),
		cmocka_unit_test(within),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
