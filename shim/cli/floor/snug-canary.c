/* The program of a canary container. It does nothing, so everything seen during its start is the runtime's. Without arguments it
 * exits at once; with "wait" it stays for execs until a signal arrives, at the latest its own alarm, so it does not long outlive
 * a snug that was killed. It is static: the rootfs has no other file. */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define LIFETIME_S 300

static void on_signal(int sig)
{
	(void)sig;
}

int main(int argc, char **argv)
{
	if (argc < 2 || strcmp(argv[1], "wait") != 0)
		_exit(0);
	/* Process 1 of a pid namespace ignores signals without a handler. */
	signal(SIGTERM, on_signal);
	signal(SIGALRM, on_signal);
	alarm(LIFETIME_S);
	pause();
	_exit(0);
}
