#include "shim/daemon/signals.h"

#include <errno.h>
#include <sys/signalfd.h>
#include <unistd.h>

void signals_fill(sigset_t *ret)
{
	sigemptyset(ret);
	sigaddset(ret, SIGTERM);
	sigaddset(ret, SIGINT);
	sigaddset(ret, SIGHUP);
}

int signals_open(struct err *err)
{
	sigset_t set;
	int fd;

	signals_fill(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? err_sys(err, errno, "cannot make a signalfd") : fd;
}

bool signals_take(int fd)
{
	struct signalfd_siginfo info;

	return read(fd, &info, sizeof(info)) == sizeof(info) && info.ssi_signo != SIGHUP;
}
