/* The findings of `snug explain`, evaluated: which calls, what a profile would do with them, what to add. */
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

#define EXPLAIN_CALLS_MAX 8 /* named by one sentence of a runtime */

typedef char explain_name[SYSCALL_NAME_MAX];

/* A call that a runtime's error message mentions. */
struct explain_word {
	const struct sentence *sentence;
	explain_name name;
	bool certain;                  /* only a filter refuses it with these words */
	enum evaluate_verdict verdict; /* if there is a profile */
};

struct explain_own; /* the containers that snug is learning on this machine (explain_own.c) */

struct explain {
	struct summary summary;
	uint64_t bytes;
	bool live;         /* the kernel's own stream was read */
	const char *key;   /* the recorder's evidence was read; NULL: a log */
	char runtime[128]; /* of the key's newest run, safe text; "": none */
	bool mute;         /* that runtime cannot have denials logged */
	bool approved;     /* a profile of the key is approved */
	bool given;        /* the user named the profile; it is not the approved one */
	bool enforced;     /* an enforced run of the key was recorded */
	bool errno_unlogged; /* the kernel does not log denials with an errno, whatever the filter's flags are */

	const char *profile; /* its path; NULL: none was given */
	struct evaluator *evaluator;
	enum evaluate_verdict
		*verdict; /* one per row; EVALUATE_ALLOWS for rows without an arch; set if there is a profile */

	uint64_t learnt;          /* calls of learning runs in the key's evidence, if there is a profile to compare them with */
	const char *own_dir;      /* the state directory, to leave out records of containers that snug is learning; NULL: show them */
	struct explain_own *own;  /* NULL before the first record that may be from one */
	struct explain_word *words;
	size_t word_count;

	explain_name *add; /* names to add, in order, each once; with a profile, those that it denies */
	size_t add_count;
	unsigned *outside;   /* per name, bit i: default profile i (seccomp/policy/defaults.h) does not always allow it; NULL: none known here */
};

void explain_done(struct explain *x); /* NULL is allowed */
#define cleanup_explain cleanup_with(explain_done)

/* Adds a key's denials and audited calls as rows, and what its runtimes can do. Returns 0 or a negative errno, as do the
 * functions below. */
int explain_add_evidence(struct explain *x, const struct evidence *ev, const char *state_dir, struct err *err);

/* Reads the profile's text. */
int explain_load(struct explain *x, const struct buf *text, struct err *err);

/* A log_line_fn; arg is the struct explain. */
void explain_line(const struct log_line *line, void *arg);

/* The number of records of containers that snug is learning; appends some of their keys, with commas, as safe text. */
uint64_t explain_own_count(const struct explain *x, struct buf *ret_keys);
/* True for a record of such a container; counts it. */
bool explain_own_has(struct explain *x, const struct record *r);
void explain_own_free(struct explain_own *own); /* NULL is allowed */

/* Evaluates the rows with the profile. */
int explain_evaluate(struct explain *x, struct err *err);

/* True for this machine's native ABI. */
bool explain_is_native(const struct arch *arch);

/* Finds the calls in the runtimes' error messages, and evaluates them. */
int explain_read_words(struct explain *x, struct err *err);

/* True for a call to add: the profile denies it, or, without a profile, only a filter refuses it with these words. */
bool explain_word_counts(const struct explain *x, const struct explain_word *w);
void explain_add_words(const struct explain *x, struct buf *out);
void explain_json_words(const struct explain *x, struct json_writer *w);

/* Collects what to add. Call this after sorting the rows and reading the words. */
int explain_collect(struct explain *x, struct err *err);

/* Compares what to add with the default profiles. Call this after explain_collect(). */
int explain_compare(struct explain *x, struct err *err);

/* Appends the default profiles that do not allow it: "containerd 2.1, Docker 28.5"; nothing if all do. */
void explain_add_outside(const struct explain *x, size_t add, struct buf *out);

/* Appends all default profiles: "containerd 2.1, Docker 28.5 and Podman 5.8". */
void explain_add_all_defaults(struct buf *out);

/* True for a row to show: with a profile, one that it does not allow outright. */
bool explain_shows(const struct explain *x, size_t row);

/* True if records may be missing. */
bool explain_is_partial(const struct explain *x);

/* Appends a loss in words: "the kernel did not print N records ...". */
void explain_add_loss(const struct explain *x, enum log_line_loss loss, struct buf *out);

/* Parts of the text. */
void explain_add_samples(const struct buf *samples, size_t max, const char *indent, struct buf *out);
void explain_add_signs(const struct explain *x, struct buf *out);
void explain_add_profiles(const struct explain *x, struct buf *out);
bool explain_is_empty(const struct explain *x); /* nothing in the log was recognised */
void explain_add_empty(const struct explain *x, struct buf *out);

/* Writes the profile, with everything to add, to `path`; appends the difference to out (explain_fix.c). */
struct cli;
struct cli_args;
int explain_fix(const struct cli *cli, const struct cli_args *args, const struct explain *x, const struct buf *text, const char *path,
		struct buf *out, struct err *err);

void explain_text(const struct explain *x, bool unreadable, struct buf *out);
void explain_advice(const struct explain *x, bool unreadable, struct buf *out); /* the part after the tables */
void explain_json(const struct explain *x, struct buf *out);

#endif
