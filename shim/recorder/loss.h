/* Every way to lose a record, watched in one place: serials, the probe, the kernel's own count, actions_logged. Its result are reasons that are
 * stamped on all live runs, and checkpoints: "all that was logged before this call has been read, or a reason was stamped". */
#ifndef SNUG_SHIM_RECORDER_LOSS_H
#define SNUG_SHIM_RECORDER_LOSS_H

#include "base/err.h"
#include "seccomp/reasons.h"
#include "seccomp/record.h"
#include "shim/recorder/audit.h"
#include "shim/recorder/probe.h"
#include "shim/recorder/serials.h"

#include <stdbool.h>
#include <stdint.h>

#define LOSS_PROBE_TIMEOUT_MS 4000 /* a probe that has not come back by then is lost; a flood delays it */
#define LOSS_GRACE_MS         500  /* a serial that is missing this long after a higher one came back is lost */

struct loss_events {
	void (*stamp)(void *arg, enum reason reason); /* for every live run */
	void *arg;
};

struct loss {
	struct loss_events events;
	struct serials serials;
	struct probe probe;
	int status_fd;
	struct audit_info info; /* of the newest answer */
	bool info_known;
	uint64_t wanted;  /* newest checkpoint that was asked for */
	uint64_t running; /* the one in flight, 0 for none */
	uint64_t passed;  /* newest one that is over */
	reason_set found; /* what that one found wrong */
	uint64_t passed_ms;
	/* of the one in flight */
	bool probe_back, status_back;
	reason_set bad;
	uint32_t probe_serial;
	uint64_t started_ms, probe_back_ms;
};

/* Times are CLOCK_MONOTONIC milliseconds. */
int loss_start(struct loss *l, const struct loss_events *events, struct err *err);
void loss_stop(struct loss *l);

/* Asks for a checkpoint that covers everything up to now; returns its number. It has passed when l->passed is at least that. */
uint64_t loss_checkpoint(struct loss *l, uint64_t now_ms);

/* What the reader saw: any message's serial, a probe's record (true: it was one), trouble in the stream. */
void loss_see_serial(struct loss *l, uint32_t serial);
bool loss_see_record(struct loss *l, const struct record *r, uint64_t now_ms);
void loss_see_status(struct loss *l); /* status_fd is readable */

/* To be called after every batch and at the time loss_deadline gives. */
void loss_step(struct loss *l, uint64_t now_ms);
/* When to call loss_step at the latest, UINT64_MAX for never. */
uint64_t loss_deadline(const struct loss *l);

#endif
