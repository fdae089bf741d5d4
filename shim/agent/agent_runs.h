/* The containers being learnt, and the listeners of their filters. A run begins when a wrapper registers it, before the
 * runtime starts. Its first listener is the container's unless the runtime says otherwise, each further one an exec's; an exec into a
 * canary is a run of its own. It ends when the container's listener has come and the kernel has hung up all of them: then no task is
 * under its filter any more (seccomp_unotify(2)). */
#ifndef SNUG_SHIM_AGENT_AGENT_RUNS_H
#define SNUG_SHIM_AGENT_AGENT_RUNS_H

#include "base/err.h"
#include "seccomp/evidence/evidence.h"
#include "shim/recorder/store/store.h"

#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define AGENT_RUN_ID_SIZE 33 /* 32 hex digits */

struct agent_run {
	struct agent_run *next;
	char id[AGENT_RUN_ID_SIZE]; /* what the runtime passes on as listenerMetadata; cannot be guessed */
	char *root, *container;     /* owned */
	char *exec_key;             /* owned; of the runs of its execs; NULL: they belong to this one */
	unsigned execs;             /* such runs */
	struct store_key *key;
	uint64_t no;   /* in the evidence */
	int starter;   /* pidfd of the process that becomes the runtime; -1: it has ended */
	unsigned open; /* listeners not hung up yet */
	bool go_on;    /* if the agent dies, do not stop the container */
	bool started;  /* the container's own listener came */
	bool execd;    /* the container's init has called execve */
	bool ended;    /* kept for a while, in case a listener comes late */
	uint64_t ended_ms;
};

struct listener {
	struct listener *next;
	struct agent_run *run;          /* NULL: unknown; its calls are answered and not recorded */
	struct evidence_counts *counts; /* for the fast path (evidence_count()); NULL: none */
	int fd, process; /* process: pidfd of the container's init, or of the exec's process; -1: unknown */
	bool has_init, execd;
	uint32_t init; /* the first process that called */
	struct seccomp_data boundary; /* once execd: that execve */
	bool is_exec;
	enum evidence_phase phase; /* of its calls once execd */
	uint64_t turn; /* of the event loop in which it came */
};

struct agent_runs {
	struct store *store; /* borrowed */
	const char *run_dir; /* borrowed */
	struct agent_run *list;
	struct listener *listeners;
	unsigned live;
};

/* The contents of a registration; strings are borrowed. */
struct agent_run_request {
	enum state_space space;
	const char *id, *root, *key, *runtime, *runtime_id, *kernel;
	const char *exec_key; /* NULL: execs are of this run */
	const char *shape; /* JSON text or NULL */
	bool go, go_on, experiments;
	const char **hot;
	size_t hot_count;
	pid_t pid;
};

/* Begins a run, which becomes the first of the list, and appends the section with which the container must be started. The
 * caller watches r->list->starter, the pidfd of the process that becomes the runtime. */
int agent_runs_begin(struct agent_runs *r, const struct agent_run_request *q, const char *listener_path,
		     uint64_t now_ms, struct buf *out_section, struct err *err);

/* Adds a listener and takes ownership of fd and process. metadata may be NULL or unknown. joins: it is an exec's, even if it is the
 * run's first one (crun loads the container's own filter only when that is started). Returns NULL if out of memory: then the
 * descriptors stay the caller's, and the run is stamped. */
struct listener *agent_runs_add_listener(struct agent_runs *r, const char *metadata, int fd, int process, bool joins,
					 uint64_t now_ms);

/* For an exec's listener: its calls are not the program's, if the runtime says that pid, the process whose filter it is, is not the
 * container's first one, init (0: unknown). */
void agent_runs_tell_exec(struct listener *l, pid_t pid, pid_t init);

/* The listener was hung up: closes and frees it; the run ends with its last one. */
void agent_runs_hang_up(struct agent_runs *r, struct listener *l, uint64_t now_ms);

/* Stamps a run with a reason; with run NULL, every live one. */
void agent_runs_stamp(struct agent_runs *r, struct agent_run *run, enum reason reason, uint64_t now_ms);

/* Ends runs whose container was never started: the starter is gone, and the runtime has no state of it. */
void agent_runs_give_up(struct agent_runs *r, uint64_t now_ms);

/* The output of `RUNTIME --version`, for runs that lack it. */
void agent_runs_name_version(struct agent_runs *r, const char *runtime_id, const char *version, uint64_t now_ms);
bool agent_runs_wants_version(const struct agent_runs *r, const char *runtime_id);

/* Frees runs that ended a while ago. */
void agent_runs_sweep(struct agent_runs *r, uint64_t now_ms);

/* Stamps and ends runs that an earlier agent left behind. */
void agent_runs_end_orphans(struct agent_runs *r);

/* Stamps and ends live runs, which nobody watches after the agent, and frees everything. */
void agent_runs_done(struct agent_runs *r, uint64_t now_ms);

#endif
