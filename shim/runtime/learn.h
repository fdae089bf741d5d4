/* What the recorder answers before a learning container's filter is made: whether its key is still being learnt, and what may be
 * unlogged. */
#ifndef SNUG_SHIM_RUNTIME_LEARN_H
#define SNUG_SHIM_RUNTIME_LEARN_H

#include "base/buf.h"
#include "base/err.h"
#include "base/json/json.h"
#include "oci/spec.h"
#include "seccomp/learning/section.h"
#include "shim/runtime/plan.h"

#include <stdbool.h>

struct learn {
	struct buf answer;
	struct json_doc *doc;
	const struct json *unlogged;    /* NULL: nothing may be unlogged */
	struct learning_unlogged allow; /* the same, for the makers of sections */
	bool over;                   /* learn_for has passed since the key's first learning run */
};

/* Asks, and starts the recorder if none runs: this process is in no session of a container's yet. *recorder: as client_ask_over() has it.
 * *ret is to be freed whatever is returned. */
int learn_ask(const struct plan *p, const struct oci_spec *spec, const char *key, int *recorder, struct learn *ret, struct err *err);

/* Appends the value of "quiet" for the registration: what was offered, with the forms that were applied; or nothing. */
void learn_tell(const struct learn *l, struct buf *out);

void learn_done(struct learn *l);

/* Writes the member "hot" of a request: true, the names, or nothing. */
void learn_write_hot(const struct config *c, struct json_writer *w);

#endif
