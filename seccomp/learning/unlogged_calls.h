/* Known calls: which of the calls that a key is known to use a new run's filter lets pass unlogged, so that they cost nothing and only
 * what is new shows. The rules of it: seccomp/evidence/unlogged_proof.h. */
#ifndef SNUG_SECCOMP_LEARNING_UNLOGGED_CALLS_H
#define SNUG_SECCOMP_LEARNING_UNLOGGED_CALLS_H

#include "base/buf.h"
#include "base/err.h"
#include "seccomp/evidence/evidence.h"

#include <stdbool.h>
#include <stddef.h>

struct unlogged_calls_wish {
	bool experiments;      /* forms of ARGUMENT_ENOSYS may be tried */
	bool loud;             /* nothing is to be quiet but the forms without which a record would tell nothing */
	bool counted;          /* the kernel counts the calls of the run: common.csv and all harmless forms may be quiet, and nothing is assumed */
	const char **hot;      /* the hot set; may be NULL */
	size_t hot_count;
};

/* Appends what a new run may have quiet, a JSON object on one line:
 *   {"upto":40,"digest":"...","count":35,"names":[...],"forms":["clone:0:..."],"assumed":[...],"confirming":[...],"counted":true}
 * names: to be let pass whole; forms: to be let pass in their harmless form only. */
int unlogged_calls_offer(const struct evidence *ev, const struct unlogged_calls_wish *wish, struct buf *out, struct err *err);

#endif
