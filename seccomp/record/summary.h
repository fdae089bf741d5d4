/* What a log says about seccomp, summed up: a row per call, outcome and program. Bounded: rows and samples beyond the limits
 * are only counted.
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
	SUMMARY_USED,    /* logged and executed */
	SUMMARY_OTHER,   /* an action that is unknown or not in the line */
	SUMMARY_OUTCOMES,
};

const char *summary_outcome_name(enum summary_outcome o); /* "killed" "denied" "trapped" "handed over" "used" "unknown" */

struct summary_row {
	const struct arch *arch; /* NULL: unknown */
	uint32_t audit, nr;      /* as in the record */
	enum summary_outcome outcome;
	bool init;                         /* by its name, the runtime's own init before it executes the program: a hint */
	bool named;                        /* `name` is a name */
	bool learnt;                       /* from a learning run, in a key's evidence */
	bool narrow;                       /* such a row, used in the harmless form only */
	char name[SYSCALL_NAME_MAX];       /* "syscall_777" if unknown */
	char comm[64], exe[128];           /* safe text (base/text.h), cut */
	uint64_t count, first_ms, last_ms; /* times 0: unknown */
	uint64_t hash;
};

struct summary {
	struct summary_row *rows;
	size_t row_count, row_cap;
	size_t newest;                /* the row of the last record; row_count or more: none */
	bool failed;                  /* out of memory */
	uint64_t records, duplicates; /* duplicates: copies of a record, not counted in the rows */
	uint64_t unlisted;            /* records whose row did not fit */
	uint64_t unstamped;           /* records without a serial, and without another copy: one may have been counted all the same */
	uint64_t first_ms, last_ms;
	uint64_t unreadable, errors, lsm;
	uint64_t loss[LOG_LINE_LOSS_COUNT], lost[LOG_LINE_LOSS_COUNT]; /* signs, and the records they mention */
	bool at_rate_limit; /* ten of the kernel's own lines within five seconds: more were not printed */
	uint64_t tools[LOG_TOOL_COUNT]; /* records by the program that wrote the line */
	uint64_t signs[LOG_SIGN_COUNT]; /* the errors, by kind */
	struct buf unreadable_samples, lsm_samples, sign_samples[LOG_SIGN_COUNT]; /* safe text, one per line */
	struct buf profiles;                                                      /* paths, likewise, without duplicates */
	size_t profile_count;
	struct summary_sentence {
		uint64_t count;
		bool enosys; /* one of them ended in "function not implemented" */
	} *sentences; /* indexed as in sentence_all() */
	size_t sentence_count;
	struct copies *copies;
	uint64_t printed_ms[10];                                   /* the newest ones, a ring */
	size_t printed_at;
};

int summary_begin(struct summary *t, struct err *err);
void summary_done(struct summary *t); /* NULL is allowed */
#define cleanup_summary cleanup_with(summary_done)

/* A log_line_fn; arg is the summary. */
void summary_add(const struct log_line *line, void *arg);

/* Adds a row from another source; comm and exe are safe text. False if there was no room. */
bool summary_add_row(struct summary *t, const struct summary_row *row);

/* Sorts: killed first, used last; then by arch and name, the runtime's own first. */
void summary_sort(struct summary *t);

/* True if the call was refused in some way, not just seen. */
bool summary_is_refusal(enum summary_outcome o);

#endif
