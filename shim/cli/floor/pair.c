#include "shim/cli/floor/pair.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

void *pair_memory_new(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

void pair_memory_free(void *memory, size_t size)
{
	if (memory)
		munmap(memory, size);
}

static pid_t start(void (*work)(void *arg, unsigned which), void *arg, unsigned which)
{
	pid_t parent = getpid(), pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() == parent)
		work(arg, which);
	_exit(0);
}

static void wait_for(pid_t pid, int *ret)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (status && !*ret)
		*ret = -EIO;
}

int pair_run(void (*work)(void *arg, unsigned which), void *arg, int signal_fd)
{
	pid_t pid[PAIR];
	int r = 0;

	for (unsigned i = 0; i < PAIR; i++) {
		pid[i] = r ? -1 : start(work, arg, i);
		if (!r && pid[i] < 0)
			r = -errno;
	}
	for (unsigned i = 0; i < PAIR; i++) {
		int fd = pid[i] < 0 ? -1 : pidfd_open(pid[i], 0);
		struct pollfd p[] = {{.fd = fd, .events = POLLIN}, {.fd = r ? -1 : signal_fd, .events = POLLIN}};

		while (fd >= 0 && poll(p, 2, -1) < 0 && errno == EINTR)
			;
		if (p[1].revents) {
			r = -EINTR;
			for (unsigned k = i; k < PAIR; k++)
				kill(pid[k], SIGTERM);
		}
		if (fd >= 0)
			close(fd);
		if (pid[i] > 0)
			wait_for(pid[i], &r);
	}
	return r;
}
