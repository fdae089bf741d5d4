/* A result that goes to a file of the user's. */
#ifndef SNUG_SHIM_CLI_SAVE_H
#define SNUG_SHIM_CLI_SAVE_H

#include "base/buf.h"
#include "base/err.h"
#include "shim/cli/common/cli.h"

#include <stddef.h>

/* Saves atomically. Nothing but a regular file is replaced: no device, no link; not one of the `count` files that were read
 * (names of other things among them do not count), and nothing in the state directory, whose files have their own writers. */
int save_output(const struct cli *cli, const char *path, const struct buf *text, const char *const *read, size_t count, struct err *err);

/* The same for a result that goes to standard output if `path` is NULL or "-". */
int save_or_print(struct cli *cli, const char *path, const struct buf *text, const char *const *read, size_t count, struct err *err);

#endif
