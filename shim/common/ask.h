/* What a program of this node's says when it is asked: the runtime's --version, its features. */
#ifndef SNUG_SHIM_ASK_H
#define SNUG_SHIM_ASK_H

#include "base/buf.h"

#include <stddef.h>

#define ASK_TIMEOUT_MS 10000

/* Runs `path argument` with a bare environment and appends its standard output, at most max bytes, to *ret. The rest is /dev/null.
 * Returns 0, -ETIMEDOUT (it is killed then), -ECHILD if it ended otherwise than with status 0, -EFBIG, or another negative errno.
 */
int ask_program(const char *path, const char *argument, size_t max, struct buf *ret);

/* The same for --version: its first 1 KiB, on one line, its lines joined by ';', printable. */
int ask_version(const char *path, struct buf *ret);

#endif
