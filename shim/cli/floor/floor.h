/* The runtime floor on disk: the evidence of canaries, for each runtime file, process shape, and start or exec; and apart from
 * root's the rootless one, since a runtime makes other calls for a caller who is not root of the node. */
#ifndef SNUG_SHIM_CLI_FLOOR_H
#define SNUG_SHIM_CLI_FLOOR_H

#include "base/buf.h"
#include "base/err.h"
#include "seccomp/evidence/evidence.h"
#include "shim/cli/floor/ablation.h"

#include <stdbool.h>
#include <stddef.h>

/* Which floor. */
struct floor_id {
	const char *state_dir, *runtime_id;
	const char *shape; /* JSON of oci_spec_shape() */
	bool rootless;
};

/* That of this caller's canaries. */
struct floor_id floor_id_here(const char *state_dir, const char *runtime_id, const char *shape);

struct floor {
	struct evidence *phase[FLOOR_PHASES]; /* NULL: never sampled */
	struct ablation ablation;             /* empty: not tried which calls are needed */
	bool catalogued;                      /* from the catalogue, not from canaries on this node */
	bool rootless;                        /* of starts by a caller who is not root of the node */
};

struct floor_stat {
	size_t calls;                /* distinct calls of the runtime phase */
	size_t starts, execs;        /* complete ones of canaries */
	size_t silent, silent_execs; /* of these, the ones that began after the newest call of their phase was first seen */
};

void floor_done(struct floor *f); /* NULL is allowed */
#define cleanup_floor cleanup_with(floor_done)

bool floor_is_sampled(const struct floor *f);

/* Counts calls, starts and execs. */
void floor_evaluate(const struct floor *f, struct floor_stat *ret);

/* True if the call, from the evidence of one phase, is the runtime's own. */
bool floor_is_call(const struct evidence_call *c);

/* The same call of the runtime in another phase; NULL: not seen there. */
const struct evidence_call *floor_find(const struct floor *f, enum floor_phase phase, const struct evidence_call *c);

/* How the runtime uses one of its own calls, from the evidence of one phase. */
enum floor_use floor_use(const struct floor *f, enum floor_phase phase, const struct evidence_call *c);

/* Saves an ablation next to the evidence of its canaries. Returns 0 or a negative errno. */
int floor_save_ablation(const struct floor_id *id, const struct ablation *a, struct err *err);

/* The reasons of the newest run that is not complete; 0: there is none. */
reason_set floor_reasons(const struct floor *f);

/* Appends the key of a floor: "RUNTIME-ID/SHAPE-NAME" or "RUNTIME-ID/rootless-SHAPE-NAME", with "/exec" appended for execs. */
void floor_key(const struct floor_id *id, enum floor_phase phase, struct buf *ret);

/* The runtime's version text from the newest run that has one ("runc version 1.1.5;commit: ..."); "": none. */
const char *floor_version(const struct floor *f);

/* Appends a version as people say it: "runc 1.1.5". */
void floor_add_version(const char *version, struct buf *out);

/* Appends a sentence without its full stop: "floor of runc 1.1.5 (runc-...): 23 calls from 130 starts; ...", or "rootless floor of ...". */
void floor_describe(const struct floor *f, const char *runtime_id, bool go, struct buf *out);

/* Loads a floor, with its ablation; *ret is empty if it was never sampled. The caller frees it with floor_done(). Returns 0 or a
 * negative errno. */
int floor_load(const struct floor_id *id, struct floor *ret, struct err *err);

#endif
