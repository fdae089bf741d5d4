/* A busy container's program: busy CALLS RARE. Four processes make CALLS system calls in all, of the kinds that a
 * server makes all the time; RARE of them are of kinds that it makes now and then. Prints "CALLS RARE" as made. Static,
 * so that it makes few others. */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PROCESSES 4

static void call_common(unsigned long n, int file, const int pipe[2])
{
	struct timespec now;
	struct stat st;
	int word = 0;
	char byte = 0;
	long r = 0;

	switch (n % 10) {
	case 0:
		r = pread(file, &byte, 1, 0);
		break;
	case 1:
		r = write(pipe[1], &byte, 1);
		break;
	case 2:
		r = read(pipe[0], &byte, 1);
		break;
	case 3:
		r = syscall(SYS_getpid);
		break;
	case 4:
		r = fstat(file, &st);
		break;
	case 5:
		r = lseek(file, 0, SEEK_SET);
		break;
	case 6:
		r = syscall(SYS_sched_yield);
		break;
	case 7:
		r = syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
		break;
	case 8:
		r = syscall(SYS_futex, &word, FUTEX_WAKE, 1, NULL, NULL, 0);
		break;
	default:
		r = syscall(SYS_faccessat, AT_FDCWD, "/", F_OK);
	}
	if (r < 0)
		exit(1);
}

/* Some are refused, and are calls all the same. */
static void call_rare(unsigned long n)
{
	switch (n % 5) {
	case 0:
		sched_get_priority_max(SCHED_OTHER);
		break;
	case 1:
		syscall(SYS_sched_rr_get_interval, 0, NULL);
		break;
	case 2:
		syscall(SYS_keyctl, -1, 0, 0, 0, 0);
		break;
	case 3:
		mlockall(0);
		break;
	default:
		syscall(SYS_ioprio_get, 1, 0);
	}
}

static void work(unsigned long calls, unsigned long rare)
{
	unsigned long between = rare ? calls / rare : calls + 1, made = 0, common = 0;
	int file = open("/proc/self/exe", O_RDONLY), ends[2];

	if (file < 0 || pipe(ends) < 0)
		exit(1);
	for (unsigned long n = 1; n <= calls; n++) {
		if (n % between == 0 && made < rare)
			call_rare(made++);
		else
			call_common(common++, file, ends);
	}
	exit(made == rare ? 0 : 1);
}

int main(int argc, char **argv)
{
	unsigned long calls = argc > 2 ? strtoul(argv[1], NULL, 10) : 0,
		      rare = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
	int status, bad = calls == 0 || rare > calls;

	for (int i = 0; i < PROCESSES && !bad; i++)
		if (fork() == 0)
			work(calls / PROCESSES, rare / PROCESSES);
	while (wait(&status) > 0 || errno == EINTR)
		bad |= status != 0;
	if (!bad)
		printf("%lu %lu\n", calls / PROCESSES * PROCESSES, rare / PROCESSES * PROCESSES);
	return bad;
}
