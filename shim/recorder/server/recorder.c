#include "shim/recorder/server/recorder.h"

#include "base/clock.h"
#include "base/text.h"

#include <errno.h>
#include <sys/epoll.h>

#define BATCHES_A_TURN 64 /* batches of the audit stream to read before the other descriptors get their turn */

int recorder_watch(struct recorder *r, int fd)
{
	struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};

	return epoll_ctl(r->epoll_fd, EPOLL_CTL_ADD, fd, &e) < 0 ? -errno : 0;
}

static void take_datagram(void *arg, const void *data, size_t len)
{
	intake_datagram(arg, data, len);
}

void recorder_read(struct recorder *r)
{
	for (int i = 0; i < BATCHES_A_TURN; i++) {
		int n;

		r->intake.now_ms = clock_monotonic_ms();
		n = audit_read(r->audit, take_datagram, &r->intake);
		intake_flush(&r->intake);
		if (n == -EAGAIN)
			return;
		if (n == -ENOBUFS)
			loss_stamp(&r->loss, REASON_OVERRUN);
		else if (n < 0)
			loss_stamp(&r->loss, REASON_BAD_RECORD);
		else if (n < AUDIT_BATCH)
			return;
	}
}

const char *recorder_runtime_version(const struct server *s, const char *runtime_id)
{
	for (unsigned i = 0; i < SERVER_VERSIONS; i++)
		if (text_streq(s->versions[i].runtime_id, runtime_id))
			return s->versions[i].version;
	return NULL;
}
