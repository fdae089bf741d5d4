/* A profile: the calls that are allowed on some architectures, with one errno for everything else; and its OCI form
 * (runtime-spec config-linux.md, "Seccomp").
 */
#ifndef SNUG_SECCOMP_PROFILE_H
#define SNUG_SECCOMP_PROFILE_H

#include "base/buf.h"
#include "base/err.h"
#include "seccomp/syscall/arch.h"
#include "seccomp/evidence/evidence.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where a name comes from; it can have several sources. */
enum profile_source {
	PROFILE_FROM_WORKLOAD = 1 << 0,
	PROFILE_FROM_RUNTIME = 1 << 1, /* the runtime phase of the learnt runs, hooks included */
	PROFILE_FROM_FLOOR = 1 << 2,   /* sampled by canaries, or from the static set */
	PROFILE_FROM_ALWAYS = 1 << 3,
	PROFILE_FROM_FILE = 1 << 4,    /* read by profile_parse_oci */
	PROFILE_FROM_ASSUMED = 1 << 5, /* from the hot set: unlogged while learning, never seen */
	PROFILE_FROM_EXEC = 1 << 6,    /* an exec used it: a probe, a lifecycle hook, or a person */
};

struct profile_rule {
	char name[48];
	unsigned sources; /* bits of enum profile_source */
	bool masked;      /* allowed only if (argument `index` & mask) == value */
	unsigned index;
	uint64_t mask, value;
};

struct profile; /* opaque */

/* Makes an empty profile; errno_ret is what a denied call gets, 1 to 4095 (else -EINVAL). */
int profile_new(uint32_t errno_ret, struct profile **ret, struct err *err);
void profile_free(struct profile *p); /* NULL is allowed */
DEFINE_CLEANUP(profile, struct profile *, profile_free)
#define cleanup_profile cleanup_with(profile_cleanup)

/* Add a rule; sources are united. A full rule replaces masked ones of the same name; several different masked ones are kept,
 * and any of them allows. -EINVAL for an impossible name, index or mask. */
int profile_allow(struct profile *p, const char *name, unsigned source, struct err *err);
int profile_allow_masked(struct profile *p, const char *name, unsigned index, uint64_t mask, uint64_t value,
			 unsigned source, struct err *err);
void profile_add_arch(struct profile *p, const struct arch *arch); /* the first one added is the native one */
bool profile_has_arch(const struct profile *p, const struct arch *arch);
size_t profile_arches(const struct profile *p, const struct arch *const **ret); /* native first, then by id */
uint32_t profile_errno(const struct profile *p);

/* Rules, sorted by name; the array belongs to the profile. */
size_t profile_rules(const struct profile *p, const struct profile_rule **ret);

/* The rule of that name: the full one, or the first masked one; NULL if not allowed. It belongs to the profile and is valid
 * until that changes. */
const struct profile_rule *profile_find(const struct profile *p, const char *name);

/* A call by its number. */
struct profile_call {
	const struct arch *arch;
	uint32_t nr;
};

/* What to build a profile from. */
struct profile_inputs {
	/* The key's; may be NULL. Calls that were used count, in all phases; audited and denied ones do not. */
	const struct evidence *evidence;
	const struct evidence *const *floors; /* evidence of canaries: its runtime and hook phases count; may be NULL */
	size_t floor_count;
	/* Calls that the runtime was proved not to need: taken neither from a floor nor from the runtime's part of the
	 * evidence. */
	const struct profile_call *left_out;
	size_t left_out_count;
	unsigned without; /* bits 1 << enum evidence_phase, of execs: what only these did is left out; their ABIs are not */
	const struct arch *machine; /* only calls of the ABIs that run there count; NULL: those of every machine */
	bool go;            /* a runtime of the evidence or a floor is a Go program: add the static set */
	uint32_t errno_ret; /* 38 ENOSYS or 1 EPERM */
};

/* Builds a profile from learnt calls, floors, the static set, and the always-set for the result. A call that only the workload
 * uses, and that is narrow (seccomp/evidence/unlogged_proof.h), is allowed in its harmless form, or not at all if that is ENOSYS
 * and the fallback was seen. Calls of a hot set that are still assumed are allowed. The architectures are those with a used call
 * in the evidence (if there is none: in the floors, else this machine's), that of the init's execve first. From floors and sets,
 * only calls that one of these architectures has are taken. Calls without a known name are left out and appended to unnamed
 * (may be NULL) as lines "arch nr\n", without duplicates. */
int profile_build(const struct profile_inputs *in, struct profile **ret, struct buf *unnamed, struct err *err);

/* Appends the OCI form: defaultAction SCMP_ACT_ERRNO, defaultErrnoRet, architectures (native first), syscalls
 * with names in alphabetical order, one per line, and a newline at the end. The same profile always gives the same bytes. */
int profile_write_oci(const struct profile *p, struct buf *out, struct err *err);

/* Reads what profile_write_oci() wrote; anything else is -EINVAL, with file, line and path. */
int profile_parse_oci(const char *text, size_t len, const char *name, struct profile **ret, struct err *err);

/* Converts a profile to a policy, called `name` in messages. */
struct policy;
int profile_to_policy(const struct profile *p, const char *name, struct policy **ret, struct err *err);

#endif
