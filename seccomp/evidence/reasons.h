/* Why a run is not complete: one table of codes, sentences and fixes. */
#ifndef SNUG_SECCOMP_REASONS_H
#define SNUG_SECCOMP_REASONS_H

#include <stdint.h>

/* X(ENUM, "code", "what happened", "fix"). Codes are a contract: evidence files hold them. */
#define REASONS(X)                                                                                                             \
	X(RUNNING, "running", "the container is still running", "stop it once it has done everything that it does")               \
	X(SERIAL_GAP, "serial-gap", "audit records are missing: there is a gap in their serial numbers",                                    \
	  "check for an audit rate limit (auditctl -s), then learn again")                                                           \
	X(OVERRUN, "overrun", "the recorder's receive buffer overflowed (ENOBUFS)", "learn again with less load on the node") \
	X(KERNEL_LOST, "kernel-lost", "the kernel lost audit records (its count of lost records rose)",                                         \
	  "raise the backlog or rate limit (auditctl -b, -r), then learn again")                                              \
	X(LOG_OFF, "log-off", "`log` was missing from kernel.seccomp.actions_logged",                                          \
	  "sysctl -w kernel.seccomp.actions_logged='kill_process kill_thread trap errno user_notif trace log'")               \
	X(EXCLUDED, "exclude-rule", "an audit exclude rule may have dropped records of the container",                         \
	  "remove the exclude rule (auditctl -l) or restrict it to other message types, then learn again")                    \
	X(BARRIER, "barrier", "a probe record did not come back through the audit stream",                                     \
	  "find what delays audit records on the node (load), then learn again")                                                        \
	X(RECORDER, "recorder", "the recorder was not running for the whole run", "learn again")                               \
	X(COUNTER, "counter", "the kernel's counter of common calls was not there for the whole run", "learn again") \
	X(FILTER_NOT_SEEN, "filter-not-seen", "no execve of the container's init was seen, so the filter was never loaded", \
	  "check the runtime's error message; snug cannot learn with a runtime without seccomp support")                               \
	X(END_NOT_SEEN, "end-not-seen", "snug could not see whether all processes of the container had ended", \
	  "let snugd see all of /proc (hidepid, a security module, CAP_SYS_PTRACE), then learn again")                              \
	X(OWN_FILTER, "own-filter", "the program may have loaded its own seccomp filter, which can hide calls",          \
	  "switch that feature of the program off and learn again, or review by hand")                                           \
	X(INHERITED_FILTER, "inherited-filter", "its caller ran under a seccomp filter, which the container inherits and which can hide calls", \
	  "start it from a process under none (Seccomp: 0 in /proc/PID/status), or review by hand")                         \
	X(OWN_LISTENER, "own-listener", "the workload asked for a seccomp listener of its own, and the kernel allows one alone: the agent has it", \
	  "learn it by the audit source (\"source\": \"audit\", as root), or review by hand")                                \
	X(UNANSWERED, "unanswered", "snug-agent could not take or answer a call of the container, so the container did not do as it would have",  \
	  "learn again; look for a limit on descriptors or memory")                                                         \
	X(HANDED_OVER, "handed-over", "the caller's profile hands calls to a listener or tracer, and the kernel does not log those", \
	  "learn without its SCMP_ACT_NOTIFY and SCMP_ACT_TRACE rules, or review by hand: the approved profile refuses those calls") \
	X(SESSION_CHANGED, "session-changed", "a process of the container may have left its audit session (CAP_AUDIT_CONTROL)", \
	  "drop CAP_AUDIT_CONTROL, and exec into the container only through snug")                                     \
	X(ATTRIBUTION, "attribution", "a logged call may be the container's, but without an audit session of its own snug cannot tell", \
	  "learn with `session: on` on a node where the wrapper can begin a session, or review by hand")                  \
	X(LATE_RECORD, "late-record", "records arrived after the container had ended", "learn again")                           \
	X(BAD_RECORD, "bad-record", "an audit record could not be read", "report the record, and learn again")                   \
	X(UNKNOWN_ARCH, "unknown-arch", "a process made calls by an architecture that snug does not know", "report it")           \
	X(OVERFLOW, "overflow", "too many different calls for the evidence", "the container seems to probe random call numbers: review it") \
	X(MERGED, "merged", "evidence merged into this one was not complete",                                     \
	  "run `snug show` on that evidence, fix it there and merge again")                                                         \
	X(QUIETED, "quieted", "calls passed unlogged that are not in the evidence: it was deleted, replaced or changed",    \
	  "learn again")                                                                                                       \
	X(NOT_LEARNING, "not-learning", "an enforced or audited run says nothing about the calls that the program needs",    \
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
