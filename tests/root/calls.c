/* Makes calls for tests, static: calls WORD...
 *
 *   user     clone(CLONE_NEWUSER), and waits for the child
 *   plain    clone(SIGCHLD), and waits for the child
 *   user3, plain3    the same by clone3; on ENOSYS by clone, as C libraries do
 *   listener seccomp(SET_MODE_FILTER) with a listener of its own; says "busy" if it is refused it
 *   forks N  N children, one after another
 *   flood N  N times getppid
 *   random N harmless calls, chosen by the seed N
 *   signal   is interrupted by a signal in a call that waits, and says how the call ended
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static long begin3(unsigned long flags)
{
	struct clone_args args = {.flags = flags, .exit_signal = SIGCHLD};
	long pid = syscall(SYS_clone3, &args, sizeof(args));

	return pid < 0 && errno == ENOSYS ? syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0) : pid;
}

static int begin(unsigned long flags, bool three)
{
	int status = 0;
	long pid = three ? begin3(flags) : syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);

	if (pid == 0)
		_exit(0);
	if (pid < 0) {
		printf("clone: %s\n", strerror(errno));
		return 1;
	}
	waitpid((pid_t)pid, &status, 0);
	printf("cloned\n");
	return 0;
}

static int listener(void)
{
	struct sock_filter code[] = {{0x06, 0, 0, SECCOMP_RET_ALLOW}};
	struct sock_fprog program = {1, code};

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program) < 0)
		printf("%s\n", errno == EBUSY ? "busy" : strerror(errno));
	return 0;
}

static int forks(int n)
{
	for (int i = 0; i < n; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(0);
		if (pid < 0 || waitpid(pid, NULL, 0) != pid)
			return 1;
	}
	printf("forked %d\n", n);
	return 0;
}

static int flood(int n)
{
	for (int i = 0; i < n; i++)
		syscall(SYS_getppid);
	printf("called %d\n", n);
	return 0;
}

static int random_calls(unsigned seed)
{
	static const struct {
		long nr, args[4];
	} table[] = {
		{SYS_getpid, {0}}, {SYS_getppid, {0}}, {SYS_getuid, {0}}, {SYS_geteuid, {0}}, {SYS_getgid, {0}}, {SYS_umask, {022}}, {SYS_dup, {1}},
		{SYS_dup3, {1, 9, 0}}, {SYS_socket, {1, 1, 0}}, {SYS_socket, {2, 2, 0}}, {SYS_socket, {40, 1, 0}}, {SYS_pipe2, {0, 0}}, {SYS_mmap, {0, 4096, 1, 0x22}},
		{SYS_mmap, {0, 4096, 5, 0x22}}, {SYS_getrlimit, {7, 0}}, {SYS_sched_yield, {0}}, {SYS_uname, {0}}, {SYS_times, {0}}, {SYS_getpriority, {0, 0}},
		{SYS_sync, {0}}, {SYS_chdir, {0}}, {SYS_getcwd, {0, 0}},
#ifdef SYS_mkdir
		{SYS_access, {0, 0}}, {SYS_mkdir, {0, 0}}, {SYS_link, {0, 0}}, {SYS_chmod, {0, 04755}}, {SYS_chmod, {0, 0644}},
#else
		{SYS_faccessat, {-1, 0}}, {SYS_mkdirat, {-1, 0}}, {SYS_linkat, {-1, 0}}, {SYS_fchmodat, {-1, 0, 04755}}, {SYS_fchmodat, {-1, 0, 0644}},
#endif
		{SYS_unshare, {0}}, {SYS_personality, {0xffffffff}}, {SYS_personality, {0x40000}}, {SYS_keyctl, {0, 0}}, {SYS_setns, {-1, 0}},
		{SYS_bpf, {0, 0, 0}}, {SYS_perf_event_open, {0, 0, 0, 0}}, {SYS_io_uring_setup, {0, 0}}, {SYS_memfd_create, {0, 0}}, {SYS_fcntl, {1, 1}}, {SYS_fcntl, {1, 1024}},
		{SYS_ioctl, {1, 0x5401, 0}}, {SYS_ioctl, {-1, 0x5412, 0}}, {SYS_statx, {-1, 0, 0, 0}}, {SYS_faccessat2, {-1, 0, 0, 0}}, {SYS_openat2, {-1, 0, 0, 0}}, {1000, {0}},
	};

	srandom(seed);
	for (int i = 0; i < 30; i++) {
		size_t k = (size_t)random() % (sizeof(table) / sizeof(table[0]));

		syscall(table[k].nr, table[k].args[0], table[k].args[1], table[k].args[2], table[k].args[3], 0, 0);
	}
	return 0;
}

static void nothing(int sig)
{
	(void)sig;
}

static int interrupted(void)
{
	const struct itimerval soon = {.it_value = {.tv_usec = 20000}};
	struct sigaction act = {.sa_handler = nothing};
	char c;
	int p[2];

	sigaction(SIGALRM, &act, NULL);
	if (pipe(p) < 0 || setitimer(ITIMER_REAL, &soon, NULL) < 0)
		return 1;
	printf("%s\n", read(p[0], &c, 1) < 0 ? strerror(errno) : "read");
	return 0;
}

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";
	int n = argc > 2 ? atoi(argv[2]) : 0;

	if (!strcmp(word, "user"))
		return begin(CLONE_NEWUSER, false);
	if (!strcmp(word, "plain"))
		return begin(0, false);
	if (!strcmp(word, "user3"))
		return begin(CLONE_NEWUSER, true);
	if (!strcmp(word, "plain3"))
		return begin(0, true);
	if (!strcmp(word, "listener"))
		return listener();
	if (!strcmp(word, "forks"))
		return forks(n);
	if (!strcmp(word, "flood"))
		return flood(n);
	if (!strcmp(word, "random"))
		return random_calls((unsigned)n);
	if (!strcmp(word, "signal"))
		return interrupted();
	return 2;
}
