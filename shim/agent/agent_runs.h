/* The containers that are being learnt, and the listeners of their filters. A run begins when a wrapper registers it,
 * before the runtime starts; its first listener is the container's, each further one an exec's. It ends when the kernel
 * has hung all of them up: then no task is under its filter any more. */
#ifndef SNUG_SHIM_AGENT_AGENT_RUNS_H
#define SNUG_SHIM_AGENT_AGENT_RUNS_H

#include "base/err.h"
#include "seccomp/evidence/evidence.h"
#include "shim/recorder/store/store.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define AGENT_RUN_ID_SIZE 33 /* 32 hex digits */

struct agent_run {
	struct agent_run *next;
	char id[AGENT_RUN_ID_SIZE]; /* what the runtime hands on as listenerMetadata; nobody can guess it */
	char *root, *container;     /* owned */
	struct store_key *key;
	uint64_t no;   /* in the evidence */
	int starter;   /* pidfd of the process that becomes the runtime; -1: it has ended */
	unsigned open; /* listeners that are not hung up */
	bool go_on;    /* should the agent die, the container is not to be stopped */
	bool started;  /* a listener came */
	bool execd;    /* the container's init has called execve */
	bool ended;    /* kept for a while: a listener that comes late is still its own */
	uint64_t ended_ms;
};

struct listener {
	struct listener *next;
	struct agent_run *run;          /* NULL: of nobody that is known; it is answered and not recorded */
	struct evidence_counts *counts; /* the short way; NULL: calls go the long way */
	int fd, process; /* process: pidfd of the container's init, or of the exec's process; -1: unknown */
	bool has_init, execd;
	uint32_t init; /* the first process that called */
	bool is_exec;
	uint64_t turn; /* of the event loop, in which it came */
};

struct agent_runs {
	struct store *store; /* borrowed */
	const char *run_dir; /* borrowed */
	struct agent_run *list;
	struct listener *listeners;
	unsigned live;
};

/* What a registration says; strings are borrowed. */
struct agent_run_request {
	const char *id, *root, *key, *runtime, *runtime_id, *kernel;
	const char *shape; /* JSON text or NULL */
	bool go, go_on;
	const char **hot;
	size_t hot_count;
	pid_t pid;
};

/* Begins a run, the first of the list then. Appends the section that its container is to be started with. The starter's
 * pidfd is r->list->starter. */
int agent_runs_begin(struct agent_runs *r, const struct agent_run_request *q, const char *listener_path,
		     uint64_t now_ms, struct buf *out_section, struct err *err);

/* A listener came; fd and process are taken over. metadata: NULL or unknown for one of nobody. NULL if memory is out:
 * then nothing was taken over, and the run is stamped. */
struct listener *agent_runs_add_listener(struct agent_runs *r, const char *metadata, int fd, int process,
					 uint64_t now_ms);

/* It was hung up: closed and freed, and its run ends with its last one. */
void agent_runs_hang_up(struct agent_runs *r, struct listener *l, uint64_t now_ms);

/* Something was lost of it; of NULL, of every live run. */
void agent_runs_stamp(struct agent_runs *r, struct agent_run *run, enum reason reason, uint64_t now_ms);

/* Ends those whose container was never started: the starter is gone and the runtime keeps no state of it. */
void agent_runs_give_up(struct agent_runs *r, uint64_t now_ms);

/* What `RUNTIME --version` prints. */
void agent_runs_name_version(struct agent_runs *r, const char *runtime_id, const char *version, uint64_t now_ms);
bool agent_runs_wants_version(const struct agent_runs *r, const char *runtime_id);

/* Lets go of runs that ended a while ago. */
void agent_runs_sweep(struct agent_runs *r, uint64_t now_ms);

/* Stamps and ends what a former agent left behind. */
void agent_runs_end_orphans(struct agent_runs *r);

/* With the agent nobody watches what is live: it is stamped. */
void agent_runs_done(struct agent_runs *r, uint64_t now_ms);

#endif
