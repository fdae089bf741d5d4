#include "shim/agent/unotify.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#endif
#ifndef SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#endif

#define TEST_TIMEOUT_MS 5000
#define TEST_ANSWER     73

int unotify_fork_sharing(void)
{
	return (int)syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
}

bool unotify_wake_quickly(int listener)
{
	return ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP) == 0;
}

int unotify_receive(struct unotify *k, int listener)
{
	int r;

	/* The kernel requires zeros. */
	memset(k->in, 0, k->in_size);
	do
		r = ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, k->in);
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : 0;
}

int unotify_continue(struct unotify *k, int listener)
{
	int r;

	memset(k->out, 0, k->out_size);
	k->out->id = k->in->id;
	k->out->flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	do
		r = ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, k->out);
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : 0;
}

int unotify_read(int listener, const struct seccomp_notif *n, uint64_t address, void *ret, size_t size)
{
	struct iovec here = {.iov_base = ret, .iov_len = size},
		     there = {.iov_base = (void *)(uintptr_t)address, .iov_len = size};
	uint64_t id = n->id;
	ssize_t got = process_vm_readv((pid_t)n->pid, &here, 1, &there, 1, 0);

	if (got < 0)
		return -errno;
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) < 0)
		return -errno;
	return (size_t)got == size ? 0 : -EFAULT;
}

/* Loads a filter that hands getppid to a listener, makes that call, and exits with TEST_ANSWER if it succeeded. */
static void be_tested(int tell)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = ARRAY_SIZE(code), .filter = code};
	pid_t parent = getppid();
	int fd = -errno;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
		fd = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
	if (fd < 0)
		fd = -errno;
	(void)!write(tell, &fd, sizeof(fd));
	_exit(fd >= 0 && syscall(SYS_getppid) == parent ? TEST_ANSWER : 1);
}

/* *ret_fd: the listener of the child's filter, in the descriptor table that both share. */
static int answer_test(struct unotify *k, int told, int *ret_fd)
{
	struct pollfd p = {.fd = told, .events = POLLIN};
	int fd = -1, r;

	if (poll(&p, 1, TEST_TIMEOUT_MS) <= 0 || read(told, &fd, sizeof(fd)) != sizeof(fd))
		return -EIO;
	if (fd < 0)
		return fd;
	*ret_fd = fd;
	p.fd = fd;
	if (poll(&p, 1, TEST_TIMEOUT_MS) <= 0)
		return -EIO;
	r = unotify_receive(k, fd);
	return r < 0 ? r : unotify_continue(k, fd);
}

static int test(struct unotify *k, struct err *err)
{
	cleanup_fd int told = -1, tell = -1, listener = -1;
	int pipe_fds[2], status = 0, r;
	pid_t pid;

	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return err_sys(err, errno, "cannot make a pipe");
	told = pipe_fds[0];
	tell = pipe_fds[1];
	pid = unotify_fork_sharing();
	if (pid < 0)
		return err_sys(err, errno, "cannot start a process");
	if (pid == 0)
		be_tested(tell);
	r = answer_test(k, told, &listener);
	/* The child shares our descriptors, so its listener stays open here: unanswered, it would wait forever. */
	if (r < 0)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (r == 0 && WIFEXITED(status) && WEXITSTATUS(status) == TEST_ANSWER)
		return 0;
	return err_set(err, ENOSYS, "cannot learn by notify here: a call that was handed to a listener did not go on (%s); it takes Linux 5.5 or later,"
		       " and a caller whose own filter allows seccomp(2)", strerror(r < 0 ? -r : EIO));
}

int unotify_open(struct unotify *k, struct err *err)
{
	struct seccomp_notif_sizes sizes = {0};
	int r;

	if (syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) < 0)
		return err_sys(err, errno, "cannot learn by notify here: the kernel has no seccomp notifications");
	k->in_size = sizes.seccomp_notif > sizeof(*k->in) ? sizes.seccomp_notif : sizeof(*k->in);
	k->out_size = sizes.seccomp_notif_resp > sizeof(*k->out) ? sizes.seccomp_notif_resp : sizeof(*k->out);
	k->in = mmap(NULL, k->in_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (k->in == MAP_FAILED)
		k->in = NULL;
	k->out = calloc(1, k->out_size);
	r = k->in && k->out ? test(k, err) : err_set(err, ENOMEM, "out of memory");
	if (r < 0)
		unotify_close(k);
	return r;
}

void unotify_close(struct unotify *k)
{
	if (k->in)
		munmap(steal_ptr(&k->in), k->in_size);
	free(steal_ptr(&k->out));
}
