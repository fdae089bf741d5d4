/* Reads a log of any size, in any mixture of formats, and reports each line about seccomp. Constant memory. Also reads UTF-16
 * and UTF-32 (seccomp/record/log_encoding.h), and lines of programs that name the call (seccomp/record/log_tools.h).
 *
 * A record may be anywhere in a line, after the prefix of syslog, dmesg, journalctl or a container runtime:
 *   type=1326 audit(...): ...          the kernel's own line
 *   type=SECCOMP msg=audit(...): ...   auditd, raw or enriched (ENRICHED after code=, with or without 0x1d between them);
 *                                      ausearch, also with -i
 *   SECCOMP auid=...                   journald's own copy, which has no stamp
 * and it may be in a JSON string (journalctl -o json, a container runtime's json-file), have colours, or end in CRLF.
 * Whoever writes to a log can write what looks like a record: use this for explaining, never for learning.
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
	LOG_LINE_UNREADABLE, /* a record that is cut off or has an impossible field */
	LOG_LINE_LOST,       /* a sign that records are missing from the log */
	LOG_LINE_ERROR,      /* "operation not permitted", "bad system call" or the like, or a runtime's own error message */
	LOG_LINE_LSM,        /* a denial by AppArmor or SELinux */
	LOG_LINE_PROFILE,    /* the path of a profile, which is the text */
};

struct log_line {
	enum log_line_kind kind;
	const char *text; /* the line, without terminal escapes; not safe to print; cut to a few KiB */
	size_t len;
	struct record
		record; /* RECORD; time_ms 0 if there was no stamp. Its strings, like text, live during the call. */
	bool printed;   /* RECORD: the kernel's own line; its rate limit may have suppressed others */
	enum log_tool tool; /* RECORD: the program that wrote the line, if not the kernel */
	uint64_t times;     /* RECORD: how often it happened, according to the line */
	uint32_t clock;     /* RECORD: the time of day before it, in seconds, plus 1; 0: none */
	enum log_sign sign; /* ERROR */
	const struct sentence *sentence; /* ERROR: the known error message in it, or NULL */
	enum log_line_loss loss;
	uint64_t lost; /* LOST: how many; 0: unknown */
};

typedef void log_line_fn(const struct log_line *line, void *arg);

struct log_line_reader; /* opaque */

/* fn is called for each line found, in order. Returns 0 or -ENOMEM. */
int log_line_new(log_line_fn *fn, void *arg, struct log_line_reader **ret, struct err *err);
void log_line_free(struct log_line_reader *l); /* NULL is allowed */
DEFINE_CLEANUP(log_line, struct log_line_reader *, log_line_free)
#define cleanup_logline cleanup_with(log_line_cleanup)

/* Adds the next bytes of the log. */
void log_line_feed(struct log_line_reader *l, const char *p, size_t len);

/* Reads the complete lines so far, without waiting for more. */
void log_line_step(struct log_line_reader *l);

/* Ends the log: the rest is read as the last line. Another log may follow. */
void log_line_end(struct log_line_reader *l);

/* Reads fd to its end. Returns 0 or a negative errno of read(2). */
int log_line_read_fd(struct log_line_reader *l, int fd, uint64_t *ret_bytes);

#endif
