/* What people name on a command line: a key, a file, a directory of files, a default profile, standard input.
 *
 *   @moby @containerd @podman   the default profiles (seccomp/policy/defaults.h); of Podman the node's own file, where there is one
 *   -                           standard input
 *   pid:N container:ID          what the kernel holds for a live process (shim/cli/key/live.h)
 *   /x ./x ../x x/ x.json ...   a file or directory; of a bundle its config.json
 *   anything else               a key; if there is no such key, the file or directory of that name
 */
#ifndef SNUG_SHIM_CLI_OPERAND_H
#define SNUG_SHIM_CLI_OPERAND_H

#include "base/buf.h"
#include "base/err.h"
#include "shim/cli/common/cli.h"

#include <stdbool.h>
#include <stddef.h>

enum operand_kind { OPERAND_KEY, OPERAND_FILE, OPERAND_DIRECTORY, OPERAND_STDIN, OPERAND_DEFAULT, OPERAND_LIVE };

/* What a word is. -ENOENT with a sentence for a path that is not there, and for a default that does not exist. */
int operand_kind(const struct cli *cli, const char *word, enum operand_kind *ret, struct err *err);

enum operand_want {
	OPERAND_PROFILE,  /* of a key: the approved profile, else the one that its evidence gives */
	OPERAND_EVIDENCE, /* of a key: its evidence */
};

/* One text that a word stands for. */
struct operand {
	const char *name; /* what messages and results call it */
	const char *what; /* what it is, for people: "" or "the approved profile of web" */
	const char *path;       /* of a file; NULL: it is none */
	const struct buf *text; /* NULL: a file of a directory that cannot be read */
	const struct err *error; /* why */
};

/* Calls fn for each text behind the word: one, or for a directory that of each file below it whose name ends in .json,
 * .yaml, .yml or .conf, in order of name, names with a dot in front left out, links to files followed. Stops at the
 * first non-zero return and returns it. *ret_skipped counts the other files (may be NULL). A directory without any such
 * file is -ENOENT. */
int operand_each(struct cli *cli, const char *word, enum operand_want want, size_t max,
		 int (*fn)(const struct operand *op, void *arg, struct err *err), void *arg, size_t *ret_skipped,
		 struct err *err);

/* The one text behind a word; a directory is -EISDIR. *ret_what as above (may be NULL). */
int operand_read(struct cli *cli, const char *word, enum operand_want want, size_t max, struct buf *ret,
		 struct buf *ret_what, struct err *err);

#endif
