/* A program whose calls are random, and of the machine's other ABIs: other-calls SEED COUNT. A static 64-bit program:
 * i386's calls by int 0x80, x32's by their bit, and the three of the vsyscall page. What this kernel does not do is
 * left out: a child tries each kind first. */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define X32_BIT 0x40000000

/* All are harmless with arguments that are -1. */
static const int i386[] = {
	/* read, write, close, time, chmod, getpid, getuid, access, mkdir, fcntl, getppid, sethostname */
	3, 4, 6, 13, 15, 20, 24, 33, 39, 55, 64, 74,
	/* getrlimit, gettimeofday, socketcall, sysinfo, ipc, uname, personality, sched_yield, stat64 */
	76, 78, 102, 116, 117, 122, 136, 158, 195,
	/* getuid32, fcntl64, clock_gettime, keyctl, unshare, getcpu, clock_gettime64 */
	199, 221, 265, 288, 310, 318, 403};
static const int x32[] = {
	/* read, write, close, access, getpid, getsockname, fcntl, mkdir, gettimeofday, getuid */
	0, 1, 3, 21, 39, 51, 72, 83, 96, 102,
	/* getppid, time, keyctl, unshare; and of its own: ioctl, readv, recvmsg, preadv */
	110, 201, 250, 272, 514, 515, 519, 534};
/* gettimeofday, time, getcpu */
static const uintptr_t vsyscalls[] = {0xffffffffff600000, 0xffffffffff600400, 0xffffffffff600800};

enum kind { I386, X32, VSYSCALL, KINDS };

static void call_i386(int nr)
{
	long result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(nr), "b"(-1L), "c"(-1L), "d"(-1L), "S"(-1L), "D"(-1L)
			 : "memory", "r8", "r9", "r10", "r11");
}

static void make_call(enum kind kind, unsigned roll)
{
	switch (kind) {
	case I386:
		call_i386(i386[roll % (sizeof(i386) / sizeof(*i386))]);
		break;
	case X32:
		syscall(X32_BIT | x32[roll % (sizeof(x32) / sizeof(*x32))], -1L, -1L, -1L, -1L, -1L, -1L);
		break;
	default:
		((long (*)(void *, void *, void *))vsyscalls[roll % (sizeof(vsyscalls) / sizeof(*vsyscalls))])(
			NULL, NULL, NULL);
	}
}

static int is_there(enum kind kind)
{
	int status = 0;
	pid_t child = fork();

	if (child < 0)
		exit(1);
	if (child == 0) {
		make_call(kind, 0);
		_exit(0);
	}
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status);
}

int main(int argc, char **argv)
{
	uint64_t state = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	enum kind there[KINDS];
	unsigned n = 0;

	for (enum kind kind = 0; kind < KINDS; kind++)
		if (is_there(kind))
			there[n++] = kind;
	for (long i = 0; n && argc > 2 && i < atol(argv[2]); i++) {
		state = state * 6364136223846793005u + 1442695040888963407u;
		make_call(there[(state >> 33) % n], (unsigned)(state >> 40));
	}
	return 0;
}
