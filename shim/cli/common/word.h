/* A word of the command line: whether it is a key or a path, and the evidence that it names. */
#ifndef SNUG_SHIM_CLI_COMMON_WORD_H
#define SNUG_SHIM_CLI_COMMON_WORD_H

#include "seccomp/evidence/evidence.h"
#include "shim/cli/common/cli.h"

#include <stdbool.h>

/* True for a name that ends as profiles do: .json .yaml .yml .conf. */
bool word_has_suffix(const char *name);

/* True for a word that has the form of a path, whatever keys exist. */
bool word_is_path(const char *word);

/* True for a word that begins as no key can: /x ./x ../x. */
bool word_is_no_key(const char *word);

/* True if the key has evidence or an approved profile. */
bool word_is_key(const struct cli *cli, const char *word);

/* True for a word that has the form of a path, whatever keys exist, and names an existing file. */
bool word_is_file(const char *word);

/* Loads a key's evidence, after a sync, or that of a file (word_is_file()), perhaps made by `snug merge`. The caller frees *ret.
 * evidence_key() returns the key in the evidence. -ENOENT with a sentence that says where to look. */
int word_load_evidence(const struct cli *cli, const char *word, struct evidence **ret, struct err *err);

#endif
