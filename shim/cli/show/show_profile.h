/* `snug show pid:N` and `container:ID`: the filters of a live process. */
#ifndef SNUG_SHIM_CLI_SHOW_PROFILE_H
#define SNUG_SHIM_CLI_SHOW_PROFILE_H

#include "base/err.h"
#include "shim/cli/common/cli.h"

#include <stdbool.h>

/* Appends them to cli->out, in words or as the OCI profile that they amount to. Returns 0 or a negative errno. */
int show_live(struct cli *cli, const char *word, bool json, struct err *err);

#endif
