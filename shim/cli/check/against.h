/* What a profile is checked against: the floors of the runtimes that will use it, sampled here, of the catalogue, or of
 * another node. */
#ifndef SNUG_SHIM_CLI_CHECK_AGAINST_H
#define SNUG_SHIM_CLI_CHECK_AGAINST_H

#include "base/err.h"
#include "shim/cli/floor/floor_file.h"
#include "shim/common/config.h"

#include <stdbool.h>

/* All pointers are the caller's. */
struct against {
	const struct config *config;
	struct floor_file *floors; /* what follows adds to it; but for against_file(), its machine has been set */
	bool sample;               /* start containers if a runtime was not sampled here */
	bool tell_rootless;        /* say on stderr that a runtime was sampled as an ordinary user's */
};

/* A runtime by its path, its name, or its release (runc-1.3.6). arg: struct against. */
int against_named(const char *name, void *arg, struct err *err);

/* The configured runtime, or one in the usual places. If there is none, that is no error: everything else can be
 * checked. */
int against_default(struct against *a, struct err *err);

/* What `snug floor --json` printed on a node. */
int against_file(struct against *a, const char *path, struct err *err);

#endif
