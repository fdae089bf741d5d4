/* The runtime floor on disk: the evidence of canaries, one per runtime file, process shape, and way into a container. */
#ifndef SNUG_SHIM_CLI_FLOOR_H
#define SNUG_SHIM_CLI_FLOOR_H

#include "base/buf.h"
#include "base/err.h"
#include "seccomp/evidence/evidence.h"
#include "shim/cli/floor/ablation.h"

#include <stdbool.h>
#include <stddef.h>

struct floor {
	struct evidence *phase[FLOOR_PHASES]; /* NULL: never sampled */
	struct ablation ablation;             /* empty: which of the calls are needed has not been tried */
	bool catalogued;                      /* of the catalogue, not of canaries on this node */
};

struct floor_stat {
	size_t calls;                /* distinct calls of the runtime's own phase */
	size_t starts, execs;        /* complete ones of canaries */
	size_t silent, silent_execs; /* of them, those after the newest call of their phase was first seen */
};

void floor_done(struct floor *f); /* NULL is allowed */
#define cleanup_floor cleanup_with(floor_done)

bool floor_is_sampled(const struct floor *f);

/* Counts. */
void floor_evaluate(const struct floor *f, struct floor_stat *ret);

/* True if the call, of one phase's evidence, is the runtime's own. */
bool floor_is_call(const struct evidence_call *c);

/* The same call of the runtime's own in a phase, NULL if it was not seen there. */
const struct evidence_call *floor_find(const struct floor *f, enum floor_phase phase, const struct evidence_call *c);

/* What the runtime does with a call of its own, of one phase's evidence. */
enum floor_use floor_use(const struct floor *f, enum floor_phase phase, const struct evidence_call *c);

/* Puts the outcome of an ablation beside the evidence of its canaries. */
int floor_save_ablation(const char *state_dir, const char *runtime_id, const char *shape, const struct ablation *a,
			struct err *err);

/* The reasons of the newest run that is not complete, 0 if there is none. */
reason_set floor_reasons(const struct floor *f);

/* The key of a floor: "RUNTIME-ID/SHAPE-NAME", and behind it "/exec" for execs. Appends to ret. */
void floor_key(const char *runtime_id, const char *shape, enum floor_phase phase, struct buf *ret);

/* What the runtime says of itself in the newest run that knows it ("runc version 1.1.5;commit: ..."), "" if none does.
 */
const char *floor_version(const struct floor *f);

/* Appends a version as people say it: "runc 1.1.5". */
void floor_add_version(const char *version, struct buf *out);

/* Appends one sentence without its end: "floor of runc 1.1.5 (runc-...): 23 calls from 130 starts; ...". */
void floor_describe(const struct floor *f, const char *runtime_id, bool go, struct buf *out);

/* Loads the floor of a runtime and shape, with its ablation; *ret is empty if it was never sampled. */
int floor_load(const char *state_dir, const char *runtime_id, const char *shape, struct floor *ret, struct err *err);

#endif
