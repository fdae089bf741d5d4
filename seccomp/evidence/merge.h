/* Several evidences of the same thing, from several nodes or times, as one.
 *
 * A run that several of them hold is one run. Their calls are united: times add up, except between evidences that share
 * a run, of which one may be a later copy of the other: there the higher count stands, so that nothing counts twice.
 * The verdict of the result is never better than the worst of theirs: where one is not complete the newest learning run
 * of the result is stamped REASON_MERGED.
 *
 * Runs that let known calls pass unlogged (seccomp/evidence/unlogged_proof.h) stay what they were, and none of them proves more than its own evidence:
 * arguments are narrow where they are so in each evidence whose workload made the call, and wide where they are so in one; a name that
 * one still assumes is assumed, unless another has seen it, whichever found it absent. An older copy of an evidence therefore
 * takes back what its newer one has proved since.
 */
#ifndef SNUG_SECCOMP_EVIDENCE_MERGE_H
#define SNUG_SECCOMP_EVIDENCE_MERGE_H

#include "base/err.h"
#include "seccomp/evidence/evidence.h"

#include <stddef.h>

/* What became of one of them. */
struct evidence_merged {
	size_t runs, shared_runs; /* its own; of them those that an earlier one holds too */
	size_t new_calls;         /* (arch, number) that are used in none before it */
};

/* Merges `count` of them (at least one) under a key. `merged` has room for `count`, or is NULL. The shape is that of the
 * newest learning run that has one. Returns 0, -ENOMEM, -EINVAL (the key), or -ENOSPC where together they hold more than a file may. */
int evidence_merge(const struct evidence *const in[], size_t count, const char *key, struct evidence_merged merged[],
		   struct evidence **ret, struct err *err);

#endif
