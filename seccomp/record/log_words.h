/* What a line of a log says in words: that something was refused, that SIGSYS killed a process, that records are missing,
 * where a profile is. Pure.
 */
#ifndef SNUG_SECCOMP_LOG_WORDS_H
#define SNUG_SECCOMP_LOG_WORDS_H

#include "seccomp/record/log_text.h"

#include <stdbool.h>
#include <stdint.h>

enum log_sign {
	LOG_SIGN_EPERM,   /* "operation not permitted" */
	LOG_SIGN_ENOSYS,  /* "function not implemented": also the answer of snug's profiles */
	LOG_SIGN_SIGSYS,  /* a process ended by SIGSYS, in any wording: "bad system call", exit status 159, 31/SYS, ANOM_ABEND sig=31 */
	LOG_SIGN_ABORT,   /* a program aborted itself: Go's "SIGABRT: abort" */
	LOG_SIGN_SANDBOX, /* a browser's own filter, which the container's profile does not change */
	LOG_SIGN_THREAD,  /* a thread could not be started, with no word of an errno */
	LOG_SIGN_RUNTIME, /* a runtime could not start a container, whatever the errno */
	LOG_SIGN_COUNT,
};

const char *log_sign_name(enum log_sign s); /* "eperm" "enosys" "sigsys" "abort" "sandbox" "thread" "runtime" */

/* True if the line is a sign of a refusal. */
bool log_words_sign(struct text line, enum log_sign *ret);

/* True for a denial by AppArmor or SELinux. */
bool log_words_lsm(struct text line);

enum log_line_loss {
	LOG_LINE_LOSS_PRINTK,  /* kauditd_printk_skb: N callbacks suppressed */
	LOG_LINE_LOSS_AUDIT,   /* audit_lost=N, audit: ... limit exceeded */
	LOG_LINE_LOSS_JOURNAL, /* journald suppressed or missed N messages */
	LOG_LINE_LOSS_SYSLOG,  /* rsyslog dropped N messages */
	LOG_LINE_LOSS_STREAM,  /* whoever read the kernel's own stream was too slow */
	LOG_LINE_LOSS_COUNT,
};

/* True for a sign that records are missing from the log; *ret_lost is how many, 0 if unknown. */
bool log_words_loss(struct text line, enum log_line_loss *ret, uint64_t *ret_lost);

/* Finds the path of a profile in the line: an absolute one, or the value of localhostProfile:, which is relative to the
 * kubelet's seccomp directory. */
bool log_words_profile(struct text line, struct text *ret);

/* Reads the number after "rax    0x" in a register dump; false if there is none. */
bool log_words_rax(struct text line, uint32_t *ret);

#endif
