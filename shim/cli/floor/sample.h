/* Sampling a runtime's floor: canaries are started until enough starts in a row have shown no new call.
 *
 * Rounds of ten starts (seven by `run`, two by `create` and `start`, and one that also takes five execs), every second round two of
 * them beside each other: what a runtime with a scheduler of its own calls depends on the load. Only starts whose evidence is
 * complete count.
 */
#ifndef SNUG_SHIM_CLI_SAMPLE_H
#define SNUG_SHIM_CLI_SAMPLE_H

#include "base/err.h"
#include "oci/runtime.h"
#include "shim/common/config.h"

#include <stdbool.h>
#include <stdint.h>

/* Stop when the last SILENT starts and the last SILENT / 2 execs showed nothing new, at most after MAX starts. */
#define SAMPLE_SILENT 60
#define SAMPLE_MAX    400

struct sample_plan {
	const struct config *config;
	const struct oci_runtime *runtime;
	const char *shape; /* JSON of oci_spec_shape() */
	uint64_t silent, max;
};

/* Samples, with progress on stderr; what is found is in the floor's evidence, also after an error. Samplings wait for
 * each other. *ret_confidence tells whether the rule was met before MAX. SIGINT, SIGTERM and SIGHUP end it with -EINTR
 * after cleaning up. */
int sample_floor(const struct sample_plan *plan, bool *ret_confidence, struct err *err);

#endif
