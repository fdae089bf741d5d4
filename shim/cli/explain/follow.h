/* `snug explain --follow`: reports what the kernel or a log says as it happens, until a signal or the end of the input. */
#ifndef SNUG_SHIM_CLI_FOLLOW_H
#define SNUG_SHIM_CLI_FOLLOW_H

#include "base/err.h"
#include "shim/cli/explain/explain.h"
#include "shim/common/config.h"

#include <stdbool.h>
#include <stddef.h>

struct follow_plan {
	const struct config *config;
	struct explain *x;        /* collects everything for the summary; its evaluator is already set if there is a profile */
	const char *const *paths; /* files; "-" is standard input; none: the kernel's audit stream, which requires root */
	size_t path_count;
	bool json;                /* one JSON object per line, for every record */
};

/* Follows files by name from their present end, through rotation and truncation. Writes a line to standard output for the first,
 * tenth, hundredth ... record of a kind, and for every sign of loss. SIGINT, SIGTERM or SIGHUP end it. Returns 0 or a negative
 * errno. */
int follow(const struct follow_plan *plan, struct err *err);

#endif
