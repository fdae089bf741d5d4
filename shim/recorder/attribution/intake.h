/* Handles the datagrams of the audit stream: counts the serial of every message, and passes a seccomp record on as the probe's or
 * a container's. Separate from the socket, so that recorded datagrams can be replayed. */
#ifndef SNUG_SHIM_RECORDER_INTAKE_H
#define SNUG_SHIM_RECORDER_INTAKE_H

#include "shim/recorder/stream/loss.h"
#include "shim/recorder/stream/probe.h"
#include "shim/recorder/attribution/runs.h"

#include <stddef.h>
#include <stdint.h>

#define INTAKE_AHEAD 4

/* Pointers are borrowed. */
struct intake {
	struct loss *loss;
	struct runs *runs;
	const struct probe *probe;
	uint32_t own_pid; /* the recorder's; 0: none */
	uint64_t now_ms; /* CLOCK_MONOTONIC, set by the caller once a batch */
	/* A ring of the newest seccomp records: they wait, so that memory is fetched for some while others are handled. */
	struct intake_ahead {
		struct record rec;
		struct evidence_hint hint;
	} ahead[INTAKE_AHEAD];
	unsigned first, count;
};

/* Takes one datagram as it was received, with its netlink headers; its bytes must stay until intake_flush. A datagram that cannot
 * be read stamps every live run. */
void intake_datagram(struct intake *in, const void *data, size_t len);

/* Ends a batch: handles all records that wait. Call this before anything else looks at the runs. */
void intake_flush(struct intake *in);

#endif
