/* Every way to lose a record, judged in one place: serials, the probe, the kernel's own count, its rules, actions_logged. The result are reasons that
 * are stamped on all live runs, and checkpoints: "all that was logged before this call has been read, or a reason was stamped". No
 * system calls: kernel.c asks, this decides. */
#ifndef SNUG_SHIM_RECORDER_LOSS_H
#define SNUG_SHIM_RECORDER_LOSS_H

#include "seccomp/evidence/reasons.h"
#include "shim/recorder/stream/audit.h"
#include "shim/recorder/stream/serials.h"

#include <stdbool.h>
#include <stdint.h>

#define LOSS_PROBE_TIMEOUT_MS 4000 /* a probe that has not come back by then is lost; a flood delays it */
#define LOSS_GRACE_MS         500  /* a serial that is missing this long after a higher one came back is lost */
#define LOSS_PROBE_CYCLE      1000000u /* the probe tells checkpoints apart modulo this */

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
	/* of the one in flight */
	bool probe_back, info_back, rules_back;
	reason_set bad;
	uint32_t probe_serial;
	uint64_t started_ms, probe_back_ms;
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
void loss_see_answer(struct loss *l, int status, const struct audit_answer *a);

/* To be called after every batch and at the time loss_deadline gives. */
void loss_step(struct loss *l, uint64_t now_ms);
/* When to call loss_step at the latest, UINT64_MAX for never. */
uint64_t loss_deadline(const struct loss *l);

#endif
