/* The kernel's audit messages: the multicast group that carries every record, and the status request.
 * Sources: include/uapi/linux/audit.h, kernel/audit.c kauditd_send_multicast_skb(), audit_receive_msg(). */
#ifndef SNUG_SHIM_RECORDER_AUDIT_H
#define SNUG_SHIM_RECORDER_AUDIT_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AUDIT_BATCH 32 /* messages a read */

struct audit_reader; /* opaque */

/* Opens the multicast group AUDIT_NLGRP_READLOG with a receive buffer of buffer_size bytes (SO_RCVBUFFORCE). Needs CAP_AUDIT_READ in the initial
 * user and network namespaces; the sentence says so. */
int audit_open(size_t buffer_size, struct audit_reader **ret, struct err *err);
void audit_close(struct audit_reader *r); /* NULL is allowed */
int audit_fd(const struct audit_reader *r);

/* One message: its type, and its text (not NUL-terminated). */
typedef void audit_message_fn(void *arg, uint16_t type, const char *text, size_t len);

/* Reads at most one batch without blocking. Returns how many messages were handed to fn, -EAGAIN if there are none, -ENOBUFS if the
 * kernel dropped some, -EMSGSIZE if one was cut. Messages that do not come from the kernel are ignored. */
int audit_read(struct audit_reader *r, audit_message_fn *fn, void *arg);

/* What AUDIT_GET tells (CAP_AUDIT_CONTROL). Older kernels answer with a shorter struct: `lost` is in all of them. */
struct audit_info {
	uint32_t enabled, failure, rate_limit, backlog_limit, lost;
};

/* A socket for status requests, non-blocking. Returns the descriptor or a negative errno. */
int audit_open_status(struct err *err);
int audit_ask_status(int fd);                            /* 0 or a negative errno */
int audit_read_status(int fd, struct audit_info *ret);   /* 0, -EAGAIN: not answered yet, or a negative errno */

/* Whether `log` is in /proc/sys/kernel/seccomp/actions_logged. 0 or a negative errno. */
int audit_log_is_on(bool *ret);

#endif
