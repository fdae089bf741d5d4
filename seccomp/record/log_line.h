/* Reads a log of any size, in any mixture of forms, and tells of each line that speaks of seccomp. Constant memory. UTF-16 and UTF-32
 * are read too (seccomp/record/log_encoding.h), and lines of programs that name the call already (seccomp/record/log_tools.h).
 *
 * A record may stand anywhere in a line: behind the prefix of syslog, dmesg, journalctl or a container runtime, as
 *   type=1326 audit(...): ...                       the kernel's own line
 *   type=SECCOMP msg=audit(...): ...                auditd, raw or enriched (ENRICHED behind code=, with 0x1d or
 * nothing between), ausearch, also with -i SECCOMP auid=...                                journald's own copy, which
 * has no stamp and within JSON strings (journalctl -o json, a container runtime's json-file), colours, CRLF. Who writes
 * to a log can write what looks like a record: what comes from here is good for explaining, never for learning.
 */
#ifndef SNUG_SECCOMP_LOG_LINE_H
#define SNUG_SECCOMP_LOG_LINE_H

#include "base/cleanup.h"
#include "base/err.h"
#include "seccomp/record/log_tools.h"
#include "seccomp/record/log_words.h"
#include "seccomp/record/record.h"
#include "seccomp/record/sentence.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_line_kind {
	LOG_LINE_RECORD,
	LOG_LINE_UNREADABLE, /* a record torn, cut off, or with a field that cannot be */
	LOG_LINE_LOST,       /* a sign that records are missing from the log */
	LOG_LINE_ERROR,      /* "operation not permitted", "bad system call" or the like in words, or a runtime's own sentence */
	LOG_LINE_LSM,        /* a denial by AppArmor or SELinux */
	LOG_LINE_PROFILE,    /* the path of a profile; it is the text */
};

struct log_line {
	enum log_line_kind kind;
	const char *text; /* what it was found in, without terminal escapes; not safe to print; cut to a few KiB */
	size_t len;
	struct record
		record; /* RECORD; time_ms 0 if there was no stamp. Its strings, like text, live during the call. */
	bool printed;   /* RECORD: the kernel's own line, which its rate limit may have kept from the log */
	enum log_tool tool; /* RECORD: who wrote the line, where not the kernel */
	uint64_t times;     /* RECORD: how often, as the line tells */
	uint32_t clock;     /* RECORD: the time of day that stands in front, in seconds and from 1 on; 0: none does */
	enum log_sign sign; /* ERROR */
	const struct sentence *sentence; /* ERROR: what it says is known; NULL: it is not */
	enum log_line_loss loss;
	uint64_t lost; /* LOST: how many, 0 if it does not tell */
};

typedef void log_line_fn(const struct log_line *line, void *arg);

struct log_line_reader; /* opaque */

/* fn is called for each find, in the order of the text. */
int log_line_new(log_line_fn *fn, void *arg, struct log_line_reader **ret, struct err *err);
void log_line_free(struct log_line_reader *l); /* NULL is allowed */
DEFINE_CLEANUP(log_line, struct log_line_reader *, log_line_free)
#define cleanup_logline cleanup_with(log_line_cleanup)

/* The next bytes of the log. */
void log_line_feed(struct log_line_reader *l, const char *p, size_t len);

/* Reads the whole lines that have come, without waiting for more. */
void log_line_step(struct log_line_reader *l);

/* The log ends here: what is left is read as a last line. Another one may follow. */
void log_line_end(struct log_line_reader *l);

/* Reads fd to its end. Returns 0 or the errno of read(2). */
int log_line_read_fd(struct log_line_reader *l, int fd, uint64_t *ret_bytes);

#endif
