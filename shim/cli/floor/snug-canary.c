/* The program of a canary container: it does nothing, so that all that is seen of its start is the runtime's. Without
 * arguments it exits at once; with "wait" it stays for execs until a signal comes, at the latest its own alarm, so that
 * it never outlives for long a snug that was killed. Static: the rootfs holds no other file. */
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
	/* Process 1 of a pid namespace ignores what it does not handle. */
	signal(SIGTERM, on_signal);
	signal(SIGALRM, on_signal);
	alarm(LIFETIME_S);
	pause();
	_exit(0);
}
