#include "shim/runtime/aside.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct aside {
	void (*fn)(void *arg);
	void *arg;
	int end, hold; /* a pipe: it ends when nothing holds it */
	int failed;    /* errno: there is no grandchild */
	_Alignas(16) char stack[ASIDE_STACK], between[4096];
};

/* As long as the starter uses this memory, nothing here may call the C library but for system calls that cannot fail
 * (errno is the starter's, too). */
static int sleep_and_run(void *arg)
{
	struct aside *a = arg;
	char c;

	(void)syscall(SYS_setsid);
	(void)syscall(SYS_close, a->hold);
	while (syscall(SYS_read, a->end, &c, 1) < 0 && errno == EINTR)
		;
	close(a->end);
	a->fn(a->arg);
	/* _exit() would make AddressSanitizer look for a stack that it knows. */
	return (int)syscall(SYS_exit_group, 0);
}

/* The child in between only makes the grandchild an orphan, so that the runtime has no child that it does not know. */
static int make_orphan(void *arg)
{
	struct aside *a = arg;

	a->failed = clone(sleep_and_run, a->stack + sizeof(a->stack), CLONE_VM | SIGCHLD, a) < 0 ? errno : 0;
	return 0;
}

int aside_start(void (*fn)(void *arg), void *arg, struct err *err)
{
	/* Not on the stack: main() may return before the sleeper wakes. */
	static struct aside a;
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(err, errno, "cannot make a pipe for the helper that restores the bundle");
	a.fn = fn;
	a.arg = arg;
	a.end = ends[0];
	a.hold = ends[1];
	a.failed = EAGAIN; /* until it has been tried */
	/* As vfork(2) does, which some C libraries make of fork(2). */
	pid = clone(make_orphan, a.between + sizeof(a.between), CLONE_VM | CLONE_VFORK | SIGCHLD, &a);
	close(ends[0]);
	if (pid < 0) {
		close(ends[1]);
		return err_sys(err, errno, "cannot start the helper that restores the bundle");
	}
	/* Its status tells nothing where the caller ignores SIGCHLD. */
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (!a.failed)
		return 0;
	close(ends[1]);
	return err_sys(err, a.failed, "cannot start the helper that restores the bundle");
}
