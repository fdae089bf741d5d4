/* Every way to lose a record, judged in one place: serials, the probe, the kernel's own count, its rules, actions_logged. The result are reasons that
 * are stamped on all live runs, and checkpoints: "all that was logged before this call has been read, or a reason was stamped". No
 * system calls: kernel.c asks, this decides.
 *
 * Time proves no loss. A writer that was preempted between taking a serial and queueing its record holds that serial back, and a starved node delivers
 * late. Only the stream itself tells: a serial is lost if a probe that was fired after the grace came back without it, a probe if a later one
 * overtook it, or if nothing arrives any more.
 *
 * The kernel's count of lost records can be set to zero (AUDIT_SET with AUDIT_STATUS_LOST, auditctl --reset-lost). It says so in the stream, with the
 * count that it gave up (kernel/audit.c audit_log_config_change()). A count that is lower than it was, there or in an answer, hides losses. */
#ifndef SNUG_SHIM_RECORDER_LOSS_H
#define SNUG_SHIM_RECORDER_LOSS_H

#include "seccomp/evidence/reasons.h"
#include "shim/recorder/stream/audit.h"
#include "shim/recorder/stream/serials.h"

#include <stdbool.h>
#include <stdint.h>

#define LOSS_PROBE_TIMEOUT_MS 4000  /* a probe is lost after so long a time in which nothing at all arrived */
#define LOSS_LIMIT_MS         30000 /* and after so long a time in which the stream never came to it */
#define LOSS_GRACE_MS         500   /* a serial that is missing this long after a higher one came back is looked for by a second probe */
#define LOSS_PROBE_CYCLE      1000000u /* the probe tells its calls apart modulo this */

/* What a checkpoint needs of the world outside. */
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
	uint64_t wanted;  /* newest checkpoint that was asked for */
	uint64_t running; /* the one in flight, 0 for none */
	uint64_t passed;  /* newest one that is over */
	reason_set found; /* what that one found wrong */
	uint64_t passed_ms;
	uint64_t shots;   /* that the probe was asked for, ever */
	/* of the one in flight */
	bool probe_back, info_back, rules_back;
	bool second;      /* a second probe is on its way: what is queued by now is in front of it */
	reason_set bad;
	uint32_t probe_serial;
	uint64_t shot;    /* of its first probe */
	uint64_t started_ms, probe_back_ms, second_ms;
	uint64_t arrivals, progress_ms; /* messages that had arrived when there were last new ones */
};

/* Times are CLOCK_MONOTONIC milliseconds. */
void loss_init(struct loss *l, const struct loss_means *means);

/* Asks for a checkpoint that covers everything up to now; returns its number. It has passed when l->passed is at least that. */
uint64_t loss_checkpoint(struct loss *l, uint64_t now_ms);

/* Stamps every live run, and counts against the checkpoint in flight. */
void loss_stamp(struct loss *l, enum reason reason);

/* What was read: any message's serial, the probe's record, an answer of the kernel's (status: of its reading, as audit_read_answer returns it). */
void loss_see_serial(struct loss *l, uint32_t serial);
void loss_see_probe(struct loss *l, uint32_t seq, uint32_t serial, uint64_t now_ms);
void loss_see_config(struct loss *l, const char *text, size_t len); /* an AUDIT_CONFIG_CHANGE message */
void loss_see_answer(struct loss *l, int status, const struct audit_answer *a);

/* To be called after every batch and at the time loss_deadline gives. */
void loss_step(struct loss *l, uint64_t now_ms);
/* When to call loss_step at the latest, UINT64_MAX for never. */
uint64_t loss_deadline(const struct loss *l);

#endif
