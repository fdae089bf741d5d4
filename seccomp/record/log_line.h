/* Reads a log of any size, in any mixture of forms, and tells of each line that speaks of seccomp. Constant memory.
 *
 * A record may stand anywhere in a line: behind the prefix of syslog, dmesg, journalctl or a container runtime, as
 *   type=1326 audit(...): ...                       the kernel's own line
 *   type=SECCOMP msg=audit(...): ...                auditd, raw or enriched (ENRICHED behind code=, with 0x1d or
 * nothing between), ausearch, also with -i SECCOMP auid=...                                journald's own copy, which
 * has no stamp and within JSON strings (journalctl -o json, a container runtime's json-file), colours, CRLF. Who writes
 * to a log can write what looks like a record: what comes from here is good for explaining, never for learning.
 */
#ifndef SNUG_SECCOMP_LOGLINE_H
#define SNUG_SECCOMP_LOGLINE_H

#include "base/cleanup.h"
#include "base/err.h"
#include "seccomp/record/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum logline_kind {
	LOGLINE_RECORD,
	LOGLINE_UNREADABLE, /* a record torn, cut off, or with a field that cannot be */
	LOGLINE_LOST,       /* a sign that records are missing from the log */
	LOGLINE_ERROR,      /* "operation not permitted", "bad system call" or the like in words */
	LOGLINE_LSM,        /* a denial by AppArmor or SELinux */
};

enum logline_loss {
	LOGLINE_LOSS_PRINTK,  /* kauditd_printk_skb: N callbacks suppressed */
	LOGLINE_LOSS_AUDIT,   /* audit_lost=N, audit: ... limit exceeded */
	LOGLINE_LOSS_JOURNAL, /* journald suppressed or missed N messages */
	LOGLINE_LOSS_SYSLOG,  /* rsyslog dropped N messages */
	LOGLINE_LOSS_STREAM,  /* the reader of the kernel's own stream was too slow */
	LOGLINE_LOSS_COUNT,
};

struct logline {
	enum logline_kind kind;
	const char *text; /* what it was found in, without terminal escapes; not safe to print; cut to a few KiB */
	size_t len;
	struct record
		record; /* RECORD; time_ms 0 if there was no stamp. Its strings, like text, live during the call. */
	bool printed;   /* RECORD: the kernel's own line, which its rate limit may have kept from the log */
	enum logline_loss loss;
	uint64_t lost; /* LOST: how many, 0 if it does not tell */
};

typedef void logline_fn(const struct logline *line, void *arg);

struct logline_reader; /* opaque */

/* fn is called for each find, in the order of the text. */
int logline_new(logline_fn *fn, void *arg, struct logline_reader **ret, struct err *err);
void logline_free(struct logline_reader *l); /* NULL is allowed */
DEFINE_CLEANUP(logline, struct logline_reader *, logline_free)
#define cleanup_logline cleanup_with(logline_cleanup)

/* The next bytes of the log. */
void logline_feed(struct logline_reader *l, const char *p, size_t len);

/* Reads the whole lines that have come, without waiting for more. */
void logline_step(struct logline_reader *l);

/* The log ends here: what is left is read as a last line. Another one may follow. */
void logline_end(struct logline_reader *l);

/* Reads fd to its end. Returns 0 or the errno of read(2). */
int logline_read_fd(struct logline_reader *l, int fd, uint64_t *ret_bytes);

#endif
