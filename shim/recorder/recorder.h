/* The recorder as a whole: one event loop over the audit stream, the socket and the processes that are being watched.
 *
 *   audit.c    the kernel's messages               intake.c              what becomes of each
 *   loss.c     what could have been lost (pure)    kernel.c, probe.c     what it asks the kernel;  serials.c  what never arrived
 *   runs.c     the containers that are recorded    booking.c             whose a record is;  strangers.c, state_file.c  if its session does not tell
 *   ends.c     when a run is over                  members.c, proc.c     whether a container's processes still live
 *   live.c     notes for a recorder after this one
 *   store.c    evidence in memory                  saver.c               evidence to disk, in a thread of its own
 *   server.c   what wrappers and people ask        registration.c        a wrapper's container
 */
#ifndef SNUG_SHIM_RECORDER_RECORDER_H
#define SNUG_SHIM_RECORDER_RECORDER_H

#include "base/err.h"
#include "shim/common/config.h"
#include "shim/recorder/stream/audit.h"
#include "shim/recorder/attribution/intake.h"
#include "shim/recorder/stream/kernel.h"
#include "shim/recorder/store/live_notes.h"
#include "shim/recorder/stream/loss.h"
#include "shim/recorder/attribution/runs.h"
#include "shim/recorder/server/server.h"
#include "shim/recorder/store/store.h"

#include <stdbool.h>
#include <stdint.h>

#define RECORDER_BUFFER    (32u << 20) /* bytes of receive buffer; the kernel takes them only as they fill */
#define RECORDER_TICK_MS   1000       /* between barriers while a container is live */
#define RECORDER_LOOK_MS   20         /* between looks at /proc, and at least RECORDER_LOOK_COST times what one takes */
#define RECORDER_LOOK_COST 10
#define RECORDER_LINGER_MS 10000      /* how long an ended run waits for late records */
#define RECORDER_IDLE_MS   30000      /* without runs and requests the recorder ends */

struct recorder {
	struct config config;
	size_t receive_buffer; /* bytes; 0: RECORDER_BUFFER */
	int inherited_fd;      /* a listening socket of the service manager's, -1 for none; taken over */
	struct audit_reader *audit;
	struct kernel kernel;
	struct loss loss;
	struct intake intake;
	struct saver *saver;
	struct store store;
	struct live notes;
	struct runs runs;
	struct server server;
	int epoll_fd, lock_fd, signal_fd;
	char release[128]; /* of the kernel */
	struct run **watched; /* by descriptor of the process that is watched; watched_size of them */
	int watched_size;
	uint64_t last_look_ms, look_interval_ms, asked_ms, stepped_ms, ticked_ms, active_ms;
	bool step_owed; /* one was skipped in the millisecond stepped_ms */
	unsigned liveness_seen; /* by looks, ever */
	bool quit, warned, blind;
};

/* Opens everything and passes a first barrier. -EALREADY: another recorder holds the lock. */
int recorder_open(struct recorder *r, struct err *err);

/* Serves until a signal or idleness ends it. */
int recorder_run(struct recorder *r, struct err *err);

/* Stamps what is still live, saves, closes. */
void recorder_close(struct recorder *r);

/* Reads what there is of the audit stream, up to some thousand records. */
void recorder_read(struct recorder *r);

int recorder_watch(struct recorder *r, int fd); /* adds to the event loop */
uint64_t recorder_now(void);                    /* CLOCK_MONOTONIC, milliseconds */

#endif
