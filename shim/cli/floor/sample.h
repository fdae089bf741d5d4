/* Samples a runtime's floor: starts canaries until enough starts in a row show no new call.
 *
 * A round has ten starts: seven by `run`, two by `create` and `start`, and one that also does five execs. Every second time, two
 * rounds run side by side, since what a runtime with its own scheduler calls depends on the load. Only starts with complete
 * evidence count. */
#ifndef SNUG_SHIM_CLI_SAMPLE_H
#define SNUG_SHIM_CLI_SAMPLE_H

#include "base/err.h"
#include "oci/runtime.h"
#include "shim/common/config.h"

#include <stdbool.h>
#include <stdint.h>

/* Stop when the last SILENT starts and the last SILENT / 2 execs showed nothing new, or after MAX starts. */
#ifndef SAMPLE_SILENT /* -Dcanaries=N, for tests in emulated machines */
#define SAMPLE_SILENT 60
#endif
#define SAMPLE_MAX    400

struct sample_plan {
	const struct config *config;
	const struct oci_runtime *runtime;
	const char *shape; /* JSON of oci_spec_shape() */
	uint64_t silent, max;
};

/* Samples, with progress on stderr; the floor's evidence has the results, even after an error. Samplings wait for each other.
 * *ret_confidence: the rule was met before MAX. SIGINT, SIGTERM and SIGHUP end it with -EINTR after cleaning up. Returns 0 or a
 * negative errno. */
int sample_floor(const struct sample_plan *plan, bool *ret_confidence, struct err *err);

#endif
