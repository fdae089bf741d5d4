/* What the tests of the agent share: a process under a filter like the agent's. */
#ifndef SNUG_TESTS_AGENT_CHILD_H
#define SNUG_TESTS_AGENT_CHILD_H

#include "base/text.h"
#include "shim/agent/unotify.h"

#include <seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* A process that loads the filter, hands its listener over in the descriptors that it shares, execs nothing but calls
 * execve in vain, and then does `work`. */
struct child {
	pid_t pid;
	int fd;
};

static inline void exec_in_vain(const char *path)
{
	syscall(SYS_execve, path, NULL, NULL, 0, 0, 0);
}

static inline void be_child(int tell, void (*work)(void))
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	static const char *const names[] = {"execve", "getppid", "clone", "clone3",   "unshare",
					    "socket", "seccomp", "prctl", "mprotect", "getuid"};
	int fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		(void)seccomp_rule_add(ctx, SCMP_ACT_NOTIFY, seccomp_syscall_resolve_name(names[i]), 0);
	if (seccomp_load(ctx) < 0)
		_exit(9);
	fd = seccomp_notify_fd(ctx);
	(void)!write(tell, &fd, sizeof(fd));
	exec_in_vain("");
	work();
	_exit(0);
}

static inline struct child start(void (*work)(void))
{
	struct child c = {.fd = -1};
	int p[2];

	assert_int_equal(pipe(p), 0);
	c.pid = unotify_fork_sharing();
	assert_true(c.pid >= 0);
	if (c.pid == 0)
		be_child(p[1], work);
	assert_int_equal(read(p[0], &c.fd, sizeof(c.fd)), sizeof(c.fd));
	close(p[0]);
	close(p[1]);
	return c;
}

static inline int await(pid_t pid)
{
	int status = 0;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

#endif
