/* Filters that hide calls, and those who answer for them from elsewhere.
 *
 *   traced prctl|seccomp       loads a filter that hands mkdir to a tracer, waits until there is one, and makes the
 * directory /tmp/hidden listened                   the same with a listener, which is its descriptor 9 thread the same:
 * one thread loads the filter for itself alone, another one answers tracer PID                 traces that process, and
 * lets each call pass listener PID               takes that process's descriptor 9 for its own, and lets a call pass
 *   under ACTION COMMAND...    becomes COMMAND under a filter that answers getpriority by log, errno, trace or notify:
 * a process left behind lets each call pass until COMMAND has ended noaudit COMMAND...         becomes COMMAND where no
 * socket of the audit protocol can be had, as on a kernel with audit=0 int80                      getpid by the 32-bit
 * entry, as a 64-bit program; status 3: it cannot x32                        getpid by its x32 number getpid the same
 * by its own
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef SYS_mkdir
#define MKDIR SYS_mkdir
#else
#define MKDIR SYS_mkdirat
#endif

#define LISTENER 9 /* the descriptor of one */

/* `nr` is answered with `action`, all else is allowed. flags: of seccomp(2); by_prctl: by the other call. */
static int load(int nr, unsigned action, unsigned flags, int by_prctl)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {.len = 4, .filter = code};

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
	return by_prctl ? prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) : (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog);
}

static int make(void)
{
	return mkdir("/tmp/hidden", 0755) < 0;
}

static int has_tracer(void)
{
	char text[4096] = "", *at;
	int fd = open("/proc/self/status", O_RDONLY);
	ssize_t n = read(fd, text, sizeof(text) - 1);

	close(fd);
	at = n > 0 ? strstr(text, "TracerPid:") : NULL;
	return at && atoi(at + 10);
}

static int traced(const char *how)
{
	if (load(MKDIR, SECCOMP_RET_TRACE, 0, strcmp(how, "prctl") == 0) < 0)
		return 1;
	for (int i = 0; i < 1000 && !has_tracer(); i++)
		usleep(10000);
	/* It is attached; that it asked for these stops too comes with the same call (PTRACE_SEIZE). */
	return make();
}

static int listened(void)
{
	int fd = load(MKDIR, SECCOMP_RET_USER_NOTIF, SECCOMP_FILTER_FLAG_NEW_LISTENER, 0);

	return fd < 0 || dup2(fd, LISTENER) < 0 || make();
}

/* Lets calls pass, as many as `count`, or without end. */
static int answer(int fd, int count)
{
	for (int i = 0; i != count; i++) {
		struct seccomp_notif req;
		struct seccomp_notif_resp resp;

		memset(&req, 0, sizeof(req));
		if (ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &req) < 0)
			return errno != ENOENT && errno != EINTR;
		resp = (struct seccomp_notif_resp){.id = req.id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};
		if (ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &resp) < 0 && errno != ENOENT)
			return 1;
	}
	return 0;
}

static void *of_thread(void *arg)
{
	int *fd = arg, its = load(MKDIR, SECCOMP_RET_USER_NOTIF, SECCOMP_FILTER_FLAG_NEW_LISTENER, 0);

	__atomic_store_n(fd, its < 0 ? -2 : its, __ATOMIC_SEQ_CST);
	return its < 0 || make() ? arg : NULL;
}

static int thread(void)
{
	int fd = -1;
	void *failed = NULL;
	pthread_t t;

	if (pthread_create(&t, NULL, of_thread, &fd) != 0)
		return 1;
	while (__atomic_load_n(&fd, __ATOMIC_SEQ_CST) == -1)
		usleep(1000);
	if (fd >= 0)
		answer(fd, 1);
	pthread_join(t, &failed);
	return failed != NULL;
}

/* Until all of them have ended. */
static int let_pass(void)
{
	int status, last = 1;
	pid_t pid;

	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		if (WIFEXITED(status))
			last = WEXITSTATUS(status);
		if (WIFSTOPPED(status))
			ptrace(PTRACE_CONT, pid, 0, status >> 16 || WSTOPSIG(status) == SIGTRAP || WSTOPSIG(status) == SIGSTOP ? 0 : WSTOPSIG(status));
	}
	return last;
}

static int tracer(const char *pid)
{
	if (ptrace(PTRACE_SEIZE, atoi(pid), 0, PTRACE_O_TRACESECCOMP) < 0)
		return 1;
	let_pass();
	return 0;
}

static int listener(const char *pid)
{
	int process = (int)syscall(SYS_pidfd_open, atoi(pid), 0), fd = -1;

	for (int i = 0; i < 1000 && fd < 0; i++) {
		usleep(10000);
		fd = (int)syscall(SYS_pidfd_getfd, process, LISTENER, 0);
	}
	return fd < 0 || answer(fd, 1);
}

/* A child takes the listener of process `pid` as soon as that has one, says so, and answers until nobody is under that filter any more. */
static void leave_listener(pid_t pid, int say)
{
	int process = (int)syscall(SYS_pidfd_open, pid, 0), fd = -1;

	if (fork() != 0) {
		close(process);
		return;
	}
	setsid();
	for (; fd < 0; usleep(1000))
		fd = (int)syscall(SYS_pidfd_getfd, process, LISTENER, 0);
	if (write(say, "x", 1) != 1)
		_exit(1);
	close(say);
	for (int i = 0; i < 3; i++)
		close(i);
	_exit(answer(fd, -1));
}

static int under(const char *action, char **command)
{
	static const struct {
		const char *name;
		unsigned action, flags;
	} actions[] = {{"log", SECCOMP_RET_LOG, 0},
		       {"errno", SECCOMP_RET_ERRNO | EPERM, 0},
		       {"trace", SECCOMP_RET_TRACE, 0},
		       {"notify", SECCOMP_RET_USER_NOTIF, SECCOMP_FILTER_FLAG_NEW_LISTENER}};
	int fd, has_it[2];
	unsigned i = 0;
	char c;

	while (i < 3 && strcmp(actions[i].name, action) != 0)
		i++;
	if (pipe(has_it) < 0)
		return 1;
	if (i == 3)
		leave_listener(getpid(), has_it[1]);
	close(has_it[1]);
	fd = load(SYS_getpriority, actions[i].action, actions[i].flags, 0);
	if (fd < 0 || (i == 3 && (dup2(fd, LISTENER) < 0 || read(has_it[0], &c, 1) != 1)))
		return 1;
	if (i == 3) {
		close(fd);
		close(LISTENER);
	}
	close(has_it[0]);
	execvp(command[0], command);
	return 127;
}

/* With audit=0 the kernel registers no such protocol. */
static int noaudit(char **command)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 5),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_NETLINK, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NETLINK_AUDIT, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPROTONOSUPPORT),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {.len = sizeof(code) / sizeof(code[0]), .filter = code};

	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) < 0)
		return 1;
	execvp(command[0], command);
	return 127;
}

static int int80(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		long got = SYS_getpid;
#ifdef __x86_64__
		got = 20;
		__asm__ volatile("int $0x80" : "+a"(got) : : "memory");
#endif
		_exit(got < 0);
	}
	waitpid(pid, &status, 0);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV ? 3 : !WIFEXITED(status) || WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (argc == 3 && strcmp(what, "traced") == 0)
		return traced(argv[2]);
	if (argc == 3 && strcmp(what, "tracer") == 0)
		return tracer(argv[2]);
	if (argc == 3 && strcmp(what, "listener") == 0)
		return listener(argv[2]);
	if (argc > 3 && strcmp(what, "under") == 0)
		return under(argv[2], argv + 3);
	if (argc > 2 && strcmp(what, "noaudit") == 0)
		return noaudit(argv + 2);
	if (strcmp(what, "listened") == 0)
		return listened();
	if (strcmp(what, "thread") == 0)
		return thread();
	if (strcmp(what, "int80") == 0)
		return int80();
	if (strcmp(what, "x32") == 0)
		return syscall(0x40000000 | SYS_getpid) < 0 && errno != ENOSYS;
	if (strcmp(what, "getpid") == 0)
		return syscall(SYS_getpid) < 0;
	return 2;
}
