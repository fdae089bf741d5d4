/* What /proc and the cgroup mount show of the processes. */
#include "base/cleanup.h"
#include "shim/common/hidepid.h"
#include "shim/common/session.h"
#include "shim/recorder/attribution/cgroup.h"
#include "shim/recorder/attribution/proc.h"
#include "tests/unit/child_under.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void hiding_mounts(void **state)
{
	static const struct {
		const char *line;
		gid_t gid;
		bool may_trace, shows_all;
	} cases[] = {
		{"25 30 0:24 / /proc rw,nosuid shared:13 - proc proc rw\n", 0, false, true},
		{"25 30 0:24 / /proc rw - proc proc rw,hidepid=off\n", 0, false, true},
		{"25 30 0:24 / /proc rw - proc proc rw,hidepid=0\n", 0, false, true},
		/* listed, and reading says that it may not */
		{"25 30 0:24 / /proc rw - proc proc rw,hidepid=noaccess\n", 0, false, true},
		{"25 30 0:24 / /proc rw - proc proc rw,hidepid=1\n", 0, false, true},
		{"25 30 0:24 / /proc rw - proc proc rw,hidepid=2\n", 0, false, true},
		{"25 30 0:24 / /proc rw - proc proc rw,hidepid=2\n", 1, false, false},
		{"25 30 0:24 / /proc rw - proc proc rw,gid=7,hidepid=invisible\n", 0, false, false},
		{"25 30 0:24 / /proc rw - proc proc rw,gid=7,hidepid=invisible\n", 7, false, true},
		{"25 30 0:24 / /proc rw - proc proc rw,gid=7,hidepid=ptraceable\n", 7, false, false},
		{"25 30 0:24 / /proc rw - proc proc rw,hidepid=4\n", 0, false, false},
		{"25 30 0:24 / /proc rw - proc proc rw,hidepid=4\n", 0, true, true},
		{"25 30 0:24 / /proc rw - proc proc rw,hidepid=something-new\n", 0, false, false},
		{"25 30 0:24 / /proc rw - tmpfs tmpfs rw\n", 0, true, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (hidepid_line_shows_all(cases[i].line, cases[i].gid, cases[i].may_trace) != cases[i].shows_all)
			fail_msg("case %zu", i);
}

static void cgroup_mounts(void **state)
{
	static const struct {
		const char *line, *point, *top;
	} cases[] = {
		{"35 24 0:30 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n", "/sys/fs/cgroup", "/"},
		{"35 24 0:30 /a/b /cg rw - cgroup2 none rw\n", "/cg", "/a/b"},
		{"35 24 0:30 / /cg\\040x rw - cgroup2 none rw\n", NULL, NULL},
		{"35 24 0:30 / /cg rw - cgroup none rw,memory\n", NULL, NULL},
		{"35 - cgroup2 ", NULL, NULL},
		{"", NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char point[64] = "", top[64] = "";
		bool is = cgroup_parse_mount(cases[i].line, strlen(cases[i].line), point, sizeof(point), top, sizeof(top));

		if (is != !!cases[i].point || (is && (strcmp(point, cases[i].point) != 0 || strcmp(top, cases[i].top) != 0)))
			fail_msg("case %zu", i);
	}
}

static void cgroup_paths(void **state)
{
	static const struct {
		const char *text, *top, *path;
	} cases[] = {
		{"0::/a\n", "/", "a"},
		{"12:cpu:/x\n1:name=systemd:/y\n0::/a/b\n", "/", "a/b"},
		{"0::/a/b", "/a", "b"},
		{"0::/ab/c\n", "/a", NULL},
		{"0::/a\n", "/a", NULL},
		{"0::/\n", "/", NULL},
		{"0::/../b\n", "/", NULL},
		{"0::/a (deleted)\n", "/", NULL},
		{"12:cpu:/x\n", "/", NULL},
		{"10::/x\n", "/", NULL},
		{"", "/", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *path = NULL;
		size_t len = 0;
		int r = cgroup_path(cases[i].text, cases[i].top, &path, &len);

		if ((r == 0) != !!cases[i].path || (r == 0 && (len != strlen(cases[i].path) || memcmp(path, cases[i].path, len) != 0)))
			fail_msg("case %zu", i);
	}
}

static void populated(void **state)
{
	static const struct {
		const char *text;
		int is;
	} cases[] = {
		{"populated 1\nfrozen 0\n", 1}, {"populated 0\nfrozen 0\n", 0}, {"frozen 1\npopulated 0\n", 0}, {"frozen 0\n", -EBADMSG}, {"", -EBADMSG},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char path[] = "/tmp/snug-test-XXXXXX";
		cleanup_fd int fd = mkstemp(path);

		assert_int_equal(unlink(path), 0);
		assert_true(write(fd, cases[i].text, strlen(cases[i].text)) >= 0);
		/* Asked again it is read anew. */
		assert_int_equal(cgroup_is_populated(fd), cases[i].is);
		assert_int_equal(cgroup_is_populated(fd), cases[i].is);
	}
	assert_int_equal(cgroup_is_populated(-1), -EBADF);
}

static void filters(void **state)
{
	static const struct {
		const char *text;
		int r;
		uint32_t count;
	} cases[] = {
		{"Name:\tsh\nNoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t3\nSpeculation:\tx\n", 0, 3},
		{"Name:\tsh\nSeccomp:\t0\nSeccomp_filters:\t0\n", 0, 0},
		{"Name:\tsh\nSeccomp:\t0\n", 0, 0},
		/* Kernels before 5.9 tell no number; strict mode has none. */
		{"Name:\tsh\nSeccomp:\t2\nSpeculation:\tx\n", 0, PROC_FILTERS_SOME},
		{"Name:\tSeccomp:\t0\nState:\tS\n", -ENODATA, 7},
		{"", -ENODATA, 7},
	};
	uint32_t now = 7;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint32_t count = 7;

		if (proc_parse_filters(cases[i].text, &count) != cases[i].r || count != cases[i].count)
			fail_msg("case %zu: %u", i, count);
	}
	assert_int_equal(proc_read_filters(4194304, 1, &now), -ESRCH);
}

static void filters_of_a_process(void **state)
{
	uint32_t session = 0, before = 0, now = 0;

	(void)state;
	if (session_of(getpid(), &session) < 0)
		skip();
	assert_int_equal(proc_read_filters(getpid(), session, &before), 0);
	for (unsigned n = 0; n < 3; n++) {
		pid_t pid = test_child_under(n);

		assert_true(pid > 0);
		assert_int_equal(proc_read_filters(pid, session, &now), 0);
		if (now != PROC_FILTERS_SOME)
			assert_int_equal(now, before + n);
		assert_int_equal(proc_read_filters(pid, session + 1, &now), -ESRCH);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		assert_int_equal(proc_read_filters(pid, session, &now), -ESRCH);
	}
}

static void exiting(void **state)
{
	struct proc_stat st;
	static const char runs[] = "7 (a) b) R 1 7 7 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 99 1000 100 ";
	static const char ends[] = "7 (a) b) R 1 7 7 0 -1 4194308 1 2 3 4 5 6 7 8 20 0 1 0 99 1000 100 ";
	static const char leader[] = "7 (a) b) Z 1 7 7 0 -1 4227084 1 2 3 4 5 6 7 8 20 0 2 0 99 1000 100 ";

	(void)state;
	assert_int_equal(proc_parse_stat(runs, strlen(runs), &st), 0);
	assert_true(!st.exiting && !st.dead && st.start == 99);
	assert_int_equal(proc_parse_stat(ends, strlen(ends), &st), 0);
	assert_true(st.exiting && !st.dead);
	assert_int_equal(proc_parse_stat(leader, strlen(leader), &st), 0);
	assert_true(st.exiting && !st.dead);
}

static void *stay(void *arg)
{
	(void)arg;
	pause();
	return NULL;
}

static void cgroup_without_main_thread(void **state)
{
	char its[PROC_CGROUP_MAX], ours[PROC_CGROUP_MAX];
	struct proc_stat st = {0};
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		pthread_t thread;

		if (pthread_create(&thread, NULL, stay, NULL) != 0)
			_exit(1);
		pthread_exit(NULL);
	}
	assert_true(pid > 0);
	while (proc_read_stat(pid, &st) == 0 && !st.exiting)
		usleep(1000);
	/* On a host where all hierarchies but v2 are at their root, this cannot fail. */
	assert_int_equal(proc_read_cgroup(getpid(), ours, NULL), 0);
	assert_int_equal(proc_read_cgroup(pid, its, &st), 0);
	assert_string_equal(its, ours);
	assert_true(st.exiting);
	kill(pid, SIGKILL);
	/* A zombie has no thread that could be read. */
	do
		assert_int_equal(proc_read_stat(pid, &st), 0);
	while (!st.dead);
	if (strncmp(ours, "0::", 3) != 0)
		assert_int_equal(proc_read_cgroup(pid, its, NULL), -ESRCH);
	waitpid(pid, NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hiding_mounts),
		cmocka_unit_test(cgroup_mounts),
		cmocka_unit_test(cgroup_paths),
		cmocka_unit_test(populated),
		cmocka_unit_test(filters),
		cmocka_unit_test(filters_of_a_process),
		cmocka_unit_test(exiting),
		cmocka_unit_test(cgroup_without_main_thread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
