#include "shim/runtime/aside.h"
#include "tests/unit/refuse.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* What the starter and the sleeper tell the test. */
struct told {
	volatile bool started, go, ran;
	volatile pid_t parent, session;
	volatile int number;
};

static struct told *told;
static int number = 1;

static int begin(void **state)
{
	(void)state;
	told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return told == MAP_FAILED ? -1 : 0;
}

static int end(void **state)
{
	(void)state;
	return munmap(told, sizeof(*told));
}

static void tell(void *arg)
{
	told->parent = getppid();
	told->session = getsid(0);
	told->number = *(int *)arg;
	told->ran = true;
}

static void until(const volatile bool *what)
{
	for (int i = 0; i < 30000 && !*what; i++)
		usleep(1000);
	assert_true(*what);
}

/* A process that starts a sleeper, and waits to be let go; it then executes true, or ends by exit(). */
static pid_t starter(bool executes, bool beside)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	if (aside_start(tell, &number, beside, NULL) < 0 || aside_wait(NULL) < 0)
		_exit(9);
	told->started = true;
	while (!told->go)
		usleep(1000);
	number = 2;
	if (executes)
		execl("/bin/true", "true", (char *)NULL);
	_exit(7);
}

static void ends_with(pid_t pid, int want)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, want);
}

static void sleeps_until_the_starter_is_over(bool executes, bool beside, int status)
{
	pid_t pid = starter(executes, beside);

	until(&told->started);
	usleep(50000);
	assert_false(told->ran);
	told->go = true;
	until(&told->ran);
	/* It saw what the starter did last, is no child of it, and no signal of the starter's terminal reaches it. */
	assert_int_equal(told->number, 2);
	assert_int_not_equal(told->parent, pid);
	assert_int_not_equal(told->session, getsid(0));
	ends_with(pid, status);
}

static void wakes_when_the_starter_executes(void **state)
{
	(void)state;
	sleeps_until_the_starter_is_over(true, false, 0);
	*told = (struct told){0};
	number = 1;
	sleeps_until_the_starter_is_over(true, true, 0);
}

static void wakes_when_the_starter_exits(void **state)
{
	(void)state;
	sleeps_until_the_starter_is_over(false, false, 7 << 8);
	*told = (struct told){0};
	number = 1;
	sleeps_until_the_starter_is_over(false, true, 7 << 8);
}

static void wakes_when_the_starter_is_killed(void **state)
{
	pid_t pid;

	(void)state;
	pid = starter(true, true);
	until(&told->started);
	kill(pid, SIGKILL);
	until(&told->ran);
	assert_int_equal(told->number, 1);
	ends_with(pid, SIGKILL);
}

/* Any of the calls that it needs can fail, and leaves no descriptor open. */
static void cannot_start(void **state)
{
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		int next = open("/dev/null", O_RDONLY);
		struct rlimit none = {.rlim_cur = (rlim_t)next, .rlim_max = (rlim_t)next};
		struct err err = {0};

		setrlimit(RLIMIT_NOFILE, &none);
		_exit(aside_start(tell, &number, false, &err) < 0 && strstr(err.msg, "pipe") ? 0 : 1);
	}
	ends_with(pid, 0);
	assert_false(told->ran);
}

/* A caller that ignores SIGCHLD learns nothing of its children's status. */
static void cannot_start_where_none_tells(void **state)
{
	pid_t pid;

	(void)state;
	for (int row = 0; row < 4; row++) {
		bool refused = row & 1, beside = row & 2;

		pid = fork();
		if (pid == 0) {
			struct err err = {0};
			int r;

			signal(SIGCHLD, SIG_IGN);
			if (refused && test_refuse(SYS_clone, false, CLONE_VM | SIGCHLD, EAGAIN) < 0)
				_exit(2);
			r = aside_start(tell, &number, beside, &err);
			if (r == 0)
				r = aside_wait(&err);
			_exit(refused ? r != -EAGAIN || !strstr(err.msg, "helper") : r != 0);
		}
		ends_with(pid, 0);
		if (!refused)
			until(&told->ran);
		assert_int_equal(told->ran, !refused);
		told->ran = false;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(wakes_when_the_starter_executes, begin, end),
		cmocka_unit_test_setup_teardown(wakes_when_the_starter_exits, begin, end),
		cmocka_unit_test_setup_teardown(wakes_when_the_starter_is_killed, begin, end),
		cmocka_unit_test_setup_teardown(cannot_start, begin, end),
		cmocka_unit_test_setup_teardown(cannot_start_where_none_tells, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
