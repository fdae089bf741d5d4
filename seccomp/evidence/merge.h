/* Merges several evidence files of the same program, from several nodes or times, into one.
 *
 * A run that several of them contain is one run. Their calls are united and the counts added, except for files that share a
 * run, where one may be a later copy of the other: there the higher count is taken, so that nothing counts twice. The verdict
 * is never better than the worst of theirs: if one is not complete, the newest learning run of the result is stamped
 * REASON_MERGED.
 *
 * Runs with unlogged calls (seccomp/evidence/unlogged_proof.h) stay as they are, and none proves more than its own evidence
 * did: arguments are narrow if they are narrow in every file whose workload made the call, and wide if they are wide in one; a
 * name that one file still assumes is assumed unless another has seen it, even if a third found it absent. So an older copy
 * takes back what a newer one has proved since.
 */
#ifndef SNUG_SECCOMP_EVIDENCE_MERGE_H
#define SNUG_SECCOMP_EVIDENCE_MERGE_H

#include "base/err.h"
#include "seccomp/evidence/evidence.h"

#include <stddef.h>

/* What one of them contributed. */
struct evidence_merged {
	size_t runs, shared_runs; /* its own, and those of them that an earlier one has too */
	size_t new_calls;         /* (arch, number) that none before it used */
};

/* Merges `count` of them (at least one) under a key; the caller frees *ret. `merged` has room for `count`, or is NULL. The shape is that of the
 * newest learning run that has one. Returns 0, -ENOMEM, -EINVAL (the key), or -ENOSPC if the result
 * exceeds the limits of a file. */
int evidence_merge(const struct evidence *const in[], size_t count, const char *key, struct evidence_merged merged[],
		   struct evidence **ret, struct err *err);

#endif
