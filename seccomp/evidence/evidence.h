/* Evidence: what the kernel has shown about one key's containers, and what is known about each run. A versioned JSON file
 * (version 2 if it has a call of an exec, which older programs cannot read):
 *
 *   { "version": 1, "key": "web",
 *     "shape": {...},                              shape of the newest learning run; absent before the first
 *     "runs_dropped": 0,                           older runs that are no longer listed
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

#define EVIDENCE_VERSION    2    /* the newest that is read; written only with calls of execs */
#define EVIDENCE_WHO_MAX    8    /* comms per call, and exes */
#define EVIDENCE_NAMES_MAX  255  /* distinct comms and exes per key; others are not kept */
#define EVIDENCE_CALLS_MAX  4096 /* (arch, nr, phase) entries per key; more stamp the run REASON_OVERFLOW */
#define EVIDENCE_DENIED_MAX 2048 /* beyond this, a call that was never seen used gets no entry */
#define EVIDENCE_RUNS_MAX   1000 /* runs kept per key: the newest; live ones are never dropped */
#define EVIDENCE_ENFORCED_MAX 100 /* of which ended enforced ones */
#define EVIDENCE_OPENED_MAX 64   /* names per run */
#define EVIDENCE_SIZE_MAX   (64u << 20)

enum evidence_mode { EVIDENCE_LEARN, EVIDENCE_AUDIT, EVIDENCE_ENFORCE };
enum evidence_phase {
	EVIDENCE_RUNTIME,  /* the runtime's own init, up to and including its execve */
	EVIDENCE_HOOK,     /* other processes before that execve: startContainer hooks */
	EVIDENCE_WORKLOAD, /* everything after it */
	EVIDENCE_EXEC,     /* after the execve of an exec: a probe, a lifecycle hook, or a person */
	EVIDENCE_TERMINAL, /* the same of an exec with a terminal, which no probe has */
};
#define EVIDENCE_PHASES (EVIDENCE_TERMINAL + 1)

/* Calls of execs are entries of their own, so that what the program was not seen to do can be told. They are never unlogged
 * because an exec used them: then a later use by the program would go unseen. */
static inline bool evidence_is_exec(enum evidence_phase p)
{
	return p == EVIDENCE_EXEC || p == EVIDENCE_TERMINAL;
}

/* True for calls of what runs in the container: the program or an exec, not the runtime or its hooks. */
static inline bool evidence_is_program(enum evidence_phase p)
{
	return p == EVIDENCE_WORKLOAD || evidence_is_exec(p);
}

enum evidence_attribution { EVIDENCE_BY_SESSION, EVIDENCE_BY_CGROUP, EVIDENCE_BY_LISTENER };
enum evidence_end { EVIDENCE_END_UNSEEN, EVIDENCE_END_PROCESSES, EVIDENCE_END_CGROUP, EVIDENCE_END_LISTENERS };
enum evidence_use { EVIDENCE_USED, EVIDENCE_AUDITED, EVIDENCE_DENIED };

const char *evidence_mode_name(enum evidence_mode m);   /* "learn" "audit" "enforce" */
const char *evidence_attribution_name(enum evidence_attribution a); /* "session" "cgroup" "listener" */
const char *evidence_end_name(enum evidence_end e); /* "" "processes" "cgroup" "listeners" */
const char *evidence_phase_name(enum evidence_phase p); /* "runtime" "hook" "workload" "exec" "terminal" */
int evidence_mode_by_name(const char *name, enum evidence_mode *ret);
int evidence_attribution_by_name(const char *name, enum evidence_attribution *ret);
int evidence_end_by_name(const char *name, enum evidence_end *ret);
int evidence_phase_by_name(const char *name, enum evidence_phase *ret);

/* What a run's filter allowed unlogged (seccomp/evidence/unlogged_proof.h). */
struct evidence_unlogged {
	bool on;
	uint64_t upto;   /* calls whose `learnt` is at most this */
	uint64_t digest; /* over those */
	uint64_t count;  /* their number of names, for people */
	uint64_t forms;  /* unlogged in the harmless form only: bits of the argument table; includes calls that are not known yet */
	uint64_t blind;  /* calls of the table that the run used, or may have used, in an unknown form */
	bool counted;    /* the kernel counted every unlogged call, on every ABI (shim/recorder/counter): none was missed */
	struct names assumed;    /* others, from the hot set, that were not seen yet */
	struct names confirming; /* assumed by earlier runs, logged in this one */
};

/* One run. Strings are owned by the evidence, "" where unknown. */
struct evidence_run {
	uint64_t no; /* unique in this object, from 1; identifies the run */
	char *container, *root, *runtime, *runtime_id, *runtime_version, *kernel, *baseline;
	char *note; /* for people */
	bool go;
	enum evidence_attribution attribution;
	enum evidence_end end;
	enum evidence_mode mode;
	uint64_t started_ms, ended_ms; /* 0: not ended */
	uint64_t records;
	reason_set reasons; /* empty: complete */
	uint32_t arches;    /* ABIs on which it made calls: bits 1 << enum arch_id */
	uint64_t fresh;     /* calls that it was the first to show at all, or beyond their harmless form */
	struct evidence_unlogged unlogged;
	struct names opened; /* at most EVIDENCE_OPENED_MAX */
	bool opened_more;
	/* not in the file: which calls this run has shown, for `runs` of a call */
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
	uint8_t comm[EVIDENCE_WHO_MAX], exe[EVIDENCE_WHO_MAX]; /* numbers of texts, 0 after the last; see evidence_comm() */
	uint32_t last_who; /* hash of the newest comm and exe: the fast path of evidence_add; not in the file */
	uint16_t index;    /* its bit in a run's `seen`; not in the file */
	uint16_t learnt;   /* the workload's calls are numbered from 1 in the order of their first use; 0: not used, or from an older file */
	int8_t form;       /* its index in the argument table, or -1; not in the file */
	bool more;         /* there were more comms or exes than kept */
};

struct evidence; /* opaque */

/* Makes empty evidence. Returns 0, -EINVAL (the key is not printable ASCII) or -ENOMEM. */
int evidence_new(const char *key, struct evidence **ret, struct err *err);
void evidence_free(struct evidence *ev); /* NULL is allowed */
DEFINE_CLEANUP(evidence, struct evidence *, evidence_free)
#define cleanup_evidence cleanup_with(evidence_cleanup)

/* Reads a file's text; errors contain name, line and JSON path. -EPROTONOSUPPORT: a higher version. A run that contradicts
 * itself is an error: complete with reasons or without an end, running with an end, or not learning without the reason. */
int evidence_parse(const char *text, size_t len, const char *name, struct evidence **ret, struct err *err);

/* Appends the file's text, with a newline at the end. The order is stable: runs as they began, calls by arch, phase, name. */
int evidence_write(const struct evidence *ev, struct buf *out, struct err *err);

const char *evidence_key(const struct evidence *ev);
const char *evidence_shape(const struct evidence *ev); /* JSON text, or NULL */
int evidence_set_shape(struct evidence *ev, const char *json, struct err *err); /* one JSON object; copied */
uint64_t evidence_runs_dropped(const struct evidence *ev);

/* Begins a run. Strings of *init are copied as safe text of at most 4096 bytes (NULL: ""); no, seen and ended_ms are set
 * here; reasons are those of init plus REASON_RUNNING and, in other modes than learn, REASON_NOT_LEARNING. *ret_no is the
 * run's number. If there are too many runs, the oldest ended one is dropped, enforced ones first (a restart loop makes
 * hundreds), but never the newest learning run, on which the verdict rests. */
int evidence_run_begin(struct evidence *ev, const struct evidence_run *init, uint64_t *ret_no, struct err *err);

/* The number of the newest run of this container that began at this time; -ENOENT if there is none. */
int evidence_find_run(const struct evidence *ev, const char *container, const char *root, uint64_t started_ms, uint64_t *ret_no);

/* The run with this number, to be read or stamped; NULL if it was dropped. Valid until the next evidence_run_begin(). */
struct evidence_run *evidence_run(struct evidence *ev, uint64_t no);

/* True if the run was started by this runtime file, and its version is not known yet. */
bool evidence_run_wants_version(const struct evidence_run *run, const char *runtime_id);

/* Sets the output of `RUNTIME --version` if it is wanted. Returns 1 if set, 0 if not wanted, or -ENOMEM. */
int evidence_run_set_version(struct evidence_run *run, const char *runtime_id, const char *version);

/* Sets the note for people if the run has none. Returns 0 or -ENOMEM. */
int evidence_run_add_note(struct evidence_run *run, const char *text);

/* Ends the run: sets ended_ms, removes REASON_RUNNING, frees `seen`. */
void evidence_run_end(struct evidence *ev, uint64_t no, uint64_t ended_ms);

/* Adds one record to a run, and counts it in `records`: O(1), without allocation if call, comm and exe were seen before.
 * Returns 1 if there is something worth saving at once (a new entry, its first use, audit or denial, a new comm or exe, a new
 * reason); 0 if only counters changed; -ENOSPC or -ENOMEM if the entry could not be made (the run is stamped
 * REASON_OVERFLOW); -ENOENT if there is no such run. An unknown arch stamps REASON_UNKNOWN_ARCH, a record after the end of
 * the run REASON_LATE_RECORD. */
int evidence_add(struct evidence *ev, uint64_t run_no, enum evidence_phase phase, enum evidence_use use,
		 const struct record *r);

/* The same for a call whose six arguments are known, as in the registers; NULL: unknown. */
int evidence_add_call(struct evidence *ev, uint64_t run_no, enum evidence_phase phase, enum evidence_use use, const struct record *r,
		      const uint64_t *args);

/* Adds a call that the kernel counted without a record: once per run and phase. It was in its harmless form, or there would be
 * a record. Returns as evidence_add() does; a call that the run has shown before is not news. */
int evidence_add_counted(struct evidence *ev, uint64_t run_no, enum evidence_phase phase, const struct arch *arch, uint32_t nr, uint64_t time_ms);

/* Prefetches what evidence_count() needs for a record that will come soon. The hint is optional there (NULL), and ignored if
 * the counts are others. */
struct evidence_counts;
struct evidence_hint {
	const struct evidence_counts *of; /* NULL: none */
	uint32_t call, who;
};
struct evidence_hint evidence_foresee(const struct evidence_counts *c, const struct record *r);

/* The fast path for records without news, which nearly all are: a call of the workload by a program that evidence_add() has
 * seen in this run before. It is counted in the run's evidence_counts(), which are merged before anybody reads the evidence.
 * False if evidence_add() must be called: the record is not of that kind, or is the first since the evidence was read, so
 * that the caller notices that there is something to save. The caller guarantees that the record belongs to the run and its
 * workload, and that the use is EVIDENCE_USED.
 *
 * evidence_counts(): NULL if there is no fast path, as before a run has shown EVIDENCE_BUSY records: most containers are idle,
 * and this saves memory. It belongs to the run, until the run ends. */
#define EVIDENCE_BUSY 512
struct evidence_counts *evidence_counts(struct evidence *ev, uint64_t run_no);
bool evidence_count(struct evidence_counts *c, const struct record *r, const struct evidence_hint *h);

/* All runs as they began, and all calls in the order of the file. The arrays belong to the evidence and are valid until it
 * changes. */
size_t evidence_runs(const struct evidence *ev, const struct evidence_run *const **ret);
/* How many of them are not known to have failed before the program began: a failed one lacks its filter (REASON_FILTER_NOT_SEEN), and
 * no records were lost, of which the filter's may be one. */
size_t evidence_starts(const struct evidence *ev);
size_t evidence_calls(const struct evidence *ev, const struct evidence_call *const **ret);

/* True if only execs were seen to make this call, which is one of theirs. An exec without a terminal comes first: of a call that
 * both made, the entry with a terminal is not alone. */
bool evidence_is_alone(const struct evidence *ev, const struct evidence_call *c);

/* The number of learning runs whose execs could not be told from the program: their calls count as the program's. */
size_t evidence_untold_runs(const struct evidence *ev);

/* The i-th comm or exe of a call of this evidence; NULL if there is no such one. */
const char *evidence_comm(const struct evidence *ev, const struct evidence_call *c, size_t i);
const char *evidence_exe(const struct evidence *ev, const struct evidence_call *c, size_t i);

/* The verdict on the key. complete: there is a learning run, none is live, and the newest lost nothing. Runs in other modes
 * do not count. */
struct evidence_verdict {
	bool complete;
	uint32_t arches;      /* the ABIs of all calls, to which the verdict applies: bits 1 << enum arch_id */
	size_t learn_runs;    /* kept learning runs */
	size_t complete_runs; /* of them */
	size_t live_runs;     /* of them */
	size_t failed_starts; /* of them, as evidence_starts() tells it */
	reason_set reasons;   /* of the newest learning run (none without one), and REASON_RUNNING if any is live */
};
void evidence_evaluate(const struct evidence *ev, struct evidence_verdict *ret);

/* The ABIs on which any call was used: bits of enum arch_id; and such bits as an array of names. */
uint32_t evidence_arches(const struct evidence *ev);
void evidence_write_arches(struct json_writer *w, const char *key, uint32_t arches);

#endif
