#include "shim/agent/agent.h"

#include <errno.h>
#include <sys/epoll.h>

int agent_watch(struct agent *a, int fd)
{
	struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};

	return epoll_ctl(a->epoll_fd, EPOLL_CTL_ADD, fd, &e) < 0 ? -errno : 0;
}
