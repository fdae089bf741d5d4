/* A word of the command line, by its looks: a key's name or a path; and the evidence that it names. */
#ifndef SNUG_SHIM_CLI_COMMON_WORD_H
#define SNUG_SHIM_CLI_COMMON_WORD_H

#include "seccomp/evidence/evidence.h"
#include "shim/cli/common/cli.h"

#include <stdbool.h>

/* True for a name that ends as profiles do: .json .yaml .yml .conf. */
bool word_has_suffix(const char *name);

/* True for a word that is a path by its form, whatever keys there are. */
bool word_is_path(const char *word);

/* True for a word that begins as no key does: /x ./x ../x. */
bool word_is_no_key(const char *word);

/* True if something is known of a key of that name: evidence, or an approved profile. */
bool word_is_key(const struct cli *cli, const char *word);

/* True for a word that is a path by its form, whatever keys there are, and leads to a file. */
bool word_is_file(const char *word);

/* Loads a key's evidence after a sync, or that of a file (word_is_file()), which `snug merge` may have made. -ENOENT: a sentence that
 * says where to look. Its own key is evidence_key()'s. */
int word_load_evidence(const struct cli *cli, const char *word, struct evidence **ret, struct err *err);

#endif
