/* Why a run is not complete: one table of codes, sentences and fixes. */
#ifndef SNUG_SECCOMP_REASONS_H
#define SNUG_SECCOMP_REASONS_H

#include <stdint.h>

/* X(ENUM, "code", "what happened", "fix"). Codes are a contract: evidence files hold them. */
#define REASONS(X)                                                                                                             \
	X(RUNNING, "running", "the container still runs", "end it, or wait until it has done all that it does")               \
	X(SERIAL_GAP, "serial-gap", "the kernel numbered audit records that never arrived",                                    \
	  "learn again; look for an audit rate limit (auditctl -s)")                                                           \
	X(OVERRUN, "overrun", "the recorder's receive buffer overflowed (ENOBUFS)", "learn again with less load on the node") \
	X(KERNEL_LOST, "kernel-lost", "the kernel's count of lost audit records rose",                                         \
	  "raise backlog_limit or the rate limit (auditctl -b, -r), learn again")                                              \
	X(LOG_OFF, "log-off", "`log` was missing from kernel.seccomp.actions_logged",                                          \
	  "sysctl -w kernel.seccomp.actions_logged='kill_process kill_thread trap errno user_notif trace log'")               \
	X(EXCLUDED, "exclude-rule", "an audit exclude rule may have dropped records of the container",                         \
	  "run `auditctl -l`, remove the exclude rule or limit it to other types by msgtype, learn again")                    \
	X(BARRIER, "barrier", "a probe record did not come back through the audit stream",                                     \
	  "look for load on the node that holds audit records back; learn again")                                                        \
	X(RECORDER, "recorder", "the recorder was not there for all of the run", "learn again")                               \
	X(FILTER_NOT_SEEN, "filter-not-seen", "no execve of the container's init was seen, so the filter was never loaded", \
	  "look at the runtime's own error; a runtime without seccomp support cannot be learnt")                               \
	X(END_NOT_SEEN, "end-not-seen", "whether all of the container's processes had ended could not be seen", \
	  "let snugd see all of /proc (hidepid, a security module, CAP_SYS_PTRACE); learn again")                              \
	X(OWN_FILTER, "own-filter", "the workload may have loaded a seccomp filter of its own, which can hide calls",          \
	  "learn with that feature of the program switched off, or review by hand")                                           \
	X(INHERITED_FILTER, "inherited-filter", "its caller ran under a seccomp filter, which the container inherits and which can hide calls", \
	  "start it from a process under none (Seccomp: 0 in /proc/PID/status), or review by hand")                         \
	X(HANDED_OVER, "handed-over", "the caller's profile hands calls to a listener or a tracer, and the kernel logs none of them", \
	  "learn without its SCMP_ACT_NOTIFY and SCMP_ACT_TRACE rules, or review by hand: the approved profile refuses such calls") \
	X(SESSION_CHANGED, "session-changed", "a process of the container may have left its audit session (CAP_AUDIT_CONTROL)", \
	  "learn without CAP_AUDIT_CONTROL, and exec into the container through snug")                                     \
	X(ATTRIBUTION, "attribution", "a call was logged that may be the container's: without an audit session of its own it could not be told", \
	  "learn with `session: on`, on a node that lets the wrapper begin a session; else review by hand")                  \
	X(LATE_RECORD, "late-record", "records came after the container had ended", "learn again")                           \
	X(BAD_RECORD, "bad-record", "an audit record could not be read", "report the record; learn again")                   \
	X(UNKNOWN_ARCH, "unknown-arch", "a call was made on an architecture that snug does not know", "report it")           \
	X(OVERFLOW, "overflow", "more distinct calls than the evidence holds", "the container probes random numbers: review") \
	X(MERGED, "merged", "evidence that was merged into this was itself not complete",                                     \
	  "`snug show` that evidence, fix it there, and merge again")                                                         \
	X(QUIETED, "quieted", "calls were let pass unlogged that the evidence does not hold: it was deleted, replaced or changed",    \
	  "learn again")                                                                                                       \
	X(NOT_LEARNING, "not-learning", "the run was enforced or audited, which proves nothing about the calls it makes",    \
	  "learn it")

enum reason {
#define X(e, code, what, fix) REASON_##e,
	REASONS(X)
#undef X
		REASON_COUNT
};

_Static_assert(REASON_COUNT <= 32, "a set of reasons is a uint32_t");

typedef uint32_t reason_set; /* bit REASON_x */
#define REASON_BIT(e) ((reason_set)1 << REASON_##e)

const char *reason_code(enum reason r);
const char *reason_what(enum reason r);
const char *reason_fix(enum reason r);
int reason_by_code(const char *code, enum reason *ret); /* 0 or -ENOENT */

#endif
