/* What a learning run may not show and a later one needs.
 *   choices wait    says "waiting", polls without end until SIGTERM, says what poll returned
 *   choices vdso    asks for the time as everybody does
 *   choices raw     asks the kernel itself */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void wake(int sig)
{
	(void)sig;
}

static int wait_for_signal(void)
{
	struct sigaction act = {.sa_handler = wake};
	int r;

	sigaction(SIGTERM, &act, NULL);
	dprintf(1, "waiting\n");
	r = poll(NULL, 0, -1);
	dprintf(1, "poll: %d %s\n", r, strerrorname_np(errno));
	return 0;
}

int main(int argc, char **argv)
{
	struct timespec now = {0};
	int r;

	if (argc == 2 && strcmp(argv[1], "wait") == 0)
		return wait_for_signal();
	r = argc == 2 && strcmp(argv[1], "raw") == 0 ? (int)syscall(SYS_clock_gettime, CLOCK_REALTIME, &now)
						     : clock_gettime(CLOCK_REALTIME, &now);
	dprintf(1, "clock: %d %s\n", r, r ? strerrorname_np(errno) : "");
	return 0;
}
