/* What the test_runs*.c share: the runs of a recorder without its socket and its stream, and records made by hand. */
#ifndef SNUG_TESTS_RUNS_FIXTURE_H
#define SNUG_TESTS_RUNS_FIXTURE_H

#include "base/cleanup.h"
#include "base/text.h"
#include "seccomp/syscall/names.h"
#include "shim/recorder/attribution/runs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define INIT  4194401u /* process numbers beyond what any kernel gives (PID_MAX_LIMIT is 4194304) */
#define CHILD 4194402u
#define OTHER 4194403u
#define ROOT  "/run/runc"

/* The runs of one recorder, with a state directory of its own. */
struct fixture {
	char state_dir[32];
	struct store store;
	struct runs *runs;
};

static inline int setup(void **state)
{
	struct fixture *f = test_calloc(1, sizeof(*f));

	strcpy(f->state_dir, "/tmp/snug-test-XXXXXX");
	f->runs = test_malloc(sizeof(*f->runs));
	f->store.state_dir = mkdtemp(f->state_dir);
	runs_init(f->runs, &f->store);
	*state = f;
	return f->store.state_dir ? 0 : -1;
}

static inline int teardown(void **state)
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

static inline struct run *begin_as(struct fixture *f, uint32_t session, const char *id, const char *key,
				   enum evidence_mode mode)
{
	const struct run_request q = {
		.mode = mode,
		.session = session,
		.id = id,
		.root = ROOT,
		.key = key,
		.runtime = "/usr/sbin/runc",
		.runtime_id = "runc-1",
		.baseline = "drop",
		.kernel = "6.1",
	};
	struct err err = {0};

	if (runs_begin(f->runs, &q, 1, &err) < 0)
		fail_msg("%s", err.msg);
	assert_non_null(runs_session(f->runs, session));
	return runs_session(f->runs, session)->run;
}

static inline int join(struct fixture *f, const char *root, const char *id, uint32_t session)
{
	return runs_join(f->runs, &(struct run_request){.root = root, .id = id, .session = session}, NULL);
}

static inline struct run *begin(struct fixture *f, uint32_t session, const char *id)
{
	return begin_as(f, session, id, id, EVIDENCE_LEARN);
}

static inline void call_as(struct fixture *f, uint32_t session, uint32_t pid, enum arch_id id, const char *name,
			   enum record_action action)
{
	const struct arch *arch = arch_get(id);
	struct record r = {.session = session,
			   .pid = pid,
			   .arch = arch->audit,
			   .action = action,
			   .time_ms = text_now_ms(),
			   .serial = 1,
			   .comm = {.p = "web", .len = 3},
			   .exe = {.p = "/bin/web", .len = 8}};

	assert_int_equal(syscall_number(arch, name, &r.nr), 0);
	runs_record(f->runs, &r, NULL, 2);
}

/* A call whose program names itself. */
static inline void call_named(struct fixture *f, uint32_t session, uint32_t pid, const char *comm, const char *exe)
{
	struct record r = {.session = session,
			   .pid = pid,
			   .arch = arch_get(ARCH_X86_64)->audit,
			   .nr = 0,
			   .action = RECORD_LOG,
			   .time_ms = text_now_ms(),
			   .serial = 1,
			   .comm = {.p = comm, .len = strlen(comm)},
			   .exe = {.p = exe, .len = strlen(exe)}};

	runs_record(f->runs, &r, NULL, 2);
}

/* Its processes may change their audit session. */
static inline struct run *loosen(struct run *run)
{
	runs_main_session(run)->loose = true;
	return run;
}

static inline void call(struct fixture *f, uint32_t session, uint32_t pid, const char *name)
{
	call_as(f, session, pid, ARCH_X86_64, name, RECORD_LOG);
}

/* The calls of a run's key as "PHASE:NAME*COUNT ..." in the order of the file. */
static inline void assert_calls(const struct run *run, const char *want)
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

static inline reason_set reasons(const struct run *run)
{
	return evidence_run(run->key->evidence, run->no)->reasons;
}

static inline void assert_reasons(const struct run *run, reason_set want)
{
	for (unsigned i = 0; i < REASON_COUNT; i++)
		if ((reasons(run) ^ want) >> i & 1)
			fail_msg("%s is %s", reason_code((enum reason)i), want >> i & 1 ? "missing" : "there");
}

#define with_runs(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif
