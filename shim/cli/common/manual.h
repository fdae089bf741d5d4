/* What is made of the tables of commands and options besides `--help`: manual pages, and the list that shells complete from. */
#ifndef SNUG_SHIM_CLI_MANUAL_H
#define SNUG_SHIM_CLI_MANUAL_H

#include "base/buf.h"
#include "shim/cli/common/cli.h"

/* Appends a page for man(1) in troff. */
void manual_page(const struct cli_command *cmd, struct buf *out);

/* Appends one line for each command: its name, its options, those with a value ended by '='. */
void manual_list(const struct cli_command *const *cmds, size_t count, struct buf *out);

#endif
