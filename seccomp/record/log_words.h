/* What a line of a log says in words: that something was refused, that a process died of SIGSYS, that records are missing, where a
 * profile lies. Pure.
 */
#ifndef SNUG_SECCOMP_LOG_WORDS_H
#define SNUG_SECCOMP_LOG_WORDS_H

#include "seccomp/record/log_text.h"

#include <stdbool.h>
#include <stdint.h>

enum log_sign {
	LOG_SIGN_EPERM,   /* "operation not permitted" */
	LOG_SIGN_ENOSYS,  /* "function not implemented": also snug's own answer */
	LOG_SIGN_SIGSYS,  /* a process ended by SIGSYS, in any wording: "bad system call", exit status 159, 31/SYS, ANOM_ABEND sig=31 */
	LOG_SIGN_ABORT,   /* a program aborted itself: Go's "SIGABRT: abort" */
	LOG_SIGN_SANDBOX, /* Chromium's own filter, which no profile of the container's changes */
	LOG_SIGN_RUNTIME, /* a runtime could not start a container, whatever the errno */
	LOG_SIGN_COUNT,
};

const char *log_sign_name(enum log_sign s); /* "eperm" "enosys" "sigsys" "abort" "sandbox" "runtime" */

/* True if the line is a sign of a refusal. */
bool log_words_sign(struct text line, enum log_sign *ret);

/* A denial by AppArmor or SELinux. */
bool log_words_lsm(struct text line);

enum log_line_loss {
	LOG_LINE_LOSS_PRINTK,  /* kauditd_printk_skb: N callbacks suppressed */
	LOG_LINE_LOSS_AUDIT,   /* audit_lost=N, audit: ... limit exceeded */
	LOG_LINE_LOSS_JOURNAL, /* journald suppressed or missed N messages */
	LOG_LINE_LOSS_SYSLOG,  /* rsyslog dropped N messages */
	LOG_LINE_LOSS_STREAM,  /* the reader of the kernel's own stream was too slow */
	LOG_LINE_LOSS_COUNT,
};

/* A sign that records are missing from the log; *ret_lost is how many, 0 if it does not tell. */
bool log_words_loss(struct text line, enum log_line_loss *ret, uint64_t *ret_lost);

/* The path of a profile that the line names: an absolute one, or what stands behind localhostProfile:, which is below the kubelet's
 * seccomp directory. */
bool log_words_profile(struct text line, struct text *ret);

/* The number that stands behind a "rax    0x" of a register dump; false if none does. */
bool log_words_rax(struct text line, uint32_t *ret);

#endif
