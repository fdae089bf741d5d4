/* What a log says of seccomp, added up: a row per call, what came of it, and who made it. Bounded: rows and samples
 * beyond the bounds are counted only.
 */
#ifndef SNUG_SECCOMP_TALLY_H
#define SNUG_SECCOMP_TALLY_H

#include "base/buf.h"
#include "base/err.h"
#include "seccomp/syscall/arch.h"
#include "seccomp/record/log_line.h"
#include "seccomp/syscall/names.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TALLY_ROWS_MAX    4096
#define TALLY_SAMPLES_MAX 20

enum tally_outcome {
	TALLY_KILLED,
	TALLY_DENIED,  /* ERRNO */
	TALLY_TRAPPED, /* SIGSYS */
	TALLY_HANDED,  /* to a tracer or an agent, which may have allowed it */
	TALLY_USED,    /* logged, and carried out */
	TALLY_OTHER,   /* an action that is not known */
	TALLY_OUTCOMES,
};

const char *tally_outcome_name(enum tally_outcome o); /* "killed" "denied" "trapped" "handed over" "used" "unknown" */

struct tally_row {
	const struct arch *arch; /* NULL: not known */
	uint32_t audit, nr;      /* as in the record */
	enum tally_outcome outcome;
	bool init;                         /* by its name the runtime's own init, before it execs the program: a hint */
	bool named;                        /* `name` is a name */
	char name[SYSCALL_NAME_MAX];       /* "syscall_777" if nobody knows it */
	char comm[64], exe[128];           /* safe text (base/text.h), cut */
	uint64_t count, first_ms, last_ms; /* 0: no time was told */
	uint64_t hash;
};

struct tally {
	struct tally_row *rows;
	size_t row_count, row_cap;
	size_t newest;                /* the row of the last record; not below row_count: it has none */
	bool failed;                  /* out of memory */
	uint64_t records, duplicates; /* duplicates: the same record again, not counted in the rows */
	uint64_t unlisted;            /* records whose row did not fit */
	uint64_t unstamped;           /* records without time and serial, which cannot be known again */
	uint64_t first_ms, last_ms;
	uint64_t unreadable, errors, lsm;
	uint64_t loss[LOGLINE_LOSS_COUNT], lost[LOGLINE_LOSS_COUNT]; /* signs, and the records that they tell of */
	bool at_rate_limit; /* ten of the kernel's own lines within five seconds: more were not printed */
	struct buf unreadable_samples, error_samples, lsm_samples; /* safe text, a line each */
	uint64_t printed_ms[10];                                   /* the newest ones, a ring */
	size_t printed_at;
	struct {
		uint64_t time_ms, serial;
	} * seen; /* by hash; a collision forgets the older one */
};

int tally_begin(struct tally *t, struct err *err);
void tally_done(struct tally *t); /* NULL is allowed */
#define cleanup_tally cleanup_with(tally_done)

/* A logline_fn; arg is the tally. */
void tally_add(const struct logline *line, void *arg);

/* Adds a row that another source knows; comm and exe are safe text. False if it did not fit. */
bool tally_add_row(struct tally *t, const struct tally_row *row);

/* Sorts: killed first, used last; then by arch and name, the runtime's own first. */
void tally_sort(struct tally *t);

/* True for a row that says more than that a call was seen: it was refused, in one way or another. */
bool tally_is_refusal(enum tally_outcome o);

#endif
