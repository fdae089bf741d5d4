/* The agent's core, on real filters of child processes: what they call is booked, by number and argument, and they go on. */
#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "seccomp/evidence/unlogged_proof.h"
#include "seccomp/syscall/arguments.h"
#include "shim/agent/agent_runs.h"
#include "shim/agent/book.h"
#include "shim/agent/unotify.h"
#include "tests/unit/agent_child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <poll.h>
#include <seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
	char dir[64];
	struct unotify kernel;
	struct store store;
	struct agent_runs runs;
	struct book *book;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->dir, "/tmp/snug-agent.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	struct err err = {0};

	if (unotify_open(&f->kernel, &err) < 0)
		fail_msg("%s", err.msg);
	f->store.state_dir = f->dir;
	f->runs = (struct agent_runs){.store = &f->store, .run_dir = f->dir};
	f->book = malloc(sizeof(*f->book));
	book_init(f->book, &f->runs);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	char command[128];

	agent_runs_done(&f->runs, 1);
	assert_int_equal(store_save_all(&f->store, NULL), 0);
	unotify_close(&f->kernel);
	snprintf(command, sizeof(command), "rm -rf %s", f->dir);
	assert_int_equal(system(command), 0);
	free(f->book);
	free(f);
	return 0;
}

/* exec_key: NULL for a container; a canary's execs have their own key. */
static struct agent_run *begin_as(struct fixture *f, const char *key, const char *exec_key, bool go)
{
	cleanup_buf struct buf section = {0};
	struct agent_run_request q = {.space = exec_key ? STATE_FLOOR : STATE_KEYS,
				      .exec_key = exec_key,
				      .id = "web-1",
				      .root = f->dir,
				      .key = key,
				      .runtime = "/usr/sbin/runc",
				      .runtime_id = "id",
				      .kernel = "6.1",
				      .go = go,
				      .pid = getpid()};
	struct err err = {0};

	if (agent_runs_begin(&f->runs, &q, "/run/listener.sock", 1, &section, &err) < 0)
		fail_msg("%s", err.msg);
	assert_non_null(strstr(section.data, f->runs.list->id));
	return f->runs.list;
}

static struct agent_run *begin(struct fixture *f, const char *key, bool go)
{
	return begin_as(f, key, NULL, go);
}

static const struct evidence_run *evidence_of(const struct agent_run *run)
{
	return evidence_run(run->key->evidence, run->no);
}

/* Answers until the listener is hung up. Returns how many calls that were. */
static unsigned serve(struct fixture *f, struct listener *l)
{
	unsigned n = 0;

	for (;;) {
		struct pollfd p = {.fd = l->fd, .events = POLLIN};

		assert_int_equal(poll(&p, 1, 10000), 1);
		if (!(p.revents & POLLIN))
			break;
		if (unotify_receive(&f->kernel, l->fd) < 0)
			continue;
		book_call(f->book, l, f->kernel.in, 5);
		(void)unotify_continue(&f->kernel, l->fd);
		n++;
	}
	agent_runs_hang_up(&f->runs, l, 6);
	return n;
}

static struct agent_run *learn(struct fixture *f, const char *key, void (*work)(void))
{
	struct agent_run *run = begin(f, key, false);
	struct child c = start(work);

	serve(f, agent_runs_add_listener(&f->runs, run->id, c.fd, -1, false, 2));
	assert_int_equal(await(c.pid), 0);
	assert_true(run->ended);
	return run;
}

static uint64_t count(const struct agent_run *run, const char *name, enum evidence_phase phase)
{
	const struct evidence_call *const *calls;
	size_t n = evidence_calls(run->key->evidence, &calls);
	uint32_t nr = (uint32_t)seccomp_syscall_resolve_name(name);

	for (size_t i = 0; i < n; i++)
		if (calls[i]->nr == nr && calls[i]->phase == phase)
			return calls[i]->count;
	return 0;
}

static enum unlogged_form form(const struct agent_run *run, const char *name)
{
	return unlogged_form_of(run->key->evidence, argument_by_name(name), NULL);
}

static void plain(void)
{
	for (int i = 0; i < 3; i++)
		syscall(SYS_getppid);
	(void)!syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
	/* In vain, but asked for with harmless flags. */
	(void)!syscall(SYS_clone, 0xffffffff00000000u | CLONE_SIGHAND, 0, 0, 0, 0);
}

static void test_calls_are_booked_and_go_on(void **state)
{
	struct fixture *f = *state;
	struct agent_run *run = learn(f, "plain", plain);

	assert_int_equal(evidence_of(run)->reasons, 0);
	assert_int_equal(evidence_of(run)->end, EVIDENCE_END_LISTENERS);
	assert_int_equal(evidence_of(run)->attribution, EVIDENCE_BY_LISTENER);
	assert_int_equal(count(run, "execve", EVIDENCE_RUNTIME), 1);
	assert_int_equal(count(run, "getppid", EVIDENCE_WORKLOAD), 3);
	assert_int_equal(count(run, "socket", EVIDENCE_WORKLOAD), 1);
	assert_int_equal(evidence_of(run)->records, 6);
	/* One run is enough. */
	assert_int_equal(form(run, "socket"), UNLOGGED_NARROW);
	assert_int_equal(form(run, "clone"), UNLOGGED_NARROW);
	assert_false(unlogged_has_passed(run->key->evidence, argument_by_name("socket")));
}

static void exec_again(void)
{
	exec_in_vain("");
	exec_in_vain("/");
}

/* As if a signal had interrupted the runtime's execve: what is notified again, unchanged, is not the program's. */
static void test_a_restarted_execve_is_still_the_runtimes(void **state)
{
	struct agent_run *run = learn(*state, "again", exec_again);

	assert_int_equal(count(run, "execve", EVIDENCE_RUNTIME), 2);
	assert_int_equal(count(run, "execve", EVIDENCE_WORKLOAD), 1);
}

static void beyond(void)
{
	(void)!syscall(SYS_socket, AF_VSOCK, SOCK_STREAM, 0);
	(void)!syscall(SYS_clone, CLONE_NEWUSER | CLONE_SIGHAND, 0, 0, 0, 0);
}

static void test_a_form_beyond_the_harmless_one_is_wide(void **state)
{
	struct fixture *f = *state;
	struct agent_run *run = learn(f, "beyond", beyond);

	assert_int_equal(form(run, "socket"), UNLOGGED_WIDE);
	assert_int_equal(form(run, "clone"), UNLOGGED_WIDE);
	/* And stays so, whatever a later run does not do. */
	run = learn(f, "beyond", plain);
	assert_int_equal(evidence_of(run)->reasons, 0);
	assert_int_equal(form(run, "clone"), UNLOGGED_WIDE);
}

/* In vain, but asked for. */
static void ask_by_clone3(uint64_t flags)
{
	struct clone_args args = {.flags = flags | CLONE_SIGHAND};

	if (syscall(SYS_clone3, &args, sizeof(args)) >= 0)
		_exit(1);
}

static void plain_by_clone3(void)
{
	ask_by_clone3(0);
}

static void beyond_by_clone3(void)
{
	ask_by_clone3(CLONE_NEWUSER);
}

static void unreadable_by_clone3(void)
{
	if (syscall(SYS_clone3, NULL, sizeof(struct clone_args)) >= 0)
		_exit(1);
}

static void test_what_clone3_asks_for_may_be_asked_of_clone(void **state)
{
	static const struct {
		const char *key;
		void (*work)(void);
		enum unlogged_form clone;
	} cases[] = {
		{"flags", plain_by_clone3, UNLOGGED_NARROW},
		{"namespace", beyond_by_clone3, UNLOGGED_WIDE},
		{"unreadable", unreadable_by_clone3, UNLOGGED_UNKNOWN},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct agent_run *run = learn(f, cases[i].key, plain);

		assert_int_equal(form(run, "clone"), UNLOGGED_NARROW);
		run = learn(f, cases[i].key, cases[i].work);
		assert_int_equal(evidence_of(run)->reasons, 0);
		assert_int_equal(form(run, "clone"), cases[i].clone);
		/* Flags in memory are no proof. */
		assert_int_equal(form(run, "clone3"), UNLOGGED_UNKNOWN);
	}
}

/* What was seen stays open, even if the run may have lost something else. */
static void test_what_clone3_asked_for_in_an_incomplete_run_counts(void **state)
{
	struct fixture *f = *state;
	struct agent_run *run = learn(f, "cut", plain);
	struct child c;

	run = begin(f, "cut", false);
	c = start(beyond_by_clone3);
	agent_runs_stamp(&f->runs, run, REASON_UNANSWERED, 2);
	serve(f, agent_runs_add_listener(&f->runs, run->id, c.fd, -1, false, 2));
	assert_int_equal(await(c.pid), 0);
	assert_int_equal(evidence_of(run)->reasons, REASON_BIT(UNANSWERED));
	assert_int_equal(form(run, "clone"), UNLOGGED_WIDE);
}

static void wants_listener(void)
{
	struct sock_filter code[] = {{0x06, 0, 0, SECCOMP_RET_ALLOW}};
	struct sock_fprog program = {1, code};

	_exit(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program) < 0 && errno == EBUSY ? 0 : 1);
}

static void own_filter(void)
{
	struct sock_filter code[] = {{0x06, 0, 0, SECCOMP_RET_ALLOW}};
	struct sock_fprog program = {1, code};

	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
		_exit(1);
}

static void test_a_listener_of_its_own_is_refused_and_stamped(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(evidence_of(learn(f, "listener", wants_listener))->reasons, REASON_BIT(OWN_LISTENER));
	/* A filter without one hides nothing: ours still comes first. */
	assert_int_equal(evidence_of(learn(f, "filter", own_filter))->reasons, 0);
}

static void test_exec_belongs_to_its_container(void **state)
{
	struct fixture *f = *state;
	struct agent_run *run = begin(f, "exec", false);
	struct child init = start(plain), joined = start(beyond);
	struct listener *one = agent_runs_add_listener(&f->runs, run->id, init.fd, -1, false, 2),
			*two = agent_runs_add_listener(&f->runs, run->id, joined.fd, -1, false, 2);

	serve(f, two);
	assert_false(run->ended);
	serve(f, one);
	await(init.pid);
	await(joined.pid);
	assert_true(run->ended);
	assert_int_equal(evidence_of(run)->reasons, 0);
	assert_int_equal(count(run, "execve", EVIDENCE_RUNTIME), 2);
}

/* crun loads the container's filter only when it is started; an exec may come and go before. */
static void test_an_exec_before_the_start_ends_no_run(void **state)
{
	struct fixture *f = *state;
	struct agent_run *run = begin(f, "early", false);
	struct child joined = start(beyond), init;

	serve(f, agent_runs_add_listener(&f->runs, run->id, joined.fd, -1, true, 2));
	await(joined.pid);
	agent_runs_sweep(&f->runs, 100000);
	assert_false(run->ended);
	init = start(plain);
	serve(f, agent_runs_add_listener(&f->runs, run->id, init.fd, -1, false, 3));
	await(init.pid);
	assert_true(run->ended);
	assert_int_equal(evidence_of(run)->reasons, 0);
	assert_int_equal(count(run, "execve", EVIDENCE_RUNTIME), 2);
}

static void test_only_an_exec_of_a_container_that_is_never_started(void **state)
{
	struct fixture *f = *state;
	struct agent_run *run = begin(f, "unstarted", false);
	struct child joined = start(plain);
	struct listener *l = agent_runs_add_listener(&f->runs, run->id, joined.fd, -1, true, 2);

	close(steal_fd(&run->starter));
	agent_runs_give_up(&f->runs, 3);
	assert_false(run->ended);
	serve(f, l);
	await(joined.pid);
	agent_runs_give_up(&f->runs, 3);
	assert_true(run->ended);
	assert_int_equal(evidence_of(run)->reasons, REASON_BIT(FILTER_NOT_SEEN));
}

/* The runtime says which process the filter is of: only another one than the container's first is an exec. */
static void test_an_exec_is_told_where_the_runtime_says_so(void **state)
{
	struct fixture *f = *state;
	struct agent_run *run = begin(f, "told", false);
	struct child init = start(plain), joined = start(beyond), unknown = start(plain);
	struct listener *one = agent_runs_add_listener(&f->runs, run->id, init.fd, -1, false, 2),
			*two = agent_runs_add_listener(&f->runs, run->id, joined.fd, -1, false, 2),
			*three = agent_runs_add_listener(&f->runs, run->id, unknown.fd, -1, false, 2);

	agent_runs_tell_exec(one, init.pid, init.pid);
	agent_runs_tell_exec(two, joined.pid, init.pid);
	agent_runs_tell_exec(three, unknown.pid, 0);
	assert_int_equal(one->phase, EVIDENCE_WORKLOAD);
	assert_true(evidence_is_exec(two->phase));
	assert_int_equal(three->phase, EVIDENCE_WORKLOAD);
	agent_runs_tell_exec(three, init.pid, init.pid);
	assert_int_equal(three->phase, EVIDENCE_WORKLOAD);
	serve(f, two);
	serve(f, three);
	serve(f, one);
	await(init.pid);
	await(joined.pid);
	await(unknown.pid);
	assert_int_equal(evidence_of(run)->reasons, 0);
	assert_true(count(run, "socket", EVIDENCE_WORKLOAD) == 2 &&
		    count(run, "socket", EVIDENCE_EXEC) + count(run, "socket", EVIDENCE_TERMINAL) == 1);
}

static void test_execs_into_a_canary_are_runs_of_their_own(void **state)
{
	struct fixture *f = *state;
	struct agent_run *run = begin_as(f, "id/shape", "id/shape/exec", false), *exec;
	struct child init = start(plain), joined = start(beyond), again = start(plain);
	struct listener *one = agent_runs_add_listener(&f->runs, run->id, init.fd, -1, false, 2),
			*two = agent_runs_add_listener(&f->runs, run->id, joined.fd, -1, false, 2);

	exec = two->run;
	assert_ptr_not_equal(exec, run);
	assert_string_equal(evidence_key(exec->key->evidence), "id/shape/exec");
	assert_int_equal(exec->key->space, STATE_FLOOR);
	serve(f, two);
	assert_true(exec->ended);
	assert_int_equal(evidence_of(exec)->reasons, 0);
	assert_string_equal(evidence_of(exec)->container, "web-1-exec-0");
	serve(f, agent_runs_add_listener(&f->runs, run->id, again.fd, -1, false, 2));
	assert_string_equal(evidence_of(f->runs.list)->container, "web-1-exec-1");
	assert_false(run->ended);
	serve(f, one);
	assert_true(run->ended);
	assert_int_equal(evidence_of(run)->reasons, 0);
	assert_int_equal(count(run, "execve", EVIDENCE_RUNTIME), 1);
	assert_int_equal(count(exec, "execve", EVIDENCE_RUNTIME), 2);
	/* What the filter lets pass unseen counts as called. */
	assert_int_equal(count(run, "write", EVIDENCE_RUNTIME), 1);
	assert_int_equal(count(exec, "write", EVIDENCE_RUNTIME), 2);
	await(init.pid);
	await(joined.pid);
	await(again.pid);
}

static void test_a_canary_of_a_go_runtime_has_no_scheduler_calls(void **state)
{
	struct fixture *f = *state;
	struct agent_run *run = begin_as(f, "go/shape", "go/shape/exec", true);
	struct child c = start(plain);

	serve(f, agent_runs_add_listener(&f->runs, run->id, c.fd, -1, false, 2));
	await(c.pid);
	assert_int_equal(count(run, "write", EVIDENCE_RUNTIME), 1);
	assert_int_equal(count(run, "futex", EVIDENCE_RUNTIME), 0);
}

static void nothing(void)
{
}

static void test_a_stranger_is_answered_and_not_booked(void **state)
{
	struct fixture *f = *state;
	struct agent_run *run = begin(f, "stranger", false);
	struct child c = start(nothing);

	assert_int_equal(serve(f, agent_runs_add_listener(&f->runs, "0123", c.fd, -1, false, 2)), 1);
	assert_int_equal(await(c.pid), 0);
	assert_int_equal(evidence_of(run)->records, 0);
	assert_true(evidence_of(run)->reasons & REASON_BIT(RUNNING));
}

static void test_no_listener_no_filter(void **state)
{
	struct fixture *f = *state;
	struct agent_run *run = begin(f, "never", false);

	agent_runs_give_up(&f->runs, 3);
	assert_false(run->ended);
	close(steal_fd(&run->starter));
	agent_runs_give_up(&f->runs, 3);
	assert_true(run->ended);
	assert_int_equal(evidence_of(run)->reasons, REASON_BIT(FILTER_NOT_SEEN));
}

static void test_an_agent_that_ends_leaves_a_stamp(void **state)
{
	struct fixture *f = *state;
	struct agent_run *run = begin(f, "left", false);
	struct child c = start(plain);
	struct listener *l = agent_runs_add_listener(&f->runs, run->id, c.fd, -1, false, 2);
	struct agent_runs after = {.store = &(struct store){.state_dir = f->dir}, .run_dir = f->dir};
	cleanup_evidence struct evidence *ev = NULL;
	const struct evidence_run *const *runs;

	(void)l;
	assert_int_equal(store_save_all(&f->store, NULL), 0);
	/* As if it had been killed: the next one finds its note. */
	agent_runs_end_orphans(&after);
	assert_int_equal(state_load_evidence(f->dir, STATE_KEYS, "left", &ev, NULL), 0);
	assert_int_equal(evidence_runs(ev, &runs), 1);
	assert_true(runs[0]->ended_ms != 0);
	assert_true(runs[0]->reasons & REASON_BIT(RECORDER));
	kill(c.pid, SIGKILL);
	await(c.pid);
}

static void test_a_canary_that_is_left_gets_its_stamp_in_its_own_space(void **state)
{
	struct fixture *f = *state;
	struct agent_runs after = {.store = &(struct store){.state_dir = f->dir}, .run_dir = f->dir};
	cleanup_evidence struct evidence *ev = NULL;
	const struct evidence_run *const *runs;

	begin_as(f, "left/shape", "left/shape/exec", false);
	assert_int_equal(store_save_all(&f->store, NULL), 0);
	agent_runs_end_orphans(&after);
	assert_int_equal(state_load_evidence(f->dir, STATE_KEYS, "left/shape", &ev, NULL), -ENOENT);
	assert_int_equal(state_load_evidence(f->dir, STATE_FLOOR, "left/shape", &ev, NULL), 0);
	assert_int_equal(evidence_runs(ev, &runs), 1);
	assert_true(runs[0]->reasons & REASON_BIT(RECORDER));
}

static void test_go_gets_what_its_scheduler_needs(void **state)
{
	struct fixture *f = *state;
	struct agent_run *c = begin(f, "c", false), *go = begin(f, "go", true);

	assert_int_equal(unlogged_hot_of(c->key->evidence, "write"), UNLOGGED_ASSUMED);
	assert_int_equal(unlogged_hot_of(c->key->evidence, "futex"), UNLOGGED_NOT_HOT);
	assert_int_equal(unlogged_hot_of(go->key->evidence, "futex"), UNLOGGED_ASSUMED);
	assert_true(unlogged_has_passed(go->key->evidence, argument_by_name("mmap")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_calls_are_booked_and_go_on, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_restarted_execve_is_still_the_runtimes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_form_beyond_the_harmless_one_is_wide, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_what_clone3_asks_for_may_be_asked_of_clone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_what_clone3_asked_for_in_an_incomplete_run_counts, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_a_listener_of_its_own_is_refused_and_stamped, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_exec_belongs_to_its_container, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_an_exec_before_the_start_ends_no_run, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_only_an_exec_of_a_container_that_is_never_started, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_an_exec_is_told_where_the_runtime_says_so, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_execs_into_a_canary_are_runs_of_their_own, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_canary_of_a_go_runtime_has_no_scheduler_calls, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_a_canary_that_is_left_gets_its_stamp_in_its_own_space, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_a_stranger_is_answered_and_not_booked, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_listener_no_filter, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_an_agent_that_ends_leaves_a_stamp, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_go_gets_what_its_scheduler_needs, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
