/* The recorder's state. The event loop owns it; requests, registrations and the ends of runs act on it. */
#ifndef SNUG_SHIM_RECORDER_SERVER_RECORDER_H
#define SNUG_SHIM_RECORDER_SERVER_RECORDER_H

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

#define RECORDER_TICK_MS   1000       /* between barriers while a live run needs them */
#define RECORDER_LOOK_MS   20         /* between looks at /proc; at least RECORDER_LOOK_COST times the duration of one */
#define RECORDER_LOOK_COST 10
#define RECORDER_LINGER_MS 10000      /* how long an ended run waits for late records */
#define RECORDER_IDLE_MS   30000      /* the recorder ends after this long without runs and requests */

struct recorder {
	struct config config;
	size_t receive_buffer; /* bytes; 0: AUDIT_BUFFER */
	int inherited_fd;      /* a listening socket of the service manager, which the server takes over; -1: none */
	struct audit_reader *audit;
	struct kernel kernel;
	struct loss loss;
	struct intake intake;
	struct saver *saver;
	struct store store;
	struct live notes;
	struct runs runs;
	struct server server;
	struct counter *counter; /* NULL: calls cannot be counted here; counter_why has the reason */
	struct err counter_why;
	bool counter_failed;     /* the program was detached while it counted */
	int epoll_fd, lock_fd, signal_fd;
	char release[128]; /* of the kernel */
	struct run **watched; /* by pidfd; watched_size entries */
	int watched_size;
	uint64_t last_look_ms, look_interval_ms, asked_ms, stepped_ms, ticked_ms, active_ms, execs_looked_ms;
	bool step_owed; /* a step was skipped in the millisecond stepped_ms */
	unsigned liveness_seen; /* processes, by all looks so far */
	bool quit, warned, blind;
};

/* Reads the audit stream until it is empty, but at most some thousand records. */
void recorder_read(struct recorder *r);

int recorder_watch(struct recorder *r, int fd); /* adds it to the event loop; 0 or a negative errno */

/* The version that a runtime reported; NULL: not known yet. The server owns it. */
const char *recorder_runtime_version(const struct server *s, const char *runtime_id);

#endif
