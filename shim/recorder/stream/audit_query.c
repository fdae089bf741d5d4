#include "shim/recorder/stream/audit_query.h"

#include "base/cleanup.h"
#include "shim/recorder/stream/audit.h"
#include "shim/recorder/stream/audit_rule.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_MS 1000

/* Called for each answer until it returns something other than -EAGAIN. */
typedef int answer_fn(void *arg, uint16_t type, const void *payload, size_t len);

static int ask(uint16_t type, answer_fn *fn, void *arg, struct err *err)
{
	cleanup_fd int fd = audit_open_status(err);
	struct nlmsghdr h = {.nlmsg_len = NLMSG_LENGTH(0), .nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST};
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	union {
		struct nlmsghdr h;
		char bytes[sizeof(struct nlmsghdr) + AUDIT_RULE_MAX];
	} m;
	int r = -EAGAIN;

	if (fd < 0)
		return fd;
	if (sendto(fd, &h, h.nlmsg_len, 0, (struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		return err_sys(err, errno, "cannot query the kernel's audit");
	while (r == -EAGAIN) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		socklen_t from_len = sizeof(kernel);
		ssize_t n;

		if (poll(&p, 1, ANSWER_MS) <= 0)
			return err_set(err, ETIMEDOUT, "the kernel's audit does not answer");
		n = recvfrom(fd, &m, sizeof(m), MSG_DONTWAIT, (struct sockaddr *)&kernel, &from_len);
		if (n < (ssize_t)NLMSG_HDRLEN || kernel.nl_pid != 0)
			continue;
		if (m.h.nlmsg_type != NLMSG_ERROR) {
			r = fn(arg, m.h.nlmsg_type, m.bytes + NLMSG_HDRLEN, (size_t)n - NLMSG_HDRLEN);
		} else if ((size_t)n >= NLMSG_HDRLEN + sizeof(int)) {
			memcpy(&r, m.bytes + NLMSG_HDRLEN, sizeof(r));
			r = r == 0 ? -EAGAIN : err_sys(err, r, "the kernel's audit refused the query");
		}
	}
	return r;
}

struct excluding {
	enum audit_drop worst;
	struct buf *fix;
};

static int on_rule(void *arg, uint16_t type, const void *payload, size_t len)
{
	struct excluding *x = arg;
	enum audit_drop one;

	if (type == NLMSG_DONE)
		return 0;
	if (type != AUDIT_LIST_RULES)
		return -EAGAIN;
	one = audit_rule_evaluate(payload, len, x->fix);
	if (one > x->worst)
		x->worst = one;
	return -EAGAIN;
}

int audit_query_exclude(enum audit_drop *ret, struct buf *ret_fix, struct err *err)
{
	struct excluding x = {.worst = AUDIT_DROP_NONE, .fix = ret_fix};
	int r = ask(AUDIT_LIST_RULES, on_rule, &x, err);

	if (r == 0)
		*ret = x.worst;
	return r;
}

static int on_features(void *arg, uint16_t type, const void *payload, size_t len)
{
	if (type != AUDIT_GET_FEATURE || len < sizeof(struct audit_features))
		return -EAGAIN;
	memcpy(arg, payload, sizeof(struct audit_features));
	return 0;
}

int audit_query_features(bool *ret_immutable, bool *ret_only_unset, struct err *err)
{
	struct audit_features f = {0};
	int r = ask(AUDIT_GET_FEATURE, on_features, &f, err);

	if (r < 0)
		return r;
	*ret_immutable = f.features & AUDIT_FEATURE_TO_MASK(AUDIT_FEATURE_LOGINUID_IMMUTABLE);
	*ret_only_unset = f.features & AUDIT_FEATURE_TO_MASK(AUDIT_FEATURE_ONLY_UNSET_LOGINUID);
	return 0;
}
