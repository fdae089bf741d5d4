/* What else is generated from the tables of commands and options: manual pages, and the list that shells complete from. */
#ifndef SNUG_SHIM_CLI_MANUAL_H
#define SNUG_SHIM_CLI_MANUAL_H

#include "base/buf.h"
#include "shim/cli/common/cli.h"

/* Appends a page for man(1) in troff. */
void manual_page(const struct cli_command *cmd, struct buf *out);

/* Appends one line per command: its name and its options; an option with a value ends in '='. */
void manual_list(const struct cli_command *const *cmds, size_t count, struct buf *out);

#endif
