/* The recorder as a whole: one event loop over the audit stream, the socket and the processes that are being watched.
 *
 *   audit.c    the kernel's messages               intake.c              what becomes of each
 *   loss.c     what could have been lost (pure)    kernel.c, probe.c     what it asks the kernel;  serials.c  what never arrived
 *   runs.c     whose record it is                  strangers.c           when its session is nobody's
 *   members.c  whether a container's processes still live
 *   store.c    evidence in memory, on disk         server.c              what wrappers and people ask
 */
#ifndef SNUG_SHIM_RECORDER_RECORDER_H
#define SNUG_SHIM_RECORDER_RECORDER_H

#include "base/err.h"
#include "shim/common/config.h"
#include "shim/recorder/audit.h"
#include "shim/recorder/intake.h"
#include "shim/recorder/kernel.h"
#include "shim/recorder/loss.h"
#include "shim/recorder/runs.h"
#include "shim/recorder/server.h"
#include "shim/recorder/store.h"

#include <stdbool.h>
#include <stdint.h>

#define RECORDER_BUFFER    (8u << 20) /* bytes of receive buffer */
#define RECORDER_TICK_MS   1000       /* between barriers while a container is live */
#define RECORDER_LOOK_MS   20         /* between looks at /proc */
#define RECORDER_LINGER_MS 10000      /* how long an ended run waits for late records */
#define RECORDER_IDLE_MS   30000      /* without runs and requests the recorder ends */

struct recorder {
	struct config config;
	struct audit_reader *audit;
	struct kernel kernel;
	struct loss loss;
	struct intake intake;
	struct store store;
	struct runs runs;
	struct server server;
	int epoll_fd, lock_fd, signal_fd;
	char release[128]; /* of the kernel */
	uint64_t last_look_ms, active_ms;
	bool quit;
};

/* Opens everything and passes a first barrier. -EALREADY: another recorder holds the lock. */
int recorder_open(struct recorder *r, struct err *err);

/* Serves until a signal or idleness ends it. */
int recorder_run(struct recorder *r, struct err *err);

/* Stamps what is still live, saves, closes. */
void recorder_close(struct recorder *r);

/* For the server: brings up to date which watched processes have ended; true if every run is settled, that is none is about to end. */
void recorder_notice_ends(struct recorder *r);
bool recorder_is_settled(const struct recorder *r);
int recorder_watch(struct recorder *r, int fd); /* adds to the event loop */
uint64_t recorder_now(void);                    /* CLOCK_MONOTONIC, milliseconds */

#endif
