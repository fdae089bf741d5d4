/* Does in a container what loses or hides records.
 *
 *   flood N         N times getppid
 *   race SECONDS    getppid for so long; prints how often
 *   logged N        the same outside of a container, under a LOG filter of its own
 *   notify          a filter of its own with a listener that lets getppid continue: the record never comes
 *   trace           the same by SECCOMP_RET_TRACE and a tracer
 *   headless N      gives up its audit session, if it may, and calls getppid N times, in a thread whose main thread has ended
 *   daemon FILE     ends at once; its child makes the directory FILE a second later
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
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
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int flood(const char *count)
{
	for (long n = atol(count); n > 0; n--)
		syscall(SYS_getppid);
	return 0;
}

static int race(const char *seconds)
{
	struct timespec now, end;
	char text[32];
	long n = 0;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += atol(seconds);
	do {
		for (int i = 0; i < 1000; i++)
			syscall(SYS_getppid);
		n += 1000;
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec < end.tv_sec || (now.tv_sec == end.tv_sec && now.tv_nsec < end.tv_nsec));
	return write(1, text, (size_t)snprintf(text, sizeof(text), "%ld\n", n)) < 0;
}

/* getppid is answered with `action`, all else is allowed. Returns what seccomp(2) or prctl(2) does. */
static int load(unsigned action, unsigned flags)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {.len = 4, .filter = code};

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (flags)
		return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog);
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
}

static int notify(void)
{
	int fd = load(SECCOMP_RET_USER_NOTIF, SECCOMP_FILTER_FLAG_NEW_LISTENER);
	struct seccomp_notif req;
	struct seccomp_notif_resp resp;

	if (fd < 0)
		return 1;
	if (fork() == 0)
		_exit(syscall(SYS_getppid) < 0);
	memset(&req, 0, sizeof(req));
	if (ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &req) < 0)
		return 1;
	resp = (struct seccomp_notif_resp){.id = req.id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};
	if (ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &resp) < 0)
		return 1;
	wait(NULL);
	return 0;
}

static int trace(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		if (load(SECCOMP_RET_TRACE, 0) < 0)
			_exit(1);
		_exit(syscall(SYS_getppid) < 0);
	}
	waitpid(pid, &status, 0);
	ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESECCOMP);
	ptrace(PTRACE_CONT, pid, 0, 0);
	while (waitpid(pid, &status, 0) == pid && !WIFEXITED(status) && !WIFSIGNALED(status))
		ptrace(PTRACE_CONT, pid, 0, 0);
	return !WIFEXITED(status) || WEXITSTATUS(status);
}

static int leave_child(const char *path)
{
	if (fork() != 0)
		return 0;
	setsid();
	sleep(1);
	return mkdir(path, 0700) < 0 && errno != EEXIST;
}

static void *flood_later(void *count)
{
	int fd;

	usleep(300000);
	fd = open("/proc/thread-self/loginuid", O_WRONLY);
	if (fd < 0 || write(fd, "4294967295", 10) < 0)
		perror("loginuid");
	exit(flood(count));
}

static int headless(char *count)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, flood_later, count) != 0)
		return 1;
	pthread_exit(NULL);
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "flood") == 0)
		return flood(argv[2]);
	if (argc == 3 && strcmp(argv[1], "headless") == 0)
		return headless(argv[2]);
	if (argc == 3 && strcmp(argv[1], "race") == 0)
		return race(argv[2]);
	if (argc == 3 && strcmp(argv[1], "logged") == 0)
		return load(SECCOMP_RET_LOG, 0) < 0 || flood(argv[2]);
	if (argc == 2 && strcmp(argv[1], "notify") == 0)
		return notify();
	if (argc == 2 && strcmp(argv[1], "trace") == 0)
		return trace();
	if (argc == 3 && strcmp(argv[1], "daemon") == 0)
		return leave_child(argv[2]);
	return 2;
}
