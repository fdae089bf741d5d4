/* Shared by the files of this folder; outside, only learning/unlogged_calls.c and learning/notify.c include it. */
#ifndef SNUG_SECCOMP_EVIDENCE_PRIVATE_H
#define SNUG_SECCOMP_EVIDENCE_PRIVATE_H

#include "base/buf.h"
#include "seccomp/evidence/evidence.h"
#include "seccomp/syscall/names.h"

#define EVIDENCE_COMM_CUT 64 /* bytes of a comm, and of an exe, that are kept before they are made safe text */
#define EVIDENCE_EXE_CUT  256
#define EVIDENCE_VERSION_FIRST 1
#define EVIDENCE_RUN_CUT  4096 /* the same for each string of a run */
#define EVIDENCE_TIME_MAX 253402300799999u /* ms: the end of the year 9999, the last that RFC 3339 can express */
#define EVIDENCE_SAFE_MAX 4    /* bytes of safe text per byte: \xHH */

struct evidence_name {
	char *text;    /* a comm or an exe, safe; owned */
	uint64_t hash; /* of the raw field; 0: read from the file, not seen in a record yet */
};

struct evidence {
	char *key, *shape;
	uint64_t runs_dropped, next_no, seed;
	struct evidence_run **runs; /* ascending by no, the order in which they began, whatever the clock did */
	size_t run_count, run_cap;
	struct evidence_run *last_run; /* found by the newest look-up */
	struct evidence_call **calls;  /* in the order of the file */
	size_t call_count, call_cap;
	struct evidence_name *names;   /* number n is names[n - 1] */
	size_t name_count, unmet;      /* unmet: those without a hash */
	struct evidence_call **slots; /* open addressing, a power of two, at most half full */
	size_t slot_count;
	uint64_t since_ms;             /* start of the first learning run; 0: none yet */
	uint64_t last_learnt, durable; /* highest `learnt`, and the highest that is on disk */
	uint64_t wide;                 /* forms beyond which a call was seen */
	uint64_t blind, passed;        /* quiet.blind and quiet.forms of complete runs that are no longer listed */
	struct names taken;            /* and their quiet.assumed */
	struct buf scratch;            /* text of a comm or exe while it is compared */
};

/* A run's strings, for code that treats all of them alike. */
struct evidence_run_string {
	const char *name; /* its member in the file */
	size_t offset;    /* in struct evidence_run */
	bool optional;    /* left out of the file if empty */
};
#define EVIDENCE_RUN_STRINGS 8
extern const struct evidence_run_string evidence_run_strings[EVIDENCE_RUN_STRINGS];

static inline char **evidence_run_string(struct evidence_run *run, size_t i)
{
	return (char **)(void *)((char *)run + evidence_run_strings[i].offset);
}

/* Hashes of a record's comm and exe, and of both. */
struct evidence_who {
	uint64_t comm, exe; /* 0: not there */
	uint32_t both;
};
struct evidence_who evidence_who(uint64_t seed, const struct record *r);

/* evidence_add() has taken the record: the next one like it can take the fast path. */
void evidence_counts_keep(const struct evidence *ev, struct evidence_run *run, const struct record *r);

/* Merges the counts of all runs into the calls: before anything reads counts, times or a run's records. */
void evidence_counts_settle(const struct evidence *ev);

/* The same, and the next record of each kind takes the slow path again, since its meaning has changed. */
void evidence_counts_forget(const struct evidence *ev);

/* Merges and frees the counts of one run. */
void evidence_counts_end(const struct evidence *ev, struct evidence_run *run);

/* Notes the first use of a call, and what a use says about arguments (NULL: unknown). True if that is news. */
bool evidence_unlogged_add(struct evidence *ev, struct evidence_run *run, struct evidence_call *e, bool first, const uint64_t *args);

/* The same for a counted use, which says nothing about arguments. */
void evidence_unlogged_first(struct evidence *ev, struct evidence_run *run, struct evidence_call *e);

/* A run is about to be dropped: keeps what it leaves open. Returns 0 or -ENOMEM. */
int evidence_unlogged_forget(struct evidence *ev, const struct evidence_run *run);

/* True for a learning run with no reason except that it may still be running: the profile must contain what it did, seen or
 * not. */
bool evidence_unlogged_binds(const struct evidence_run *run);

/* True if a complete run logged this call of the hot set, to look for it. */
bool evidence_unlogged_looked_for(const struct evidence *ev, const char *name);

/* The digest of the calls that were unlogged, up to a number. */
uint64_t evidence_unlogged_digest(const struct evidence *ev, uint64_t upto);

/* Stamps the runs whose unlogged calls this evidence lacks. */
void evidence_unlogged_check(struct evidence *ev);

/* True if the evidence contains all unlogged calls. */
bool evidence_unlogged_holds(const struct evidence *ev, const struct evidence_unlogged *q);

/* Draws the conclusions from what a run leaves unlogged, once that is set. Returns 0 or -ENOMEM. */
int evidence_unlogged_begin(struct evidence *ev, struct evidence_run *run);

void evidence_unlogged_done(struct evidence_unlogged *q);

#define EVIDENCE_ASSUMED_MAX 512 /* names in a list of the file, so that it can be read back */

/* For a merge: what quieting, and what a run was the first to show, becomes in a run without any, and of two sights of one run. What is
 * known of it in one and not in the other proves nothing. 0 or -ENOMEM. */
int evidence_unlogged_copy(struct evidence_run *run, const struct evidence_run *from);
int evidence_unlogged_unite(struct evidence_run *run, const struct evidence_run *other);

/* Ends a merge, once `out` holds all runs (copied and united so) and calls. A form is narrow only if it is in every source that used
 * the call, a name is absent only if no source still assumes it. Calls of several sources have no common order: all have `learnt` 0
 * in `out`, and its runs the digest of them all. Returns 0, -ENOMEM, or -ENOSPC for more than EVIDENCE_ASSUMED_MAX names. */
int evidence_unlogged_merge(struct evidence *out, const struct evidence *const in[], size_t count, struct err *err);

/* Reading and writing of what belongs to quieting; v is a run, or the root. *ret is to be freed whatever is returned. */
int evidence_unlogged_read(const struct json_doc *doc, const struct json *unlogged, struct evidence_unlogged *ret, struct err *err);
int evidence_unlogged_read_run(const struct json_doc *doc, const struct json *v, struct evidence_run *run, struct err *err);
int evidence_unlogged_read_root(const struct json_doc *doc, const struct json *root, struct evidence *ev, struct err *err);
void evidence_unlogged_write_run(struct json_writer *w, const struct evidence_run *run);
void evidence_unlogged_write_root(struct json_writer *w, const struct evidence *ev);

void evidence_run_free(struct evidence_run *run); /* NULL is allowed */
DEFINE_CLEANUP(evidence_run, struct evidence_run *, evidence_run_free)

/* Appends the run as the newest, numbers it and takes ownership. On -ENOMEM it stays the caller's. */
int evidence_append_run(struct evidence *ev, struct evidence_run *run);

/* The run's reasons, including those that follow from its other members, so that no caller can forget them. */
reason_set evidence_run_reasons(const struct evidence_run *run);
bool evidence_run_failed(const struct evidence_run *run); /* as evidence_starts() tells it */

/* Adds a safe text to the names and its number to the list. Returns 0, -EEXIST if the list has it, -ENOSPC if either is full,
 * or -ENOMEM. */
int evidence_add_name(struct evidence *ev, uint8_t list[EVIDENCE_WHO_MAX], const char *text);

struct evidence_call *evidence_find(const struct evidence *ev, const struct arch *arch, uint32_t nr,
				     enum evidence_phase phase); /* NULL if there is none */

/* Makes an entry, which must not exist yet. Returns 0, -ENOSPC or -ENOMEM. */
int evidence_make(struct evidence *ev, const struct arch *arch, uint32_t nr, enum evidence_phase phase,
		  struct evidence_call **ret);

#endif
