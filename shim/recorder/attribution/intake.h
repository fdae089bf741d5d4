/* What becomes of one datagram of the audit stream: every message's serial is counted, a seccomp record is the probe's or a container's. Apart from the
 * socket, so that recorded datagrams can be replayed. */
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
	uint32_t own_pid; /* of the recorder itself; 0: none */
	uint64_t now_ms; /* CLOCK_MONOTONIC, set by the caller once a batch */
	/* The newest seccomp records wait for those behind them, so that memory is fetched for some while others are worked on. A ring. */
	struct intake_ahead {
		struct record rec;
		struct evidence_hint hint;
	} ahead[INTAKE_AHEAD];
	unsigned first, count;
};

/* Takes one datagram as it was received, netlink headers and all; its bytes must stay until intake_flush. What cannot be read stamps every live
 * run. */
void intake_datagram(struct intake *in, const void *data, size_t len);

/* Ends a batch: nothing waits any more. To be called before anything else looks at what was taken. */
void intake_flush(struct intake *in);

#endif
