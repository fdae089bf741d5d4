/* A result that goes to a file of the user's. */
#ifndef SNUG_SHIM_CLI_SAVE_H
#define SNUG_SHIM_CLI_SAVE_H

#include "base/buf.h"
#include "base/err.h"

/* Saves atomically. Nothing but a regular file is replaced: no device, no link. */
int save_output(const char *path, const struct buf *text, struct err *err);

#endif
