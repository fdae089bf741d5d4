/* The recorder's state, which the event loop owns and requests, registrations and the ends of runs act on. */
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

#define RECORDER_TICK_MS   1000       /* between barriers while a container is live */
#define RECORDER_LOOK_MS   20         /* between looks at /proc, and at least RECORDER_LOOK_COST times what one takes */
#define RECORDER_LOOK_COST 10
#define RECORDER_LINGER_MS 10000      /* how long an ended run waits for late records */
#define RECORDER_IDLE_MS   30000      /* without runs and requests the recorder ends */

struct recorder {
	struct config config;
	size_t receive_buffer; /* bytes; 0: AUDIT_BUFFER */
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
	struct counter *counter; /* NULL: calls cannot be counted here, and counter_why says why */
	struct err counter_why;
	bool counter_failed;     /* it was taken away while it counted */
	int epoll_fd, lock_fd, signal_fd;
	char release[128]; /* of the kernel */
	struct run **watched; /* by descriptor of the process that is watched; watched_size of them */
	int watched_size;
	uint64_t last_look_ms, look_interval_ms, asked_ms, stepped_ms, ticked_ms, active_ms;
	bool step_owed; /* one was skipped in the millisecond stepped_ms */
	unsigned liveness_seen; /* by looks, ever */
	bool quit, warned, blind;
};

/* Reads what there is of the audit stream, up to some thousand records. */
void recorder_read(struct recorder *r);

int recorder_watch(struct recorder *r, int fd); /* adds to the event loop */

/* What a runtime said of its version; NULL if it was not heard yet. */
const char *recorder_runtime_version(const struct server *s, const char *runtime_id);

#endif
