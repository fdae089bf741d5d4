/* What `snug explain` found, judged: which calls, what a profile would do to them, what to add. */
#ifndef SNUG_SHIM_CLI_EXPLAIN_H
#define SNUG_SHIM_CLI_EXPLAIN_H

#include "base/buf.h"
#include "base/err.h"
#include "seccomp/evidence/evidence.h"
#include "seccomp/filter/evaluate.h"
#include "seccomp/syscall/names.h"
#include "seccomp/record/summary.h"

#include <stdbool.h>
#include <stddef.h>

typedef char explain_name[SYSCALL_NAME_MAX];

struct explain {
	struct summary summary;
	uint64_t bytes;
	bool live;         /* the kernel's own stream was read */
	const char *key;   /* NULL: a log was read, else the recorder's evidence */
	char runtime[128]; /* of the key's newest run, safe text, "" if there is none */
	bool mute;         /* that runtime cannot have denials logged */
	bool enforced;     /* an enforced run of the key was recorded */
	bool errno_unlogged; /* the kernel was told not to log denials with an errno, whatever the filter's flags */

	const char *profile; /* its path; NULL: none was given */
	struct evaluator *evaluator;
	enum evaluate_verdict
		*verdict; /* of each row that has an arch, when there is a profile; EVALUATE_ALLOWS for the others */

	explain_name *add; /* names to add, in order, each once; with a profile those that it denies */
	size_t add_count;
	unsigned *outside;   /* of each of them: bit i, the i-th default profile (seccomp/policy/defaults.h) does not allow it for all
			      * arguments; NULL: nothing is known of this machine's */
};

void explain_done(struct explain *x); /* NULL is allowed */
#define cleanup_explain cleanup_with(explain_done)

/* The denials and audited calls of a key as rows, and what its runtimes can do. */
int explain_add_evidence(struct explain *x, const struct evidence *ev, const char *state_dir, struct err *err);

/* Reads the profile's text. */
int explain_load(struct explain *x, const struct buf *text, struct err *err);

/* Judges the rows by it. */
int explain_evaluate(struct explain *x, struct err *err);

/* True for the ABI that programs of this machine have. */
bool explain_is_native(const struct arch *arch);

/* Collects what to add. Once the rows are sorted. */
int explain_collect(struct explain *x, struct err *err);

/* What the default profiles say to what is to be added. Once it is collected. */
int explain_compare(struct explain *x, struct err *err);

/* Appends those of them that do not allow it: "Docker, containerd"; nothing if all do. */
void explain_add_outside(const struct explain *x, size_t add, struct buf *out);

/* True for a row that belongs to the answer: with a profile, one that it does not simply allow. */
bool explain_shows(const struct explain *x, size_t row);

/* The reason why a call is dangerous, NULL if it is not known to be. */
const char *explain_danger(const char *name);

/* True if what is told may lack records. */
bool explain_is_partial(const struct explain *x);

/* How a loss is worded: "the kernel did not print N records ...". Appends. */
void explain_add_loss(const struct explain *x, enum log_line_loss loss, struct buf *out);

void explain_text(const struct explain *x, bool unreadable, struct buf *out);
void explain_advice(const struct explain *x, bool unreadable, struct buf *out); /* its part behind the tables */
void explain_json(const struct explain *x, struct buf *out);

#endif
