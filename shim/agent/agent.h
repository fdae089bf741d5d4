/* The agent's state. */
#ifndef SNUG_SHIM_AGENT_AGENT_H
#define SNUG_SHIM_AGENT_AGENT_H

#include "base/err.h"
#include "shim/agent/agent_runs.h"
#include "shim/agent/book.h"
#include "shim/agent/handover.h"
#include "shim/agent/keeper.h"
#include "shim/agent/unotify.h"
#include "shim/common/config.h"
#include "shim/recorder/store/saver.h"
#include "shim/recorder/store/store.h"

#include <stdbool.h>
#include <stdint.h>

#define AGENT_IDLE_MS     30000 /* without runs and clients, the agent exits */
#define AGENT_TICK_MS     500
#define AGENT_CLIENTS_MAX 256
#define AGENT_SILENT_MS   20000 /* a client that is silent for this long is dropped */

struct agent_client {
	struct agent_client *next;
	int fd;
	pid_t pid;
	uint64_t heard_ms;
	bool gone;
	bool waiting;  /* until everything called before is in the files */
	bool marked;
	uint64_t mark; /* of the store */
};

struct agent {
	struct config config;
	int epoll_fd, lock_fd, signal_fd, server_fd;
	char *server_path; /* owned */
	char release[65];  /* of the kernel */
	struct unotify kernel;
	struct keeper *keeper;
	struct saver *saver;
	struct store store;
	struct agent_runs runs;
	struct book book;
	struct handover handover;
	struct agent_client *clients;
	unsigned client_count;
	char *text; /* one message */
	uint64_t active_ms, ticked_ms, turn;
	bool quiet; /* the loop's last look found nothing to receive */
	bool quit;
};

#define AGENT_INIT                                                                                                     \
	{                                                                                                              \
		.epoll_fd = -1, .lock_fd = -1, .signal_fd = -1, .server_fd = -1, .handover = {.fd = -1 }               \
	}

/* Adds a descriptor to the event loop, which finds by its number what to do with it. Returns 0 or a negative errno. */
int agent_watch(struct agent *a, int fd);

#endif
