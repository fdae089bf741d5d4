/* The proof before a profile is handed out: its bytes are read again, compiled by libseccomp and run by the BPF interpreter. */
#ifndef SNUG_SECCOMP_PROOF_H
#define SNUG_SECCOMP_PROOF_H

#include "base/buf.h"
#include "base/err.h"
#include "seccomp/evidence/evidence.h"
#include "seccomp/policy/policy.h"
#include "seccomp/profile/profile.h"

#include <stddef.h>

struct proof {
	const char *name;           /* what messages call the text */
	enum policy_format format;  /* in which it was written */
	const struct policy *meant; /* what the text should say, adapted to the format (seccomp/write/write.h) */
	/* Every call used in these must be allowed, for any arguments unless `meant` has rules on those; from floors, only the
	 * runtime's part counts. Calls without a name here or in libseccomp are left out: they are reported elsewhere. */
	const struct evidence *const *used;
	size_t used_count, floors_from; /* used[floors_from...] are floors */
	const struct arch *machine; /* calls of ABIs that do not run there are left out; NULL: none are */
	const struct profile_call *left_out; /* in the runtime's phase, need not be allowed */
	size_t left_out_count;
	unsigned without; /* as in struct profile_inputs */
};

/* Runs the proof. For every number on every ABI that `meant` lists: the text answers as `meant` does, whatever the arguments, and
 * a call that no rule of `meant` names gets its default. Every used call is allowed. -EILSEQ, with a message about the first
 * call for which this does not hold. */
int proof_text(const struct buf *text, const struct proof *proof, struct err *err);

/* The same for `after`, made by amend_profile() (seccomp/policy/amend.h): it must answer as `before` does, but for the names, which
 * it allows whatever their arguments. */
int proof_amended(const struct buf *before, const struct buf *after, const char *name, const char *const names[], size_t count,
		  struct err *err);

#endif
