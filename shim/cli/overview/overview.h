/* `snug` without a command: the three things that may want somebody's attention. */
#ifndef SNUG_SHIM_CLI_OVERVIEW_H
#define SNUG_SHIM_CLI_OVERVIEW_H

#include "base/err.h"
#include "shim/cli/common/cli.h"

#define OVERVIEW_KEYS 5 /* named per section */

/* Reads the state directory, after a sync. Returns an exit status or a negative errno. */
int overview(struct cli *cli, struct err *err);

#endif
