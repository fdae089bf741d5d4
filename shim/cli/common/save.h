/* Writes a result to a file that the user names. */
#ifndef SNUG_SHIM_CLI_SAVE_H
#define SNUG_SHIM_CLI_SAVE_H

#include "base/buf.h"
#include "base/err.h"
#include "shim/cli/common/cli.h"

#include <stddef.h>

/* Saves atomically. Replaces only regular files: no device, no link, none of the `count` files that were read (names in `read`
 * that are no files do not matter), and nothing in the state directory, which snug writes otherwise. Returns 0 or a negative
 * errno. */
int save_output(const struct cli *cli, const char *path, const struct buf *text, const char *const *read, size_t count, struct err *err);

/* The same, but if `path` is NULL or "-", appends the result to cli->out. */
int save_or_print(struct cli *cli, const char *path, const struct buf *text, const char *const *read, size_t count, struct err *err);

#endif
