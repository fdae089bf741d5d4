/* Evidence: what the kernel has shown of one key's containers, and what is known of each run. A file of versioned JSON:
 *
 *   { "version": 1, "key": "web",
 *     "shape": {...},                              process shape of the newest learning run, absent before one
 *     "runs_dropped": 0,                           older runs that the list no longer holds
 *     "runs": [ { "id": "web-1", "root": "/run/runc", "container": "web-1", "runtime": "/usr/sbin/runc",
 *                 "runtime_id": "runc-...", "runtime_version": "runc version 1.1.5 ...", "go": true, "kernel": "6.1.0",
 *                 "mode": "learn", "baseline": "drop", "attribution": "session", "note": "...",
 *                 "end_proof": "cgroup",
 *                 "started": RFC3339, "ended": RFC3339 or null, "records": 123,
 *                 "complete": true, "complete_for": ["x86_64"], "reasons": [], "new": 5, "opened": ["mkdir"], "opened_more": true,
 *                 "blind": ["socket:0:..."],
 *                 "quiet": { "upto": 40, "digest": "0123456789abcdef", "count": 35, "forms": ["clone:0:0x7e020000:0x0"],
 *                            "assumed": ["read"], "confirming": ["write"], "counted": true } } ... ],
 *                                                                     in the order in which they began
 *     "syscalls": [ { "arch": "x86_64", "nr": 59, "name": "execve", "phase": "runtime", "count": 1, "runs": 1,
 *                     "first": RFC3339, "last": RFC3339, "comm": [...], "exe": [...], "more": true,
 *                     "denied": 0, "audited": 0, "learnt": 7 } ... ],
 *     "since": RFC3339,                            start of the first learning run
 *     "blind": ["socket:0:..."],                   as of a run, for those that are no longer listed; a file without it is of an older snug
 *     "passed": ["prctl:0:..."], "taken": ["read"],  the same of "forms" and "assumed"; absent where empty
 *     "arguments": [ { "form": "clone:0:0x7e020000:0x0", "known": "narrow", "runs": 2 } ... ],
 *     "assumed": [ { "name": "read", "known": "assumed" } ... ] }      what follows from the runs, except "wide"; members
 *                                                                      "settled" and "verdict", which snug adds, are not read
 *
 * One entry per (arch, nr, phase). count: times the call was seen used while learning; audited: times it was logged by
 * an audit run (outside the approved profile, not learnt); denied: times it was refused or killed; runs: those that
 * showed it in any of these ways. comm and exe are safe text (base/text.h), at most EVIDENCE_WHO_MAX each, and
 * EVIDENCE_NAMES_MAX of the key; "more" is there where there were others. "id" equals "container". nr carries bit 30 for x32; the name is for people, the number
 * counts. attribution: how records were told to be the run's, by audit session (also where the member is absent) or by cgroup; listener: there were no
 * records, the calls were notified to snug-agent, which saw their arguments.
 * complete_for: of a complete run the ABIs of its calls; complete says nothing of any other, for what a filter lets pass it lets pass on every ABI (a file
 * of an older snug lacks it).
 * end_proof: how it was seen that no process of it lived any more: its cgroup holds none (cgroup), a look at all processes found none (processes), or the kernel
 * closed every listener of its filter (listeners); absent
 * where it was not seen. note: absent where there is nothing to say, as that older evidence was damaged and set aside. "quiet", where a run's filter
 * let known calls pass unlogged: seccomp/evidence/unlogged_proof.h; counts of such calls are lower bounds from then on. "new": calls of
 * the workload or a hook that this run was the first to show, and arguments. "opened": calls that this run made and that its caller's own profile
 * would have refused, at most EVIDENCE_OPENED_MAX.
 */
#ifndef SNUG_SECCOMP_EVIDENCE_H
#define SNUG_SECCOMP_EVIDENCE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/json/json.h"
#include "base/names.h"
#include "seccomp/syscall/arch.h"
#include "seccomp/evidence/reasons.h"
#include "seccomp/record/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EVIDENCE_VERSION    1
#define EVIDENCE_WHO_MAX    8    /* comms, and exes, per call */
#define EVIDENCE_NAMES_MAX  255  /* distinct comms and exes per key; further ones are not kept */
#define EVIDENCE_CALLS_MAX  4096 /* (arch, nr, phase) entries per key; more stamp the run REASON_OVERFLOW */
#define EVIDENCE_DENIED_MAX 2048 /* of them; a call that was never seen used makes no entry beyond these */
#define EVIDENCE_RUNS_MAX   1000 /* kept runs per key: the newest, live ones never dropped */
#define EVIDENCE_ENFORCED_MAX 100 /* of them, of ended enforced runs */
#define EVIDENCE_OPENED_MAX 64   /* names per run */
#define EVIDENCE_SIZE_MAX   (64u << 20)

enum evidence_mode { EVIDENCE_LEARN, EVIDENCE_AUDIT, EVIDENCE_ENFORCE };
enum evidence_phase {
	EVIDENCE_RUNTIME,  /* the runtime's own init, up to and including its execve */
	EVIDENCE_HOOK,     /* other processes before that execve: startContainer hooks */
	EVIDENCE_WORKLOAD, /* everything after it */
};
enum evidence_attribution { EVIDENCE_BY_SESSION, EVIDENCE_BY_CGROUP, EVIDENCE_BY_LISTENER };
enum evidence_end { EVIDENCE_END_UNSEEN, EVIDENCE_END_PROCESSES, EVIDENCE_END_CGROUP, EVIDENCE_END_LISTENERS };
enum evidence_use { EVIDENCE_USED, EVIDENCE_AUDITED, EVIDENCE_DENIED };

const char *evidence_mode_name(enum evidence_mode m);   /* "learn" "audit" "enforce" */
const char *evidence_attribution_name(enum evidence_attribution a); /* "session" "cgroup" "listener" */
const char *evidence_end_name(enum evidence_end e); /* "" "processes" "cgroup" "listeners" */
const char *evidence_phase_name(enum evidence_phase p); /* "runtime" "hook" "workload" */
int evidence_mode_by_name(const char *name, enum evidence_mode *ret);
int evidence_attribution_by_name(const char *name, enum evidence_attribution *ret);
int evidence_end_by_name(const char *name, enum evidence_end *ret);
int evidence_phase_by_name(const char *name, enum evidence_phase *ret);

/* What a run's filter let pass unlogged (seccomp/evidence/unlogged_proof.h). */
struct evidence_unlogged {
	bool on;
	uint64_t upto;   /* calls whose `learnt` is at most this */
	uint64_t digest; /* of those */
	uint64_t count;  /* how many names that were, for people */
	uint64_t forms;  /* only in their harmless form: bits of the argument table; a form of a call that is not known yet passes unseen */
	uint64_t blind;  /* calls of the table that the run used, or may have used, in a form that nobody knows */
	bool counted;    /* the kernel counted every call that it let pass, on every ABI (shim/recorder/counter): none was unseen */
	struct names assumed;    /* beyond them: of the hot set, not yet seen */
	struct names confirming; /* assumed by earlier runs, logged in this one */
};

/* One run. Strings are owned by the evidence, "" where unknown. */
struct evidence_run {
	uint64_t no; /* unique within this object, 1...; runs are found by it */
	char *container, *root, *runtime, *runtime_id, *runtime_version, *kernel, *baseline;
	char *note; /* for people */
	bool go;
	enum evidence_attribution attribution;
	enum evidence_end end;
	enum evidence_mode mode;
	uint64_t started_ms, ended_ms; /* 0: not ended */
	uint64_t records;
	reason_set reasons; /* empty: complete */
	uint32_t arches;    /* ABIs on which it was seen to call: bits of enum arch_id */
	uint64_t fresh;     /* calls that it was the first to show, and those that it showed beyond their harmless form */
	struct evidence_unlogged unlogged;
	struct names opened; /* at most EVIDENCE_OPENED_MAX */
	bool opened_more;
	/* live state, not in the file: which calls this run has shown, for `runs` of a call */
	uint8_t *seen;
	size_t seen_len;
	struct evidence_counts *counts; /* see evidence_count */
};

struct evidence_call {
	const struct arch *arch;
	uint32_t nr;
	enum evidence_phase phase;
	uint64_t count, runs, audited, denied;
	uint64_t first_ms, last_ms;
	uint8_t comm[EVIDENCE_WHO_MAX], exe[EVIDENCE_WHO_MAX]; /* numbers of texts, 0 behind the last: see evidence_comm */
	uint32_t last_who; /* hash of the newest comm and exe: the fast path of evidence_add; not in the file */
	uint16_t index;    /* its bit in a run's `seen`; not in the file */
	uint16_t learnt;   /* of the workload's: 1..., in the order of their first use; 0: not used, or from an older file */
	int8_t form;       /* its place in the argument table, or -1; not in the file */
	bool more;         /* there were more comms or exes than are kept */
};

struct evidence; /* opaque */

/* New and empty. Returns 0, -EINVAL (a key of more than printable ASCII) or -ENOMEM. */
int evidence_new(const char *key, struct evidence **ret, struct err *err);
void evidence_free(struct evidence *ev); /* NULL is allowed */
DEFINE_CLEANUP(evidence, struct evidence *, evidence_free)
#define cleanup_evidence cleanup_with(evidence_cleanup)

/* Reads a file's text; errors carry name, line and JSON path. A higher version is -EPROTONOSUPPORT with a sentence. A
 * run whose members contradict each other is an error: complete with reasons or without an end, or running with one,
 * or not learning and not so stamped. */
int evidence_parse(const char *text, size_t len, const char *name, struct evidence **ret, struct err *err);

/* Appends the file's text: stable order (runs as they began, calls by arch, phase, name), ends in a newline. */
int evidence_write(const struct evidence *ev, struct buf *out, struct err *err);

const char *evidence_key(const struct evidence *ev);
const char *evidence_shape(const struct evidence *ev); /* JSON text, NULL if none */
int evidence_set_shape(struct evidence *ev, const char *json, struct err *err); /* one JSON object; copied */
uint64_t evidence_runs_dropped(const struct evidence *ev);

/* Begins a run; the strings of *init are copied as safe text of at most 4096 bytes (NULL: ""), no, seen, ended_ms are
 * set here, reasons are taken from init with REASON_RUNNING added, and REASON_NOT_LEARNING in any other mode than
 * learn. *ret_no is the run's number. Of too many runs the oldest ended one is dropped, but never the newest learning
 * run: the verdict rests on it. Enforced ones, which a container in a restart loop makes by the hundred, make way first. */
int evidence_run_begin(struct evidence *ev, const struct evidence_run *init, uint64_t *ret_no, struct err *err);

/* The number of the newest run of this container that began at this time; -ENOENT if there is none. */
int evidence_find_run(const struct evidence *ev, const char *container, const char *root, uint64_t started_ms, uint64_t *ret_no);

/* The run by its number, to be read or stamped; NULL if it was dropped. Valid until the next begin. */
struct evidence_run *evidence_run(struct evidence *ev, uint64_t no);

/* True if it was started by this runtime file, whose version is not known yet. */
bool evidence_run_wants_version(const struct evidence_run *run, const char *runtime_id);

/* Takes note of what `RUNTIME --version` printed, where that is wanted. 1: done, 0: not wanted, -ENOMEM. */
int evidence_run_set_version(struct evidence_run *run, const char *runtime_id, const char *version);

/* Ends it: sets ended_ms, takes REASON_RUNNING away, frees `seen`. */
void evidence_run_end(struct evidence *ev, uint64_t no, uint64_t ended_ms);

/* Books one record to a run, its `records` included: O(1), no allocation for a call, comm and exe seen before. Returns
 * 1 if the evidence now holds something that is worth saving at once (a new entry, its first use, audit or denial, a
 * new comm or exe, a stamp that was not there), 0 if only counters moved, -ENOSPC if the entry could not be made (the
 * run is stamped REASON_OVERFLOW), -ENOMEM likewise stamped, -ENOENT for a run that is not there. An unknown arch
 * stamps REASON_UNKNOWN_ARCH, a run that has ended REASON_LATE_RECORD. */
int evidence_add(struct evidence *ev, uint64_t run_no, enum evidence_phase phase, enum evidence_use use,
		 const struct record *r);

/* The same of a call whose six arguments are known (NULL: they are not), as they stood in the registers. */
int evidence_add_call(struct evidence *ev, uint64_t run_no, enum evidence_phase phase, enum evidence_use use, const struct record *r,
		      const uint64_t *args);

/* Books that the kernel counted a call, for which there is no record: once per run and phase. Its arguments are not known to be beyond the harmless
 * form, or it would have a record. Returns as evidence_add does; a call that the run has shown already is no news. */
int evidence_add_counted(struct evidence *ev, uint64_t run_no, enum evidence_phase phase, const struct arch *arch, uint32_t nr, uint64_t time_ms);

/* What can be done for a record before its turn comes: its place is fetched from memory meanwhile. For evidence_count of the same record, where it is
 * optional (NULL) and of no effect for other counts than these. */
struct evidence_counts;
struct evidence_hint {
	const struct evidence_counts *of; /* NULL: none */
	uint32_t call, who;
};
struct evidence_hint evidence_foresee(const struct evidence_counts *c, const struct record *r);

/* The short way for a record that says nothing new, which nearly all are: a call of the workload's by a program that evidence_add has booked for
 * this run before. It is counted apart, in what evidence_counts returned for the run, and joins the evidence before anybody reads that. False if
 * the record must go the long way: it is not of that kind, or the first one since the evidence was read, so that the caller learns that there is
 * something to save. The caller vouches that the record is the workload's and the run's, and that it would be booked as EVIDENCE_USED.
 *
 * evidence_counts: NULL if there is no short way, as before a run has shown EVIDENCE_BUSY records: most containers are idle, and the memory is
 * kept for others. It belongs to the run, until that ends. */
#define EVIDENCE_BUSY 512
struct evidence_counts *evidence_counts(struct evidence *ev, uint64_t run_no);
bool evidence_count(struct evidence_counts *c, const struct record *r, const struct evidence_hint *h);

/* All runs as they began, all calls in the order of the file. The arrays belong to the evidence, valid until it
 * changes. */
size_t evidence_runs(const struct evidence *ev, const struct evidence_run *const **ret);
size_t evidence_calls(const struct evidence *ev, const struct evidence_call *const **ret);

/* The i-th comm, exe of a call of this evidence; NULL from the first that is not there. */
const char *evidence_comm(const struct evidence *ev, const struct evidence_call *c, size_t i);
const char *evidence_exe(const struct evidence *ev, const struct evidence_call *c, size_t i);

/* The verdict over the key. complete: there is a learning run, none is live, and the newest of them lost nothing. Runs
 * of other modes neither help nor harm. */
struct evidence_verdict {
	bool complete;
	uint32_t arches;      /* ABIs of all calls, bits of enum arch_id: it is about these and no other */
	size_t learn_runs;    /* kept learning runs */
	size_t complete_runs; /* of them */
	size_t live_runs;     /* of them */
	reason_set reasons;   /* of the newest learning run (none without one), and REASON_RUNNING if any is live */
};
void evidence_evaluate(const struct evidence *ev, struct evidence_verdict *ret);

/* The ABIs on which any call was used: bits of enum arch_id; and such bits as an array of names. */
uint32_t evidence_arches(const struct evidence *ev);
void evidence_write_arches(struct json_writer *w, const char *key, uint32_t arches);

#endif
