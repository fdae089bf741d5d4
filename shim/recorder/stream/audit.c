#include "shim/recorder/stream/audit.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "shim/recorder/stream/audit_rule.h"

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
		return err_sys(err, errno, "cannot open the kernel's audit stream (is audit built in, and not switched off by audit=0?)");
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) < 0)
		return err_sys(err, errno, "cannot set the receive buffer size of the audit stream");
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return err_sys(err, errno, "no permission to read the kernel's audit records (needs CAP_AUDIT_READ in the initial namespaces)");
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

int audit_read(struct audit_reader *r, audit_datagram_fn *fn, void *arg)
{
	bool cut = false;
	int n;

	for (size_t i = 0; i < AUDIT_BATCH; i++)
		r->headers[i].msg_hdr.msg_namelen = sizeof(r->senders[i]);
	n = recvmmsg(r->fd, r->headers, AUDIT_BATCH, MSG_DONTWAIT, NULL);
	if (n < 0)
		return errno == EINTR ? -EAGAIN : -errno;
	for (int i = 0; i < n; i++) {
		if (r->senders[i].nl_pid != 0)
			continue;
		if (r->headers[i].msg_hdr.msg_flags & MSG_TRUNC)
			cut = true;
		else
			fn(arg, r->texts[i], r->headers[i].msg_len);
	}
	return cut ? -EMSGSIZE : n;
}

/* kauditd_send_multicast_skb() sets the length that netlink requires; in the unicast copy of the same record, the length leaves
 * out the header (audit_log_end()). We cannot tell which copy this is. Either length means one message that fills the datagram. */
static bool is_single(const struct nlmsghdr *h, size_t len)
{
	return h->nlmsg_len == len || h->nlmsg_len + (size_t)NLMSG_HDRLEN == len;
}

int audit_each(const void *data, size_t len, audit_message_fn *fn, void *arg)
{
	const char *p = data;
	bool first = true;

	do {
		struct nlmsghdr h;
		size_t own, step;

		if (len < NLMSG_HDRLEN)
			return -EBADMSG;
		memcpy(&h, p, sizeof(h));
		own = first && is_single(&h, len) ? len : h.nlmsg_len;
		if (own < NLMSG_HDRLEN || own > len || h.nlmsg_type == NLMSG_OVERRUN)
			return -EBADMSG;
		/* Types below this one belong to netlink itself. */
		if (h.nlmsg_type >= NLMSG_MIN_TYPE)
			fn(arg, h.nlmsg_type, p + NLMSG_HDRLEN, own - NLMSG_HDRLEN);
		step = NLMSG_ALIGN(own) < len ? NLMSG_ALIGN(own) : len;
		p += step;
		len -= step;
		first = false;
	} while (len);
	return 0;
}

int audit_open_status(struct err *err)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_AUDIT);

	return fd < 0 ? err_sys(err, errno, "cannot open a socket for the audit status") : fd;
}

static int ask(int fd, uint16_t type, uint32_t seq)
{
	struct nlmsghdr h = {.nlmsg_len = NLMSG_LENGTH(0), .nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST, .nlmsg_seq = seq};
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};

	return sendto(fd, &h, h.nlmsg_len, 0, (struct sockaddr *)&kernel, sizeof(kernel)) < 0 ? -errno : 0;
}

int audit_ask_status(int fd, uint32_t seq)
{
	return ask(fd, AUDIT_GET, seq);
}

int audit_ask_rules(int fd, uint32_t seq)
{
	return ask(fd, AUDIT_LIST_RULES, seq);
}

static int parse_info(const char *text, size_t len, struct audit_info *ret)
{
	uint32_t field[10] = {0}; /* mask enabled failure pid rate_limit backlog_limit lost backlog features backlog_wait_time */

	if (len < 7 * sizeof(field[0]))
		return -EBADMSG;
	field[9] = UINT32_MAX;
	memcpy(field, text, len < sizeof(field) ? len : sizeof(field));
	*ret = (struct audit_info){.enabled = field[1], .failure = field[2], .rate_limit = field[4],
				   .backlog_limit = field[5], .lost = field[6], .auditd_pid = field[3],
				   .backlog_wait_jiffies = field[9]};
	return 0;
}

static int parse_rule(const char *text, size_t len, enum audit_answer_kind *ret)
{
	if (len < sizeof(struct audit_rule_data))
		return -EBADMSG;
	*ret = audit_rule_evaluate(text, len, NULL) != AUDIT_DROP_NONE ? AUDIT_ANSWER_EXCLUDES : AUDIT_ANSWER_OTHER;
	return 0;
}

static int parse_error(const char *text, size_t len)
{
	struct nlmsgerr e;

	if (len < sizeof(e))
		return -EBADMSG;
	memcpy(&e, text, sizeof(e));
	return e.error < 0 ? e.error : 0;
}

int audit_parse_answer(const void *data, size_t len, struct audit_answer *ret)
{
	const char *text = (const char *)data + NLMSG_HDRLEN;
	struct nlmsghdr h;

	if (len < NLMSG_HDRLEN)
		return -EBADMSG;
	memcpy(&h, data, sizeof(h));
	len -= NLMSG_HDRLEN;
	*ret = (struct audit_answer){.kind = AUDIT_ANSWER_OTHER, .seq = h.nlmsg_seq};
	switch (h.nlmsg_type) {
	case AUDIT_GET:
		ret->kind = AUDIT_ANSWER_INFO;
		return parse_info(text, len, &ret->info);
	case AUDIT_LIST_RULES:
		return parse_rule(text, len, &ret->kind);
	case NLMSG_DONE:
		ret->kind = AUDIT_ANSWER_RULES_END;
		return 0;
	case NLMSG_ERROR:
		return parse_error(text, len);
	default:
		return 0;
	}
}

int audit_read_answer(int fd, struct audit_answer *ret)
{
	struct sockaddr_nl from;
	socklen_t from_len = sizeof(from);
	char data[MESSAGE_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
	ssize_t n = recvfrom(fd, data, sizeof(data), MSG_DONTWAIT, (struct sockaddr *)&from, &from_len);

	if (n < 0)
		return -errno;
	if (from.nl_pid != 0) {
		*ret = (struct audit_answer){.kind = AUDIT_ANSWER_OTHER};
		return 0;
	}
	return audit_parse_answer(data, (size_t)n, ret);
}

int audit_log_is_on(bool *ret)
{
	char text[256], *save = NULL;
	ssize_t n = file_read_small("/proc/sys/kernel/seccomp/actions_logged", text, sizeof(text));

	if (n < 0)
		return (int)n;
	*ret = false;
	for (char *word = strtok_r(text, " \n", &save); word; word = strtok_r(NULL, " \n", &save))
		*ret |= strcmp(word, "log") == 0;
	return 0;
}
