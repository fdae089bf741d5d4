/* The runtime floor on disk: the evidence of canaries, one per runtime file and process shape. */
#ifndef SNUG_SHIM_CLI_FLOOR_H
#define SNUG_SHIM_CLI_FLOOR_H

#include "base/buf.h"
#include "base/err.h"
#include "seccomp/evidence.h"

#include <stdbool.h>
#include <stddef.h>

struct floor_stat {
	size_t calls;  /* distinct calls of the runtime's own phase */
	size_t starts; /* complete starts of canaries; an exec belongs to its container's */
	size_t silent; /* of them, those after the newest call was first seen */
};

/* Counts; ev may be NULL (all zero). */
void floor_judge(const struct evidence *ev, struct floor_stat *ret);

/* The reasons of the newest run that is not complete, 0 if there is none. */
reason_set floor_reasons(const struct evidence *ev);

/* The key of a floor: "RUNTIME-ID/SHAPE-NAME". Appends to ret. */
void floor_key(const char *runtime_id, const char *shape, struct buf *ret);

/* Appends one sentence without its end: "floor of runc 1.1.5 (runc-...): 23 calls from 130 starts; ...". ev may be
 * NULL. */
void floor_describe(const struct evidence *ev, const char *runtime_id, bool go, struct buf *out);

/* Loads the floor of a runtime and shape; *ret NULL and 0 if it was never sampled. */
int floor_load(const char *state_dir, const char *runtime_id, const char *shape, struct evidence **ret,
	       struct err *err);

#endif
