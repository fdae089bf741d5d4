#include "shim/recorder/stream/probe.h"

#include "base/cleanup.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

_Static_assert(PROBE_FIRST_NR + PROBE_CYCLE - 1 == RECORD_PROBE_LAST, "readers of a log know the probe by its numbers");

/* The filter logs calls from PROBE_FIRST_NR on and allows all others. */
static int load_filter(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, PROBE_FIRST_NR, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_LOG),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {.len = ARRAY_SIZE(code), .filter = code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) < 0 ? -errno : 0;
}

__attribute__((noreturn)) static void be_probe(int fd, pid_t parent)
{
	uint32_t number;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, RECORD_PROBE_COMM);
	if (getppid() != parent)
		_exit(1);
	dup2(fd, 3);
	/* A process that waits for the recorder's stderr to close must not wait for this one. */
	close_range(0, 2, 0);
	close_range(4, ~0u, 0);
	if (load_filter() < 0)
		_exit(1);
	/* The first byte sent back means that the filter is loaded. */
	if (write(3, "", 1) != 1)
		_exit(1);
	while (read(3, &number, sizeof(number)) == sizeof(number))
		syscall((long)number);
	_exit(0);
}

int probe_start(struct probe *ret, struct err *err)
{
	cleanup_fd int mine = -1, its = -1;
	pid_t parent = getpid(), pid;
	int fds[2];
	char c;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return err_sys(err, errno, "cannot make a socket pair");
	mine = fds[0];
	its = fds[1];
	pid = fork();
	if (pid < 0)
		return err_sys(err, errno, "cannot start the probe");
	if (pid == 0)
		be_probe(its, parent);
	close(steal_fd(&its));
	if (read(mine, &c, 1) != 1) {
		waitpid(pid, NULL, 0);
		return err_set(err, EPERM, "the probe cannot load a seccomp filter; is seccomp built into this kernel?");
	}
	*ret = (struct probe){.pid = pid, .fd = steal_fd(&mine)};
	return 0;
}

int probe_fire(const struct probe *p, uint64_t seq)
{
	uint32_t number = PROBE_FIRST_NR + (uint32_t)(seq % PROBE_CYCLE);

	return send(p->fd, &number, sizeof(number), MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

bool probe_matches(const struct probe *p, const struct record *r, uint32_t *ret_seq)
{
	if (p->pid < 0 || r->pid != (uint32_t)p->pid || r->nr < PROBE_FIRST_NR || r->nr >= PROBE_FIRST_NR + PROBE_CYCLE)
		return false;
	*ret_seq = r->nr - PROBE_FIRST_NR;
	return true;
}

void probe_stop(struct probe *p)
{
	if (p->fd >= 0)
		close(steal_fd(&p->fd));
	if (p->pid > 0) {
		kill(p->pid, SIGKILL);
		waitpid(p->pid, NULL, 0);
		p->pid = -1;
	}
}
