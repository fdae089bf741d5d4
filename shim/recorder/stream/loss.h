/* Every way to lose a record, evaluated in one place: serials, the probe, the kernel's own count, its rules,
 * actions_logged. The results are reasons, stamped on all live runs, and checkpoints: "everything logged before this
 * call has been read, or a reason was stamped". Makes no system calls: kernel.c asks, this decides.
 *
 * Time alone proves no loss. A writer that was preempted between taking a serial and queueing its record holds that
 * serial back, and a starved node delivers late. Only the stream itself proves it: a serial is lost if a probe fired
 * after the grace period came back without it; a probe is lost if a later one overtook it, or if nothing arrives any
 * more. A virtual machine may stand still for longer than the grace while the writer of the missing record waits for
 * the processor. So the grace is counted in small steps: a standstill of any length is one of them.
 *
 * The kernel's count of lost records can be reset (AUDIT_SET with AUDIT_STATUS_LOST, auditctl --reset-lost). The stream
 * then has a message with the old count (kernel/audit.c audit_log_config_change()). A count that went down, there or in
 * an answer, hides losses.
 *
 * actions_logged without `log`, or an exclude rule, can come and go between two checkpoints. While audit is enabled, the stream has a
 * message about it; otherwise nothing tells. */
#ifndef SNUG_SHIM_RECORDER_LOSS_H
#define SNUG_SHIM_RECORDER_LOSS_H

#include "seccomp/evidence/reasons.h"
#include "shim/recorder/stream/audit.h"
#include "shim/recorder/stream/serials.h"

#include <stdbool.h>
#include <stdint.h>

#define LOSS_PROBE_TIMEOUT_MS 4000  /* a probe is lost after nothing at all has arrived for this long */
#define LOSS_LIMIT_MS         30000 /* or if the stream has not reached it after this long */
#define LOSS_GRACE_MS         500   /* if a serial is missing this long after a higher one arrived, a second probe is fired */
#define LOSS_GRACE_STEP_MS    20    /* one step counts no more of the grace than this */
#define LOSS_PROBE_CYCLE      1000000u /* the probe tells its calls apart modulo this */

/* What a checkpoint needs from outside. */
struct loss_means {
	void (*stamp)(void *arg, enum reason reason); /* for every live run */
	int (*fire)(void *arg, uint32_t seq);         /* the probe; 0 or a negative errno */
	int (*ask_rules)(void *arg, uint32_t seq);    /* the kernel; answers go to loss_see_answer */
	int (*ask_status)(void *arg, uint32_t seq);
	bool (*log_is_on)(void *arg);                 /* actions_logged, read now */
	void *arg;
};

struct loss {
	struct loss_means means;
	struct serials serials;
	struct audit_info info; /* of the newest answer */
	bool info_known;
	uint64_t wanted;  /* newest checkpoint requested */
	uint64_t running; /* the one in flight; 0: none */
	uint64_t passed;  /* newest one completed */
	reason_set found; /* what that one found */
	uint64_t passed_ms;
	uint64_t shots;   /* probes fired so far */
	/* of the one in flight */
	bool probe_back, info_back, rules_back;
	bool second;      /* a second probe was fired: everything queued by now comes before it */
	reason_set bad;
	uint32_t probe_serial;
	uint64_t shot;    /* of its first probe */
	uint64_t started_ms, probe_back_ms;
	uint64_t grace_ms, stepped_ms;  /* how much of the grace is over, and up to when it was counted */
	uint64_t arrivals, progress_ms; /* messages that had arrived when there were last new ones */
};

/* Times are CLOCK_MONOTONIC milliseconds. */
void loss_init(struct loss *l, const struct loss_means *means);

/* Requests a checkpoint that covers everything up to now, and returns its number. It has passed once l->passed reaches that. */
uint64_t loss_checkpoint(struct loss *l, uint64_t now_ms);

/* Stamps every live run; the checkpoint in flight will report it, too. */
void loss_stamp(struct loss *l, enum reason reason);

/* What was read: the serial of any message, the probe's record, the kernel's answer (status: what audit_read_answer returned). */
void loss_see_serial(struct loss *l, uint32_t serial);
void loss_see_probe(struct loss *l, uint32_t seq, uint32_t serial, uint64_t now_ms);
void loss_see_config(struct loss *l, const char *text, size_t len); /* an AUDIT_CONFIG_CHANGE message */
void loss_see_answer(struct loss *l, int status, const struct audit_answer *a);

/* Call this after every batch, and at the time that loss_deadline() returns. */
void loss_step(struct loss *l, uint64_t now_ms);
/* The latest time for the next loss_step(); UINT64_MAX: never. */
uint64_t loss_deadline(const struct loss *l);

#endif
