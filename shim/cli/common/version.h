/* What `snug --version` prints: this build, and the libraries that it uses. */
#ifndef SNUG_SHIM_CLI_COMMON_VERSION_H
#define SNUG_SHIM_CLI_COMMON_VERSION_H

#include "base/buf.h"

/* Appends the lines. The first one is "snug VERSION". */
void version_add(struct buf *out);

#endif
