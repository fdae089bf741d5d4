/* For tests/bench/enforced: what a system call costs here, in nanoseconds, under whatever filter this process has. Prints "NAME NS" for
 * calls without an argument rule in any profile, and for those whose arguments decide. */
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define TIMES 200000

static void getppid_(void)
{
	syscall(SYS_getppid);
}

static void read_(void)
{
	char c;

	(void)!read(-1, &c, 1);
}

static void futex_(void)
{
	static int word;

	syscall(SYS_futex, &word, 1 /* FUTEX_WAKE */, 1, NULL, NULL, 0);
}

static void ioctl_(void)
{
	syscall(SYS_ioctl, -1, TCGETS, NULL);
}

static void mmap_(void)
{
	syscall(SYS_mmap, NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void socket_(void)
{
	syscall(SYS_socket, AF_INET, -1, 0);
}

static void prctl_(void)
{
	prctl(PR_GET_DUMPABLE);
}

int main(void)
{
	static const struct {
		const char *name;
		void (*call)(void);
	} calls[] = {{"getppid", getppid_}, {"read", read_}, {"futex", futex_}, {"ioctl", ioctl_}, {"mmap", mmap_}, {"socket", socket_}, {"prctl", prctl_}};

	for (unsigned i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		struct timespec begin, end;

		clock_gettime(CLOCK_MONOTONIC, &begin);
		for (unsigned n = 0; n < TIMES; n++)
			calls[i].call();
		clock_gettime(CLOCK_MONOTONIC, &end);
		printf("%s %.1f\n", calls[i].name, ((end.tv_sec - begin.tv_sec) * 1e9 + (end.tv_nsec - begin.tv_nsec)) / TIMES);
	}
	return 0;
}
