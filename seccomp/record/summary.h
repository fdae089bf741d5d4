/* What a log says of seccomp, added up: a row per call, what came of it, and who made it. Bounded: rows and samples
 * beyond the bounds are counted only.
 */
#ifndef SNUG_SECCOMP_SUMMARY_H
#define SNUG_SECCOMP_SUMMARY_H

#include "base/buf.h"
#include "base/err.h"
#include "seccomp/syscall/arch.h"
#include "seccomp/record/copies.h"
#include "seccomp/record/log_line.h"
#include "seccomp/syscall/names.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SUMMARY_ROWS_MAX    4096
#define SUMMARY_SAMPLES_MAX 20

enum summary_outcome {
	SUMMARY_KILLED,
	SUMMARY_DENIED,  /* ERRNO */
	SUMMARY_TRAPPED, /* SIGSYS */
	SUMMARY_HANDED,  /* to a tracer or an agent, which may have allowed it */
	SUMMARY_USED,    /* logged, and carried out */
	SUMMARY_OTHER,   /* an action that is not known, or that the line does not tell */
	SUMMARY_OUTCOMES,
};

const char *summary_outcome_name(enum summary_outcome o); /* "killed" "denied" "trapped" "handed over" "used" "unknown" */

struct summary_row {
	const struct arch *arch; /* NULL: not known */
	uint32_t audit, nr;      /* as in the record */
	enum summary_outcome outcome;
	bool init;                         /* by its name the runtime's own init, before it execs the program: a hint */
	bool named;                        /* `name` is a name */
	bool learnt;                       /* of a learning run, in a key's evidence */
	bool narrow;                       /* of such a row: made in its harmless form only */
	char name[SYSCALL_NAME_MAX];       /* "syscall_777" if nobody knows it */
	char comm[64], exe[128];           /* safe text (base/text.h), cut */
	uint64_t count, first_ms, last_ms; /* 0: no time was told */
	uint64_t hash;
};

struct summary {
	struct summary_row *rows;
	size_t row_count, row_cap;
	size_t newest;                /* the row of the last record; not below row_count: it has none */
	bool failed;                  /* out of memory */
	uint64_t records, duplicates; /* duplicates: the same record again, not counted in the rows */
	uint64_t unlisted;            /* records whose row did not fit */
	uint64_t unstamped;           /* the kernel's records without a serial of which no other copy was seen: it may have been counted, too */
	uint64_t first_ms, last_ms;
	uint64_t unreadable, errors, lsm;
	uint64_t loss[LOG_LINE_LOSS_COUNT], lost[LOG_LINE_LOSS_COUNT]; /* signs, and the records that they tell of */
	bool at_rate_limit; /* ten of the kernel's own lines within five seconds: more were not printed */
	uint64_t tools[LOG_TOOL_COUNT]; /* records by who wrote the line */
	uint64_t signs[LOG_SIGN_COUNT]; /* the errors, by kind */
	struct buf unreadable_samples, lsm_samples, sign_samples[LOG_SIGN_COUNT]; /* safe text, a line each */
	struct buf profiles;                                                      /* paths, likewise, each once */
	size_t profile_count;
	struct summary_sentence {
		uint64_t count;
		bool enosys; /* one of them ended in "function not implemented" */
	} *sentences; /* as sentence_all() has them */
	size_t sentence_count;
	struct copies *copies;
	uint64_t printed_ms[10];                                   /* the newest ones, a ring */
	size_t printed_at;
};

int summary_begin(struct summary *t, struct err *err);
void summary_done(struct summary *t); /* NULL is allowed */
#define cleanup_summary cleanup_with(summary_done)

/* A log_line_fn; arg is the tally. */
void summary_add(const struct log_line *line, void *arg);

/* Adds a row that another source knows; comm and exe are safe text. False if it did not fit. */
bool summary_add_row(struct summary *t, const struct summary_row *row);

/* Sorts: killed first, used last; then by arch and name, the runtime's own first. */
void summary_sort(struct summary *t);

/* True for a row that says more than that a call was seen: it was refused, in one way or another. */
bool summary_is_refusal(enum summary_outcome o);

#endif
