/* The containers that are being recorded, and whose record is whose: by audit session, in O(1). */
#ifndef SNUG_SHIM_RECORDER_RUNS_H
#define SNUG_SHIM_RECORDER_RUNS_H

#include "base/err.h"
#include "base/names.h"
#include "seccomp/syscall/arch.h"
#include "seccomp/evidence/evidence.h"
#include "seccomp/record/record.h"
#include "shim/recorder/attribution/cgroup.h"
#include "shim/recorder/store/live_notes.h"
#include "shim/recorder/store/store.h"
#include "shim/recorder/attribution/unattributed.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum run_state {
	RUN_LIVE,    /* a process of it is being watched, or is being looked for */
	RUN_ENDING,  /* no process was found; a checkpoint and a second look will tell */
	RUN_ENDED,   /* booked as ended; kept for a while, for records that come late */
};

struct run_session {
	struct run_session *hash_next, *next; /* in the table; of the same container */
	struct run *run;
	struct counter_entry *counted;  /* what the kernel counted, as far as it is booked; owned, NULL: nothing */
	struct evidence_counts *counts; /* the short way of its records; NULL: they go the long way */
	uint32_t id;
	bool retired;   /* nobody is in it any more, and its counted calls are booked */
	bool is_exec;   /* joined by exec */
	bool shared;    /* others may be in it: no record is the container's for its sake. by_cgroup of the container follows */
	bool in_table;
	bool has_init;  /* init_pid is known: the first process that showed a record */
	bool execd;     /* and it has called execve: the workload runs */
	bool loose;     /* a process of it may change its audit session (unattributed.h) */
	uint32_t filters; /* seccomp filters of whoever registered it, which all of it inherits; PROC_FILTERS_SOME: how many is not known */
	uint32_t init_pid;
	pid_t pid;      /* that registered it, and when that started: the name of its note (live.h) */
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
	int pidfd;            /* of one live process of it; -1: a look at /proc is due */
	uint64_t checkpoint;  /* while ending: the one that covers its last records */
	uint64_t ended_ms;    /* monotonic */
	char *cgroup;         /* of its first process, as /proc/PID/cgroup says it; NULL: not known */
	char *callers_cgroup; /* of who called the wrapper; NULL: not known */
	bool shared_cgroup;   /* others sit in `cgroup` too: the runtime made none for the container, so that a place in it tells nothing */
	int events;           /* of that group (cgroup.h); -1: there is nothing to ask */
	bool in_cgroup;       /* a look found no process of its sessions, but its group holds one: run_is_over.c asks that again */
	uint64_t blind_ms;    /* since when looks could not see whether it has ended; 0: they can */
	bool by_cgroup;       /* records are told by process and cgroup */
	bool counting;        /* the kernel counts its calls (server/counting.h) */
	uint64_t asked_ms;    /* when its runtime was last asked for its cgroup */
	struct names caller; /* what its caller's own profile allows, or where caller_denies what it refuses */
	bool caller_known, caller_denies;
	uint64_t caller_seen[RUN_SEEN_MAX / 64]; /* native calls that were compared with it already */
};

#define RUNS_BUCKETS 4096
#define RUNS_NO_NR   UINT32_MAX
#define RUNS_ENFORCED_EXECS 64 /* sessions of execs into an enforced container that are known at a time: probes exec for ever */

struct runs {
	struct store *store; /* borrowed */
	const struct live *notes; /* borrowed; NULL: none are kept */
	struct run *list;
	unsigned live;       /* runs that have not ended */
	unsigned by_cgroup;  /* of those in the list */
	unsigned proving;    /* of the live ones those that may turn out complete: barriers are passed for their sake */
	bool odd_runtimes;   /* a runtime was registered that is called neither runc nor crun */
	struct cgroup_mount groups;
	struct unattributed unattributed;
	struct run_session *buckets[RUNS_BUCKETS];
	uint32_t execve_nr[ARCH_COUNT][2]; /* execve, execveat; UINT32_MAX where unknown */
	uint32_t seccomp_nr[ARCH_COUNT], prctl_nr[ARCH_COUNT];
};

void runs_init(struct runs *r, struct store *store);
void runs_done(struct runs *r);

/* What a registration says; strings are borrowed. */
struct run_request {
	enum state_space space;
	enum evidence_mode mode;
	uint32_t session;
	pid_t pid;          /* of the sender, and when that started */
	uint64_t pid_start;
	const char *id, *root, *key, *runtime, *runtime_id, *runtime_version, *baseline, *kernel;
	const char *shape; /* JSON text or NULL */
	const char *callers_cgroup; /* as /proc/PID/cgroup of the sender says it, which the runtime's caller shares; NULL: surely not the container's */
	const struct json_doc *request; /* the message, for what it says of the filter; may be NULL */
	bool go;
	bool handed_over; /* the caller's rules that stay in the filter hand calls to a listener or a tracer */
	bool by_cgroup; /* the session is not the container's own */
	uint32_t filters; /* that the sender is under (proc.h) */
};

/* Begins a run, the first of the list then. -EEXIST if the session is booked already. */
int runs_begin(struct runs *r, const struct run_request *q, uint64_t now_ms, struct err *err);

/* Books an exec's session to its container. -ENOENT if that is not recorded. */
int runs_join(struct runs *r, const struct run_request *q, struct err *err);

/* True if this process has registered this container, or its exec, already. */
bool runs_is_registered(const struct runs *r, const struct run_request *q);

/* Takes up what another recorder watched: false if the entry is of no use any more. The run goes on under its own number, stamped REASON_RECORDER. */
bool runs_take_up(struct runs *r, const struct live_entry *e, uint64_t now_ms);

/* After the last one: runs without an end that were not taken up are over. */
void runs_end_orphans(struct runs *r, uint64_t now_ms);

/* Books one record to whom it belongs, or to nobody (booking.c). The hint may be NULL. */
void runs_record(struct runs *r, const struct record *rec, const struct evidence_hint *hint, uint64_t now_ms);

/* For the next record while another one is booked. Good until anything else is done to the runs than to book records. */
struct evidence_hint runs_foresee(const struct runs *r, const struct record *rec);

/* What waits for a later look is settled: once a second, and at the end of a run, which cannot wait (booking.c). */
void runs_settle_doubts(struct runs *r, uint64_t now_ms);
void runs_end_in_doubt(struct runs *r, struct run *run, uint64_t now_ms);

/* Stamps one, or all that have not ended. */
void runs_stamp(struct runs *r, struct run *run, enum reason reason, uint64_t now_ms);
void runs_stamp_live(struct runs *r, enum reason reason, uint64_t now_ms);

/* Whether a process sits in its group: as cgroup_is_populated() says it, or -ENOENT where that tells nothing of the container. */
int runs_is_populated(const struct runs *r, const struct run *run);

/* Ends one: the last reasons, its end in the evidence, and what proved it. It lingers until runs_sweep. */
void runs_end(struct runs *r, struct run *run, enum evidence_end proof, uint64_t now_ms);

/* The version that a runtime tells of itself: for all runs in memory that lack it. */
void runs_name_version(struct runs *r, const char *runtime_id, const char *version, uint64_t now_ms);

/* Frees those that ended more than linger_ms ago. */
void runs_sweep(struct runs *r, uint64_t now_ms, uint64_t linger_ms);

/* The container's cgroup has become known. */
void runs_know_cgroup(struct runs *r, struct run *run, const char *cgroup);

/* Asks the runtime of a run that is told by cgroup where its first process is, if that is not known yet; at most every few milliseconds. */
void runs_find_cgroup(struct runs *r, struct run *run, uint64_t now_ms);

/* The session that began with the container. */
struct run_session *runs_main_session(const struct run *run);

/* The session's note, anew after one of its facts has changed. */
void runs_note(const struct runs *r, const struct run_session *s);

struct run_session *runs_session(const struct runs *r, uint32_t id); /* NULL if unknown */

#endif
