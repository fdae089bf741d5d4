/* The proof before a profile is handed out: the very bytes are read again, compiled by libseccomp, and run on the BPF
 * interpreter. */
#ifndef SNUG_SECCOMP_PROOF_H
#define SNUG_SECCOMP_PROOF_H

#include "base/buf.h"
#include "base/err.h"
#include "seccomp/evidence/evidence.h"
#include "seccomp/policy/policy.h"
#include "seccomp/profile/profile.h"

#include <stddef.h>

struct proof {
	const char *name;           /* how messages call the text */
	enum policy_format format;  /* that was written */
	const struct policy *meant; /* what the text is to say, adapted to the form (seccomp/write/write.h) */
	/* All that these show used must be allowed, for any arguments unless `meant` has rules on those; of floors only the
	 * runtime's part. Calls without a name here or in libseccomp are left out: those are reported. */
	const struct evidence *const *used;
	size_t used_count, floors_from; /* used[floors_from...] are floors */
	const struct profile_call *left_out; /* of the runtime's phase: need not be allowed */
	size_t left_out_count;
};

/* Runs it. Over every number of every ABI that `meant` lists: the text answers as `meant` does, whatever the arguments;
 * a call that no rule of `meant` names gets its default; over all that was used: allowed. -EILSEQ with a sentence for the
 * first that is not so. */
int proof_text(const struct buf *text, const struct proof *proof, struct err *err);

#endif
