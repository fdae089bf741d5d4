/* What the files of this folder share; of others learning/unlogged_calls.c and learning/notify.c alone include it. */
#ifndef SNUG_SECCOMP_EVIDENCE_PRIVATE_H
#define SNUG_SECCOMP_EVIDENCE_PRIVATE_H

#include "base/buf.h"
#include "seccomp/evidence/evidence.h"
#include "seccomp/syscall/names.h"

#define EVIDENCE_COMM_CUT 64 /* bytes of a comm, and of an exe, that are kept before they are made safe text */
#define EVIDENCE_EXE_CUT  256
#define EVIDENCE_RUN_CUT  4096 /* the same for each string of a run */
#define EVIDENCE_TIME_MAX 253402300799999u /* ms: the end of the year 9999; beyond it RFC 3339 has no form */
#define EVIDENCE_SAFE_MAX 4    /* bytes of safe text per byte: \xHH */

struct evidence_name {
	char *text;    /* a comm or an exe, safe; owned */
	uint64_t hash; /* of the raw field; 0: it came from the file and was not yet met in a record */
};

struct evidence {
	char *key, *shape;
	uint64_t runs_dropped, next_no, seed;
	struct evidence_run **runs; /* ascending by no, which is the order of their start whatever the clock did */
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
	uint64_t blind, passed;        /* what complete runs that are no longer listed had in quiet.blind and quiet.forms */
	struct names taken;            /* and in quiet.assumed */
	struct buf scratch;            /* text of a comm or exe while it is compared */
};

/* A run's strings, for those who treat all of them alike. */
struct evidence_run_string {
	const char *name; /* its member in the file */
	size_t offset;    /* in struct evidence_run */
	bool optional;    /* left out of the file where it is empty */
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

/* The record was booked the long way: the next one like it need not be. */
void evidence_counts_keep(const struct evidence *ev, struct evidence_run *run, const struct record *r);

/* Adds what was counted apart, of all runs, to the calls. To be done before anything reads counts, times or a run's records. */
void evidence_counts_settle(const struct evidence *ev);

/* And lets the next record of each kind go the long way again: what it means has changed. */
void evidence_counts_forget(const struct evidence *ev);

/* Settles and frees those of one run. */
void evidence_counts_end(const struct evidence *ev, struct evidence_run *run);

/* Books the first use of a call, and what a use says about arguments (NULL: they are not known). True if it is news. */
bool evidence_unlogged_add(struct evidence *ev, struct evidence_run *run, struct evidence_call *e, bool first, const uint64_t *args);

/* The same of a use that was counted: it says nothing about arguments. */
void evidence_unlogged_first(struct evidence *ev, struct evidence_run *run, struct evidence_call *e);

/* A run is about to leave the list: what it leaves open stays open. Returns 0 or -ENOMEM. */
int evidence_unlogged_forget(struct evidence *ev, const struct evidence_run *run);

/* True for a learning run against which nothing is known but that it may still run: what it did, seen or not, the profile must hold. */
bool evidence_unlogged_binds(const struct evidence_run *run);

/* True if a complete run looked for a call of the hot set. */
bool evidence_unlogged_looked_for(const struct evidence *ev, const char *name);

/* The sum over the calls that were quiet up to a number. */
uint64_t evidence_unlogged_digest(const struct evidence *ev, uint64_t upto);

/* Stamps the runs whose quieted calls this evidence does not hold. */
void evidence_unlogged_check(struct evidence *ev);

/* True if the evidence holds all that was quiet. */
bool evidence_unlogged_holds(const struct evidence *ev, const struct evidence_unlogged *q);

/* What follows for a run from what it lets pass unlogged, once that is in it. 0 or -ENOMEM. */
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

/* Takes the run over as the newest and numbers it. Returns 0, or -ENOMEM: it stays the caller's. */
int evidence_append_run(struct evidence *ev, struct evidence_run *run);

/* What is known against the run, with what follows from its other members, so that no caller can forget it. */
reason_set evidence_run_reasons(const struct evidence_run *run);

/* Puts a safe text into the names and its number into the list. Returns 0, -EEXIST if the list holds it, -ENOSPC if either is full,
 * -ENOMEM. */
int evidence_add_name(struct evidence *ev, uint8_t list[EVIDENCE_WHO_MAX], const char *text);

struct evidence_call *evidence_find(const struct evidence *ev, const struct arch *arch, uint32_t nr,
				     enum evidence_phase phase); /* NULL if there is none */

/* Makes an entry that is not there yet. Returns 0, -ENOSPC or -ENOMEM. */
int evidence_make(struct evidence *ev, const struct arch *arch, uint32_t nr, enum evidence_phase phase,
		  struct evidence_call **ret);

#endif
