/* What `snug explain` found, judged: which calls, what a profile would do to them, what to add. */
#ifndef SNUG_SHIM_CLI_EXPLAIN_H
#define SNUG_SHIM_CLI_EXPLAIN_H

#include "base/buf.h"
#include "base/err.h"
#include "base/json/json.h"
#include "seccomp/evidence/evidence.h"
#include "seccomp/filter/evaluate.h"
#include "seccomp/syscall/names.h"
#include "seccomp/record/summary.h"

#include <stdbool.h>
#include <stddef.h>

#define EXPLAIN_CALLS_MAX 8 /* of one sentence of a runtime's */

typedef char explain_name[SYSCALL_NAME_MAX];

/* A call that a runtime's own sentence speaks of. */
struct explain_word {
	const struct sentence *sentence;
	explain_name name;
	bool certain;                  /* nothing but a filter refuses it so */
	enum evaluate_verdict verdict; /* where there is a profile */
};

struct explain_own; /* the containers that snug learns on this machine (explain_own.c) */

struct explain {
	struct summary summary;
	uint64_t bytes;
	bool live;         /* the kernel's own stream was read */
	const char *key;   /* NULL: a log was read, else the recorder's evidence */
	char runtime[128]; /* of the key's newest run, safe text, "" if there is none */
	bool mute;         /* that runtime cannot have denials logged */
	bool approved;     /* a profile of the key is approved */
	bool given;        /* the profile was named, it is not the approved one */
	bool enforced;     /* an enforced run of the key was recorded */
	bool errno_unlogged; /* the kernel was told not to log denials with an errno, whatever the filter's flags */

	const char *profile; /* its path; NULL: none was given */
	struct evaluator *evaluator;
	enum evaluate_verdict
		*verdict; /* of each row that has an arch, when there is a profile; EVALUATE_ALLOWS for the others */

	uint64_t learnt;          /* calls of learning runs in the key's evidence, where there is a profile to compare them with */
	const char *own_dir;      /* the state directory, to leave out records of containers that snug learns; NULL: they are shown */
	struct explain_own *own;  /* NULL before the first record that may be one */
	struct explain_word *words;
	size_t word_count;

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

/* A log_line_fn; arg is the explain. */
void explain_line(const struct log_line *line, void *arg);

/* Records that are of containers which snug learns, and some keys of them, with commas between, safe text. */
uint64_t explain_own_count(const struct explain *x, struct buf *ret_keys);
/* True for a record of one; it is counted. */
bool explain_own_has(struct explain *x, const struct record *r);
void explain_own_free(struct explain_own *own); /* NULL is allowed */

/* Judges the rows by it. */
int explain_evaluate(struct explain *x, struct err *err);

/* True for the ABI that programs of this machine have. */
bool explain_is_native(const struct arch *arch);

/* Reads the calls that the runtimes' own sentences speak of, and judges them. */
int explain_read_words(struct explain *x, struct err *err);

/* True for one that belongs to what is to be added: the profile denies it, or without one nothing else refuses it so. */
bool explain_word_counts(const struct explain *x, const struct explain_word *w);
void explain_add_words(const struct explain *x, struct buf *out);
void explain_json_words(const struct explain *x, struct json_writer *w);

/* Collects what to add. Once the rows are sorted and the words read. */
int explain_collect(struct explain *x, struct err *err);

/* What the default profiles say to what is to be added. Once it is collected. */
int explain_compare(struct explain *x, struct err *err);

/* Appends those of them that do not allow it: "containerd 2.1, Docker 28.5"; nothing if all do. */
void explain_add_outside(const struct explain *x, size_t add, struct buf *out);

/* Appends all: "containerd 2.1, Docker 28.5 and Podman 5.8". */
void explain_add_all_defaults(struct buf *out);

/* True for a row that belongs to the answer: with a profile, one that it does not simply allow. */
bool explain_shows(const struct explain *x, size_t row);

/* True if what is told may lack records. */
bool explain_is_partial(const struct explain *x);

/* How a loss is worded: "the kernel did not print N records ...". Appends. */
void explain_add_loss(const struct explain *x, enum log_line_loss loss, struct buf *out);

/* Parts of the text. */
void explain_add_samples(const struct buf *samples, size_t max, const char *indent, struct buf *out);
void explain_add_signs(const struct explain *x, struct buf *out);
void explain_add_profiles(const struct explain *x, struct buf *out);
bool explain_is_empty(const struct explain *x); /* nothing in the log was recognised */
void explain_add_empty(const struct explain *x, struct buf *out);

/* Writes the profile, with what is to be added, to `path`; the difference goes to out (explain_fix.c). */
struct cli;
struct cli_args;
int explain_fix(const struct cli *cli, const struct cli_args *args, const struct explain *x, const struct buf *text, const char *path,
		struct buf *out, struct err *err);

void explain_text(const struct explain *x, bool unreadable, struct buf *out);
void explain_advice(const struct explain *x, bool unreadable, struct buf *out); /* its part behind the tables */
void explain_json(const struct explain *x, struct buf *out);

#endif
