/* One line of `snug explain --follow`: counts it for the summary, and reports it if it is news. */
#ifndef SNUG_SHIM_CLI_FOLLOW_LINE_H
#define SNUG_SHIM_CLI_FOLLOW_LINE_H

#include "seccomp/record/log_line.h"
#include "shim/cli/explain/follow.h"
#include "shim/cli/explain/lookup.h"

struct follow_out {
	const struct follow_plan *plan;
	struct lookup lookup; /* which containers the sessions belong to */
	struct err err;     /* the first failure; code 0: none */
};

/* A log_line_fn; arg is the struct follow_out. */
void follow_line(const struct log_line *line, void *arg);

/* True after a failure, which it copies to *err. */
bool follow_failed(const struct follow_out *out, struct err *err);

#endif
