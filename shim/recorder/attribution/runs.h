/* The containers that are being recorded. Attributes records to them, in O(1) if a container has an audit session of its own. */
#ifndef SNUG_SHIM_RECORDER_RUNS_H
#define SNUG_SHIM_RECORDER_RUNS_H

#include "base/err.h"
#include "base/names.h"
#include "seccomp/evidence/evidence.h"
#include "seccomp/record/record.h"
#include "seccomp/syscall/arch.h"
#include "shim/recorder/attribution/cgroup.h"
#include "shim/recorder/attribution/denials.h"
#include "shim/recorder/attribution/unattributed.h"
#include "shim/recorder/store/live_notes.h"
#include "shim/recorder/store/store.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum run_state {
	RUN_LIVE,    /* has a process that is watched or looked for */
	RUN_ENDING,  /* no process was found; a checkpoint and a second look will decide */
	RUN_ENDED,   /* its end is in the evidence; kept for a while, for late records */
};

struct run_session {
	struct run_session *hash_next, *next; /* in the table; of the same container */
	struct run *run;
	struct counter_entry *counted;  /* what the kernel counted and the evidence already has; owned, NULL: nothing */
	struct evidence_counts *counts; /* the short path for its records; NULL: they take the long one */
	uint32_t id;
	bool retired;   /* it has no process any more, and its counts were added */
	bool has_process; /* what a look at /proc found, and the barrier since which it has none (0: it may have one): over_execs.h */
	uint64_t over;
	bool is_exec;   /* joined by exec */
	bool terminal;  /* and that exec has a terminal */
	bool shared;    /* others may be in it, so it does not identify the container; the container then has by_cgroup */
	bool in_table;
	bool has_init;  /* init_pid is known: the first process that showed a record */
	bool execd;     /* init_pid has called execve: the workload runs */
	bool loose;     /* a process of it may change its audit session (unattributed.h) */
	uint32_t filters; /* seccomp filters that all its processes inherit from its registrar; PROC_FILTERS_SOME: number unknown */
	uint32_t init_pid;
	pid_t pid;      /* the process that registered it, and its start (clock ticks): the name of its note (live_notes.h) */
	uint64_t start;
};

#define RUN_SEEN_MAX 512

struct run {
	struct run *next;
	char *root, *container; /* owned */
	struct store_key *key;
	uint64_t no; /* in the evidence */
	enum evidence_mode mode;
	enum run_state state;
	struct run_session *sessions;
	int pidfd;            /* of one live process; -1: look at /proc */
	uint64_t checkpoint;  /* while ending: covers its last records */
	uint64_t ended_ms;    /* monotonic */
	char *cgroup;         /* of its first process, as in /proc/PID/cgroup; NULL: not known */
	char *callers_cgroup; /* of the wrapper's caller; NULL: not known */
	bool shared_cgroup;   /* `cgroup` has other processes too, since the runtime made none for the container: it identifies nothing */
	int events;           /* cgroup.events of that group (cgroup.h); -1: cannot be asked */
	bool in_cgroup;       /* a look found no process of its sessions, but its group has one: run_is_over.c asks the group again */
	uint64_t blind_ms;    /* since when looks cannot see whether it has ended; 0: they can */
	bool by_cgroup;       /* records are attributed by process and cgroup */
	uint64_t flood_from;  /* its records at the last look (flood.h) */
	bool flood_told;
	bool counting;        /* the kernel counts its calls (server/counting.h) */
	struct counter_entry *counted_execs; /* what it counted of execs that are over; owned, NULL: nothing */
	uint64_t asked_ms;    /* when we last looked for its cgroup in the runtime's state */
	struct names caller; /* what its caller's own profile allows; with caller_denies, what it refuses */
	bool caller_known, caller_denies;
	uint64_t caller_seen[RUN_SEEN_MAX / 64]; /* native calls that were already compared with it */
};

#define RUNS_BUCKETS 4096
#define RUNS_NO_NR   UINT32_MAX
#define RUNS_ENFORCED_EXECS 64 /* sessions of execs into an enforced container that we remember: probes exec forever */

struct runs {
	struct store *store; /* borrowed */
	const struct live *notes; /* borrowed; NULL: keep none */
	struct run *list;
	unsigned live;       /* runs that have not ended */
	unsigned by_cgroup;  /* of those in the list */
	unsigned proving;    /* live runs that may turn out complete: they need barriers */
	bool odd_runtimes;   /* a runtime with another name than runc or crun was registered */
	struct cgroup_mount groups;
	struct unattributed unattributed;
	struct denials denials;
	struct run_session *buckets[RUNS_BUCKETS];
	uint32_t execve_nr[ARCH_COUNT][2]; /* execve, execveat; UINT32_MAX where unknown */
	uint32_t seccomp_nr[ARCH_COUNT], prctl_nr[ARCH_COUNT];
};

void runs_init(struct runs *r, struct store *store);
void runs_done(struct runs *r);

/* The contents of a registration; strings are borrowed. */
struct run_request {
	enum state_space space;
	enum evidence_mode mode;
	uint32_t session;
	pid_t pid;          /* of the sender; pid_start: clock ticks since boot */
	uint64_t pid_start;
	const char *id, *root, *key, *runtime, *runtime_id, *runtime_version, *baseline, *kernel;
	const char *shape; /* JSON text or NULL */
	const char *callers_cgroup; /* /proc/PID/cgroup of the sender, which is also in its caller's group; NULL: certainly not the container's */
	const struct json_doc *request; /* the message, for what it says about the filter; may be NULL */
	bool go;
	bool terminal; /* an exec with a terminal */
	bool handed_over; /* rules of the caller that stay in the filter hand calls over to a tracer or a listener */
	bool by_cgroup; /* the session is not the container's own */
	uint32_t filters; /* on the sender (proc.h) */
};

/* Begins a run and puts it at the head of the list. Returns 0 or a negative errno; -EEXIST: the session is another container's. */
int runs_begin(struct runs *r, const struct run_request *q, uint64_t now_ms, struct err *err);

/* Adds an exec's session to its container. Returns 0 or a negative errno; -ENOENT: the container is not recorded. */
int runs_join(struct runs *r, const struct run_request *q, struct err *err);

/* Removes the session of an exec that has no process, and its note. Its further records belong to no run. */
void runs_forget_session(struct runs *r, struct run_session *s);

/* True if this process has already registered this container or exec. */
bool runs_is_registered(const struct runs *r, const struct run_request *q);

/* Takes up a run of an earlier recorder. It keeps its number and is stamped REASON_RECORDER. False: the entry is of no use any
 * more. */
bool runs_take_up(struct runs *r, const struct live_entry *e, uint64_t now_ms);

/* Call this after the last one: ends the runs without an end that were not taken up. */
void runs_end_orphans(struct runs *r, uint64_t now_ms);

/* Adds one record to its run, if it can be attributed (attribution.c). The hint may be NULL. */
void runs_record(struct runs *r, const struct record *rec, const struct evidence_hint *hint, uint64_t now_ms);

/* Prepares the next record while another one is handled. Valid until the runs are changed by anything but runs_record. */
struct evidence_hint runs_foresee(const struct runs *r, const struct record *rec);

/* Stamps runs whose unattributed records waited for a later process (attribution.c): all that waited too long, once a second; and
 * those that may be this run's, when it ends. */
void runs_settle_doubts(struct runs *r, uint64_t now_ms);
void runs_end_in_doubt(struct runs *r, struct run *run, uint64_t now_ms);

/* Stamps one run, or all that have not ended. */
void runs_stamp(struct runs *r, struct run *run, enum reason reason, uint64_t now_ms);
void runs_stamp_live(struct runs *r, enum reason reason, uint64_t now_ms);

/* Whether the run's group has a process, as cgroup_is_populated() returns it; -ENOENT if the group says nothing about the
 * container. */
int runs_is_populated(const struct runs *r, const struct run *run);

/* Ends a run: last reasons, the end, and what proved it. It stays in the list until runs_sweep. */
void runs_end(struct runs *r, struct run *run, enum evidence_end proof, uint64_t now_ms);

/* Sets the version that a runtime reports, in all runs in memory that lack it. */
void runs_name_version(struct runs *r, const char *runtime_id, const char *version, uint64_t now_ms);

/* Frees the runs that ended at least linger_ms ago. */
void runs_sweep(struct runs *r, uint64_t now_ms, uint64_t linger_ms);

/* Call this when the container's cgroup has become known. */
void runs_know_cgroup(struct runs *r, struct run *run, const char *cgroup);

/* If the cgroup of a run is not known yet, looks for its first process in the runtime's state; at most every few milliseconds. */
void runs_find_cgroup(struct runs *r, struct run *run, uint64_t now_ms);

/* The session that began with the container. */
struct run_session *runs_main_session(const struct run *run);

/* Whose calls those of the session are once its execve was seen. A session that others share tells nothing: they count as the
 * program's then. */
enum evidence_phase runs_phase_of(const struct run_session *s);

/* Writes the session's note again, after a change. */
void runs_note(const struct runs *r, const struct run_session *s);

struct run_session *runs_session(const struct runs *r, uint32_t id); /* NULL if unknown */

#endif
