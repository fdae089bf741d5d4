/* `snug explain --follow`: what the kernel or a log says, told as it happens, until a signal or the log ends it. */
#ifndef SNUG_SHIM_CLI_FOLLOW_H
#define SNUG_SHIM_CLI_FOLLOW_H

#include "base/err.h"
#include "shim/cli/explain/explain.h"
#include "shim/common/config.h"

#include <stdbool.h>
#include <stddef.h>

struct follow_plan {
	const struct config *config;
	struct explain *x;        /* gathers everything, for the summary; with a profile its judge is there already */
	const char *const *paths; /* files, "-" is standard input; none: the kernel's audit stream, which takes root */
	size_t path_count;
	bool json;                /* a JSON object a line, and every record */
};

/* Files are followed by name from their present end: through rotation and truncation. A line is written to standard output for the first, tenth,
 * hundredth ... record of a kind, and for every sign of loss; SIGINT, SIGTERM or SIGHUP end it. */
int follow(const struct follow_plan *plan, struct err *err);

#endif
