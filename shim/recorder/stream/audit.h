/* The kernel's audit messages: the multicast group with every record, and requests for its state. Changes no setting.
 * Sources: include/uapi/linux/audit.h, kernel/audit.c kauditd_send_multicast_skb(), audit_receive_msg(), kernel/auditfilter.c
 * audit_list_rules_send(), audit_filter(). */
#ifndef SNUG_SHIM_RECORDER_AUDIT_H
#define SNUG_SHIM_RECORDER_AUDIT_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AUDIT_BATCH 32 /* datagrams per read */
#define AUDIT_BUFFER (32u << 20) /* bytes of receive buffer; the kernel allocates them only as it fills */

struct audit_reader; /* opaque */

/* Opens the multicast group AUDIT_NLGRP_READLOG with a receive buffer of buffer_size bytes (SO_RCVBUFFORCE; the kernel doubles
 * the figure to cover its own overhead). Returns 0 or a negative errno: -EPERM without CAP_AUDIT_READ in the initial user and
 * network namespaces. The caller closes *ret with audit_close(). */
int audit_open(size_t buffer_size, struct audit_reader **ret, struct err *err);
void audit_close(struct audit_reader *r); /* NULL is allowed */
int audit_fd(const struct audit_reader *r);

/* Reads at most one batch without blocking and passes each datagram to fn. Returns their number; -EAGAIN if there are none;
 * -ENOBUFS if the kernel dropped some; -EMSGSIZE if one was cut. Messages that are not from the kernel are ignored. */
typedef void audit_datagram_fn(void *arg, const void *data, size_t len);
int audit_read(struct audit_reader *r, audit_datagram_fn *fn, void *arg);

/* Calls fn for each audit message of a datagram: its type, and its text (not NUL-terminated). Pure. Returns 0, or -EBADMSG
 * if the lengths are inconsistent: then the rest of the datagram was not passed on. */
typedef void audit_message_fn(void *arg, uint16_t type, const char *text, size_t len);
int audit_each(const void *data, size_t len, audit_message_fn *fn, void *arg);

/* The answer to AUDIT_GET (CAP_AUDIT_CONTROL). Older kernels return a shorter struct; all have `lost`. */
struct audit_info {
	uint32_t enabled, failure, rate_limit, backlog_limit, lost;
	uint32_t auditd_pid;           /* 0: no audit daemon */
	uint32_t backlog_wait_jiffies; /* as in the kernel; UINT32_MAX: older kernel, unknown */
};

/* A socket for requests, non-blocking. Returns the descriptor or a negative errno. */
int audit_open_status(struct err *err);

/* Ask for the status and for the list of rules; the answers contain seq. Return 0 or a negative errno. */
int audit_ask_status(int fd, uint32_t seq);
int audit_ask_rules(int fd, uint32_t seq);

enum audit_answer_kind {
	AUDIT_ANSWER_INFO,      /* the status */
	AUDIT_ANSWER_EXCLUDES,  /* a rule that drops seccomp records, at least of some processes */
	AUDIT_ANSWER_RULES_END, /* all rules were listed */
	AUDIT_ANSWER_OTHER,     /* to be ignored */
};
struct audit_answer {
	enum audit_answer_kind kind;
	uint32_t seq;
	struct audit_info info;
};
int audit_read_answer(int fd, struct audit_answer *ret); /* 0; -EAGAIN: none yet; or a negative errno, which may be the kernel's refusal */

/* The same from one datagram. Pure. */
int audit_parse_answer(const void *data, size_t len, struct audit_answer *ret);

/* Whether `log` is in /proc/sys/kernel/seccomp/actions_logged. 0 or a negative errno. */
int audit_log_is_on(bool *ret);

#endif
