/* What the canaries of a sampling have in common. */
#ifndef SNUG_SHIM_CLI_CANARY_PLAN_H
#define SNUG_SHIM_CLI_CANARY_PLAN_H

#include "oci/runtime.h"
#include "shim/common/client.h"
#include "shim/common/config.h"

#include <stdbool.h>

struct canary_plan {
	const struct config *config;
	const struct oci_runtime *runtime;
	const char *shape; /* JSON of oci_spec_shape() */
	const char *key, *exec_key; /* of the floor's evidence, for starts and for execs */
	enum client_server recorder;
	bool rootless; /* the caller is not root of the node */
	int signal_fd; /* when it is readable, stop with -EINTR */
};

#endif
