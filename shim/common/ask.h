/* Runs a program of this node and reads its output: the runtime's --version, its features. */
#ifndef SNUG_SHIM_ASK_H
#define SNUG_SHIM_ASK_H

#include "base/buf.h"

#include <stddef.h>

#define ASK_TIMEOUT_MS 10000

/* Runs `path argument` with a bare environment and appends its standard output, at most max bytes, to *ret. stdin and stderr are /dev/null.
 * Returns 0, -ETIMEDOUT (the program is killed then), -ECHILD if it did not exit with status 0, -EFBIG, or another errno.
 */
int ask_program(const char *path, const char *argument, size_t max, struct buf *ret);

/* The same for --version: the first 1 KiB, printable, its lines joined by ';'. */
int ask_version(const char *path, struct buf *ret);

#endif
