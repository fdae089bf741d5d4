/* What a user can name on the command line: a key, a file, a directory of files, a default profile, standard input.
 *
 *   @moby @containerd @podman   the default profiles (seccomp/policy/defaults.h); for Podman the node's own file, if there is one
 *   -                           standard input
 *   pid:N container:ID          the filters of a live process (shim/cli/key/live.h)
 *   KEY#N                       the approved profile number N of KEY (no key has a '#')
 *   /x ./x ../x x/ x.json ...   a file or directory; for a bundle its config.json
 *   anything else               a key; if there is no such key, the file or directory of that name */
#ifndef SNUG_SHIM_CLI_OPERAND_H
#define SNUG_SHIM_CLI_OPERAND_H

#include "base/buf.h"
#include "base/err.h"
#include "shim/cli/common/cli.h"

#include <stdbool.h>
#include <stddef.h>

enum operand_kind { OPERAND_KEY, OPERAND_FILE, OPERAND_DIRECTORY, OPERAND_STDIN, OPERAND_DEFAULT, OPERAND_LIVE, OPERAND_APPROVAL };

/* Classifies a word. -ENOENT with a sentence for a path or default profile that does not exist. */
int operand_kind(const struct cli *cli, const char *word, enum operand_kind *ret, struct err *err);

/* True for KEY#N where KEY exists: appends KEY to ret_key and sets *ret_number. */
bool operand_is_approval(const struct cli *cli, const char *word, struct buf *ret_key, unsigned *ret_number);

enum operand_want {
	OPERAND_PROFILE,  /* for a key, its approved profile, else the one built from its evidence */
	OPERAND_EVIDENCE, /* for a key, its evidence */
};

/* One text that a word names. All pointers are borrowed, and valid during the call of fn. */
struct operand {
	const char *name; /* its name in messages and results */
	const char *what; /* what it is, for people: "" or "the approved profile of web" */
	const char *path;       /* the file; NULL: not from a file */
	const struct buf *text; /* NULL: a file of a directory that cannot be read */
	const struct err *error; /* why it cannot be read */
};

/* Calls fn for each text that the word names: one, or, for a directory, each file below it whose name ends in .json, .yaml, .yml
 * or .conf, in order of name. Skips names that begin with a dot; follows links to files. max: bytes per text. Stops when fn
 * returns something other than 0, and returns that. *ret_skipped counts the other files (may be NULL). A directory without such a
 * file is -ENOENT. */
int operand_each(struct cli *cli, const char *word, enum operand_want want, size_t max,
		 int (*fn)(const struct operand *op, void *arg, struct err *err), void *arg, size_t *ret_skipped,
		 struct err *err);

/* Appends the one text that the word names; a directory is -EISDIR. *ret_what as above (may be NULL). Returns 0 or a negative
 * errno. */
int operand_read(struct cli *cli, const char *word, enum operand_want want, size_t max, struct buf *ret,
		 struct buf *ret_what, struct err *err);

#endif
