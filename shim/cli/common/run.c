#include "shim/cli/common/run.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define OUTPUT_MAX 65536 /* bytes */
#define ENV_MAX    16

/* What the child needs; made before the fork. */
struct child {
	int null_fd;
	int out_fd, err_fd; /* memory files */
	int report_fd;      /* receives a struct err if the program could not be started */
};

static void child_prepare(const struct run *run, const struct child *c, struct err *err)
{
	sigset_t none;

	setsid();
	/* If `before` has to start the recorder, that keeps the caller's priority. */
	if (run->before && run->before(run->arg, err) < 0)
		return;
	errno = 0;
	if (nice(19) < 0 && errno)
		errno = 0;
	if (dup2(c->null_fd, 0) < 0 || dup2(c->out_fd, 1) < 0 || dup2(c->err_fd, 2) < 0) {
		err_sys(err, errno, "cannot redirect the standard streams");
		return;
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void child_main(const struct run *run, const struct child *c)
{
	char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	char *env[ENV_MAX] = {path};
	struct err err = {0};

	for (size_t i = 0; run->environment && run->environment[i] && i < ENV_MAX - 2; i++)
		env[i + 1] = run->environment[i];
	child_prepare(run, c, &err);
	if (!err.code) {
		execve(run->argv[0], run->argv, env);
		err_sys(&err, errno, "%s: cannot execute", run->argv[0]);
	}
	(void)file_write_full(c->report_fd, &err, sizeof(err));
	_exit(127);
}

/* Waits until the pidfd is readable or this program gets a signal. */
static int wait_pidfd(int pidfd, int signal_fd, int timeout_ms, const char *what, struct err *err)
{
	struct pollfd p[] = {{.fd = pidfd, .events = POLLIN}, {.fd = signal_fd, .events = POLLIN}};
	int n;

	do
		n = poll(p, 2, timeout_ms);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_sys(err, errno, "poll");
	if (n == 0)
		return err_set(err, ETIMEDOUT, "%s: still running after %d s", what, timeout_ms / 1000);
	if (p[1].revents)
		return err_set(err, EINTR, "interrupted");
	return 0;
}

static int memory_file(const char *name, struct err *err)
{
	int fd = memfd_create(name, MFD_CLOEXEC);

	return fd < 0 ? err_sys(err, errno, "memfd_create") : fd;
}

static int read_memory(int fd, struct buf *ret, struct err *err)
{
	char text[4096];
	ssize_t n;

	buf_clear(ret);
	while (ret->len < OUTPUT_MAX && (n = pread(fd, text, sizeof(text), (off_t)ret->len)) != 0) {
		if (n < 0)
			return err_sys(err, errno, "cannot read a program's output");
		buf_add(ret, text, (size_t)n);
		if (ret->failed)
			break;
	}
	return buf_failed(ret) ? err_set(err, ENOMEM, "out of memory") : 0;
}

/* The error is the program's own last line. */
static int failed(const char *program, int status, int err_fd, struct err *err)
{
	cleanup_buf struct buf text = {0};
	const char *line;
	int r = read_memory(err_fd, &text, err);

	if (r < 0)
		return r;
	while (text.len && text.data[text.len - 1] == '\n')
		text.data[--text.len] = 0;
	line = text.len ? strrchr(text.data, '\n') : NULL;
	if (line)
		line++;
	else
		line = text.len ? text.data : "no output";
	if (WIFSIGNALED(status))
		return err_set(err, EREMOTEIO, "%s: killed by signal %d: %s", program, WTERMSIG(status), line);
	return err_set(err, EREMOTEIO, "%s: exit status %d: %s", program, WEXITSTATUS(status), line);
}

/* Reaps the child; kills it first if it did not end in time. */
static int reap(const struct run *run, pid_t pid, int err_fd, struct err *err)
{
	cleanup_fd int pidfd = pidfd_open(pid, 0);
	int status = 0;
	int r = pidfd < 0 ? err_sys(err, errno, "pidfd_open")
			  : wait_pidfd(pidfd, run->signal_fd, run->timeout_ms, run->argv[0], err);

	if (r < 0)
		kill(pid, SIGKILL), kill(-pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (r < 0)
		return r;
	return status ? failed(run->argv[0], status, err_fd, err) : 0;
}

int run_program(const struct run *run, struct buf *ret_out, struct err *err)
{
	cleanup_fd int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	cleanup_fd int out_fd = memory_file("stdout", err);
	cleanup_fd int err_fd = memory_file("stderr", err);
	cleanup_fd int report = -1, report_in = -1;
	struct err inner = {0};
	int ends[2], r;

	if (null_fd < 0)
		return err_sys(err, errno, "/dev/null");
	if (out_fd < 0 || err_fd < 0)
		return out_fd < 0 ? out_fd : err_fd;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(err, errno, "pipe");
	report = ends[0];
	report_in = ends[1];
	const struct child c = {
		.null_fd = null_fd, .out_fd = ret_out ? out_fd : null_fd, .err_fd = err_fd, .report_fd = report_in};
	pid_t pid = fork();

	if (pid < 0)
		return err_sys(err, errno, "fork");
	if (!pid)
		child_main(run, &c);
	close(steal_fd(&report_in));
	r = reap(run, pid, err_fd, err);
	/* The child writes it at once, and it is smaller than PIPE_BUF: we read all of it or nothing. */
	if (read(report, &inner, sizeof(inner)) == (ssize_t)sizeof(inner) && r != -EINTR)
		return err_set(err, inner.code, "%s", inner.msg);
	if (!r && ret_out)
		r = read_memory(out_fd, ret_out, err);
	return r;
}

int run_wait_exit(pid_t pid, int signal_fd, int timeout_ms, struct err *err)
{
	cleanup_fd int pidfd = pidfd_open(pid, 0);

	if (pidfd < 0)
		return errno == ESRCH ? 0 : err_sys(err, errno, "pidfd_open");
	return wait_pidfd(pidfd, signal_fd, timeout_ms, "the canary", err);
}
