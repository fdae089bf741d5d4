/* A profile: which calls are allowed on which architectures, everything else answered with one errno; and its OCI form
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

/* Where a name comes from; a name can have several. */
enum profile_source {
	PROFILE_FROM_WORKLOAD = 1 << 0,
	PROFILE_FROM_RUNTIME = 1 << 1, /* the learnt runs' own runtime phase, hooks included */
	PROFILE_FROM_FLOOR = 1 << 2,   /* sampled by canaries, or of the static set */
	PROFILE_FROM_ALWAYS = 1 << 3,
	PROFILE_FROM_FILE = 1 << 4,    /* read by profile_parse_oci */
	PROFILE_FROM_ASSUMED = 1 << 5, /* of the hot set: let pass while learning, seen by nobody */
};

struct profile_rule {
	char name[48];
	unsigned sources; /* of profile_source */
	bool masked;      /* allowed only if (argument `index` & mask) == value */
	unsigned index;
	uint64_t mask, value;
};

struct profile; /* opaque */

/* New and empty; errno_ret is what a denied call gets, 1 to 4095 (else -EINVAL). */
int profile_new(uint32_t errno_ret, struct profile **ret, struct err *err);
void profile_free(struct profile *p); /* NULL is allowed */
DEFINE_CLEANUP(profile, struct profile *, profile_free)
#define cleanup_profile cleanup_with(profile_cleanup)

/* Adds; sources are united. A full rule swallows the masked ones of the same name; masked ones that differ stand side
 * by side, and either of them allows. A name, index or mask that cannot be meant is -EINVAL. */
int profile_allow(struct profile *p, const char *name, unsigned source, struct err *err);
int profile_allow_masked(struct profile *p, const char *name, unsigned index, uint64_t mask, uint64_t value,
			 unsigned source, struct err *err);
void profile_add_arch(struct profile *p, const struct arch *arch); /* the first one is the native one */
bool profile_has_arch(const struct profile *p, const struct arch *arch);
size_t profile_arches(const struct profile *p, const struct arch *const **ret); /* native first, then by id */
uint32_t profile_errno(const struct profile *p);

/* Rules in order of name; the array belongs to the profile. */
size_t profile_rules(const struct profile *p, const struct profile_rule **ret);

/* The rule of that name: the full one, or the first masked one; NULL if not allowed. Both belong to the profile until
 * it changes. */
const struct profile_rule *profile_find(const struct profile *p, const char *name);

/* A call by its number. */
struct profile_call {
	const struct arch *arch;
	uint32_t nr;
};

/* What to build a profile from. */
struct profile_inputs {
	/* The key's; may be NULL. Used calls of all phases count, audited and denied ones do not. */
	const struct evidence *evidence;
	const struct evidence *const *floors; /* evidence of canaries: its runtime and hook phases count; may be NULL */
	size_t floor_count;
	/* Calls of the runtime's that it was proved to do without: taken neither from a floor nor from the runtime's part of
	 * the evidence. */
	const struct profile_call *left_out;
	size_t left_out_count;
	bool go;            /* a runtime of the evidence or a floor is a Go program: its static set */
	uint32_t errno_ret; /* 38 ENOSYS or 1 EPERM */
};

/* Builds it: learnt calls, floors, the static set, and the always-set over the result. A call of which the workload alone was
 * seen to need no more than the harmless form (seccomp/evidence/unlogged_proof.h: narrow) is allowed in that form, or not at all where
 * that is ENOSYS and the fall-back was seen. Of a hot set what is still assumed is allowed. Architectures are those on
 * which the evidence (without any used call in it: the floors, else this machine) shows a used call, that of the
 * init's execve first. From floors and sets only what one of these has is taken. Calls that nobody can name are left
 * out and appended to unnamed as lines "arch nr\n", each once (unnamed may be NULL). */
int profile_build(const struct profile_inputs *in, struct profile **ret, struct buf *unnamed, struct err *err);

/* Appends the plain OCI form: defaultAction SCMP_ACT_ERRNO, defaultErrnoRet, architectures (native first), syscalls
 * with names in alphabetical order, one per line; ends in a newline. The same profile always gives the same bytes. */
int profile_write_oci(const struct profile *p, struct buf *out, struct err *err);

/* Reads what profile_write_oci wrote (strictly that subset; anything else is refused with file, line and path). */
int profile_parse_oci(const char *text, size_t len, const char *name, struct profile **ret, struct err *err);

/* The policy that a profile is, called `name` in messages. */
struct policy;
int profile_to_policy(const struct profile *p, const char *name, struct policy **ret, struct err *err);

#endif
