#include "shim/runtime/aside.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define CLOSE_TRIES 3

struct aside {
	void (*fn)(void *arg);
	void *arg;
	int end, hold; /* a pipe: it ends when nothing holds it */
	pid_t between_pid;
	int failed;    /* errno: there is no grandchild */
	_Alignas(16) char stack[ASIDE_STACK], between[4096];
};

/* As long as the starter uses this memory, nothing here may call the C library but for system calls that cannot fail
 * (errno is the starter's, too), or fail the start. */
static int sleep_and_run(void *arg)
{
	struct aside *a = arg;
	char c;

	(void)syscall(SYS_setsid);
	/* Whatever close(2) says: held open, it would be waited for without end. */
	for (int i = 0; i < CLOSE_TRIES && syscall(SYS_close, a->hold) < 0 && errno != EBADF; i++)
		;
	while (syscall(SYS_read, a->end, &c, 1) < 0 && errno == EINTR)
		;
	close(a->end);
	a->fn(a->arg);
	/* _exit() would make AddressSanitizer look for a stack that it knows. */
	return (int)syscall(SYS_exit_group, 0);
}

/* Not on the stack: main() may return before the sleeper wakes. */
static struct aside aside;

/* The child in between only makes the grandchild an orphan, so that the runtime has no child that it does not know. It
 * may run beside the starter, in its memory: see sleep_and_run(). */
static int make_orphan(void *arg)
{
	struct aside *a = arg;

	a->failed = clone(sleep_and_run, a->stack + sizeof(a->stack), CLONE_VM | SIGCHLD, a) < 0 ? errno : 0;
	return 0;
}

int aside_start(void (*fn)(void *arg), void *arg, bool beside, struct err *err)
{
	int flags = beside ? 0 : CLONE_VFORK, ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(err, errno, "cannot make a pipe for the helper that restores the bundle");
	aside.fn = fn;
	aside.arg = arg;
	aside.end = ends[0];
	aside.hold = ends[1];
	aside.failed = EAGAIN; /* until it has been tried */
	aside.between_pid =
		clone(make_orphan, aside.between + sizeof(aside.between), CLONE_VM | flags | SIGCHLD, &aside);
	close(ends[0]);
	if (aside.between_pid > 0)
		return 0;
	close(ends[1]);
	return err_sys(err, errno, "cannot start the helper that restores the bundle");
}

int aside_wait(struct err *err)
{
	/* Its status tells nothing where the caller ignores SIGCHLD. */
	while (waitpid(aside.between_pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (!aside.failed)
		return 0;
	close(aside.hold);
	return err_sys(err, aside.failed, "cannot start the helper that restores the bundle");
}
