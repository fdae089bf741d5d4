#include "shim/recorder/audit.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MESSAGE_MAX 9216 /* MAX_AUDIT_MESSAGE_LENGTH 8970, with the header */

struct audit_reader {
	int fd;
	struct mmsghdr headers[AUDIT_BATCH];
	struct iovec vectors[AUDIT_BATCH];
	struct sockaddr_nl senders[AUDIT_BATCH];
	char texts[AUDIT_BATCH][MESSAGE_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
};

static int open_group(size_t buffer_size, struct err *err)
{
	struct sockaddr_nl addr = {.nl_family = AF_NETLINK, .nl_groups = 1u << (AUDIT_NLGRP_READLOG - 1)};
	cleanup_fd int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_AUDIT);
	int size = (int)buffer_size;

	if (fd < 0)
		return err_sys(err, errno, "cannot open the kernel's audit stream (is audit built in, and not off by audit=0?)");
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) < 0)
		return err_sys(err, errno, "cannot size the receive buffer of the audit stream");
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return err_sys(err, errno, "no permission to read the kernel's audit records (CAP_AUDIT_READ in the initial user and"
			       " network namespaces is needed)");
	return steal_fd(&fd);
}

int audit_open(size_t buffer_size, struct audit_reader **ret, struct err *err)
{
	struct audit_reader *r;
	int fd = open_group(buffer_size, err);

	if (fd < 0)
		return fd;
	r = calloc(1, sizeof(*r));
	if (!r) {
		close(fd);
		return err_set(err, ENOMEM, "out of memory");
	}
	r->fd = fd;
	for (size_t i = 0; i < AUDIT_BATCH; i++) {
		r->vectors[i] = (struct iovec){.iov_base = r->texts[i], .iov_len = MESSAGE_MAX};
		r->headers[i].msg_hdr.msg_iov = &r->vectors[i];
		r->headers[i].msg_hdr.msg_iovlen = 1;
		r->headers[i].msg_hdr.msg_name = &r->senders[i];
	}
	*ret = r;
	return 0;
}

void audit_close(struct audit_reader *r)
{
	if (!r)
		return;
	close(r->fd);
	free(r);
}

int audit_fd(const struct audit_reader *r)
{
	return r->fd;
}

int audit_read(struct audit_reader *r, audit_message_fn *fn, void *arg)
{
	bool cut = false;
	int n;

	for (size_t i = 0; i < AUDIT_BATCH; i++)
		r->headers[i].msg_hdr.msg_namelen = sizeof(r->senders[i]);
	n = recvmmsg(r->fd, r->headers, AUDIT_BATCH, MSG_DONTWAIT, NULL);
	if (n < 0)
		return errno == EINTR ? -EAGAIN : -errno;
	for (int i = 0; i < n; i++) {
		const struct nlmsghdr *h = (const struct nlmsghdr *)(const void *)r->texts[i];
		size_t len = r->headers[i].msg_len;

		if (r->senders[i].nl_pid != 0)
			continue;
		cut |= r->headers[i].msg_hdr.msg_flags & MSG_TRUNC || len < NLMSG_HDRLEN;
		if (!cut)
			fn(arg, h->nlmsg_type, r->texts[i] + NLMSG_HDRLEN, len - NLMSG_HDRLEN);
	}
	return cut ? -EMSGSIZE : n;
}

int audit_open_status(struct err *err)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_AUDIT);

	return fd < 0 ? err_sys(err, errno, "cannot open a socket for the audit status") : fd;
}

int audit_ask_status(int fd)
{
	struct nlmsghdr h = {.nlmsg_len = NLMSG_LENGTH(0), .nlmsg_type = AUDIT_GET, .nlmsg_flags = NLM_F_REQUEST};
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};

	return sendto(fd, &h, h.nlmsg_len, 0, (struct sockaddr *)&kernel, sizeof(kernel)) < 0 ? -errno : 0;
}

int audit_read_status(int fd, struct audit_info *ret)
{
	struct sockaddr_nl from;
	socklen_t from_len = sizeof(from);
	union {
		struct nlmsghdr h;
		char bytes[1024];
	} m;
	uint32_t field[8] = {0}; /* mask enabled failure pid rate_limit backlog_limit lost backlog */
	ssize_t n = recvfrom(fd, &m, sizeof(m), MSG_DONTWAIT, (struct sockaddr *)&from, &from_len);

	if (n < 0)
		return -errno;
	if (from.nl_pid != 0 || (size_t)n < NLMSG_HDRLEN)
		return -EAGAIN;
	if (m.h.nlmsg_type == NLMSG_ERROR) {
		struct nlmsgerr e;

		if ((size_t)n < NLMSG_HDRLEN + sizeof(e))
			return -EBADMSG;
		memcpy(&e, m.bytes + NLMSG_HDRLEN, sizeof(e));
		return e.error ? e.error : -EAGAIN;
	}
	if (m.h.nlmsg_type != AUDIT_GET || (size_t)n < NLMSG_HDRLEN + 7 * sizeof(uint32_t))
		return -EAGAIN;
	memcpy(field, m.bytes + NLMSG_HDRLEN, 7 * sizeof(uint32_t));
	*ret = (struct audit_info){.enabled = field[1], .failure = field[2], .rate_limit = field[4],
				   .backlog_limit = field[5], .lost = field[6]};
	return 0;
}

int audit_log_is_on(bool *ret)
{
	cleanup_fd int fd = open("/proc/sys/kernel/seccomp/actions_logged", O_RDONLY | O_CLOEXEC);
	char text[256], *save = NULL;
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, text, sizeof(text) - 1);
	if (n < 0)
		return -errno;
	text[n] = '\0';
	*ret = false;
	for (char *word = strtok_r(text, " \n", &save); word; word = strtok_r(NULL, " \n", &save))
		*ret |= strcmp(word, "log") == 0;
	return 0;
}
