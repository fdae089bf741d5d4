/* Known calls: which of the calls that a key is known to use a new run's filter leaves unlogged, so that they cost nothing and
 * only what is new shows. The rules are in seccomp/evidence/unlogged_proof.h. */
#ifndef SNUG_SECCOMP_LEARNING_UNLOGGED_CALLS_H
#define SNUG_SECCOMP_LEARNING_UNLOGGED_CALLS_H

#include "base/buf.h"
#include "base/err.h"
#include "seccomp/evidence/evidence.h"

#include <stdbool.h>
#include <stddef.h>

struct unlogged_calls_wish {
	bool experiments;      /* forms of ARGUMENT_ENOSYS may be tried */
	bool loud;             /* log everything except the forms without which nothing can be learnt about arguments */
	bool counted;          /* the kernel counts the calls of the run: common.csv and all harmless forms may be unlogged, and nothing is assumed */
	const char **hot;      /* the hot set; may be NULL */
	size_t hot_count;
};

/* Appends what a new run may leave unlogged, a JSON object on one line:
 *   {"upto":40,"digest":"...","count":35,"names":[...],"forms":["clone:0:..."],"assumed":[...],"confirming":[...],"counted":true}
 * names: unlogged completely; forms: unlogged in their harmless form only. Returns 0 or a negative errno. */
int unlogged_calls_offer(const struct evidence *ev, const struct unlogged_calls_wish *wish, struct buf *out, struct err *err);

#endif
