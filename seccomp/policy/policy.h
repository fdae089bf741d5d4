/* A policy: a seccomp profile as anybody may have written it. All readers fill this model, all writers write it, and the
 * compiler (seccomp/filter/filter.h) turns it into a function from a call to an answer. snug's own profiles are allow-lists
 * (seccomp/profile/profile.h); profile_to_policy() converts them.
 *
 * It keeps what was written: the order of rules, names known or not, Docker's conditions (moby profiles/seccomp/seccomp.go,
 * containers/common pkg/seccomp/types.go) and the place of each rule. What a reader ignores rather than refuse the whole is
 * kept as a remark. All strings belong to the policy.
 */
#ifndef SNUG_SECCOMP_POLICY_H
#define SNUG_SECCOMP_POLICY_H

#include "base/cleanup.h"
#include "base/err.h"
#include "seccomp/syscall/arch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POLICY_ARGS_MAX  6     /* arguments of a system call */
#define POLICY_ERRNO_MAX 4095  /* include/linux/err.h MAX_ERRNO */

enum policy_format {
	POLICY_OCI,       /* runtime-spec config-linux.md "Seccomp", as a Kubernetes localhost file is read */
	POLICY_CONFIG,    /* the same in a whole config.json */
	POLICY_DOCKER,    /* Docker's and containers/common's: archMap, includes, excludes, minKernel, name, errno */
	POLICY_SPO,       /* a SeccompProfile of security-profiles-operator; written as v1 */
	POLICY_EVIDENCE,  /* snug's own evidence: the learnt calls */
	POLICY_SYSTEMD,   /* a drop-in with SystemCallFilter= */
	POLICY_SPO_V1BETA1,  /* only written: a SeccompProfile for operators before 1.0 */
	POLICY_LIBSECCOMP_C, /* only written: C for libseccomp */
	POLICY_FORMATS,
};
const char *policy_format_name(enum policy_format f); /* "oci" "config.json" "docker" "spo" "evidence" "systemd" ... */

enum policy_action {
	POLICY_ALLOW,
	POLICY_LOG,
	POLICY_ERRNO,
	POLICY_TRAP,
	POLICY_TRACE,
	POLICY_NOTIFY,
	POLICY_KILL_THREAD, /* SCMP_ACT_KILL too */
	POLICY_KILL_PROCESS,
	POLICY_ACTIONS,
};
const char *policy_action_name(enum policy_action a); /* "SCMP_ACT_ALLOW" ... */
int policy_action_by_name(const char *name, enum policy_action *ret); /* 0 or -ENOENT */

enum policy_op { POLICY_NE, POLICY_LT, POLICY_LE, POLICY_EQ, POLICY_GE, POLICY_GT, POLICY_MASKED_EQ, POLICY_OPS };
const char *policy_op_name(enum policy_op op); /* "SCMP_CMP_NE" ... */
int policy_op_by_name(const char *name, enum policy_op *ret); /* 0 or -ENOENT */

/* The errno for a name ("ENOSYS") or a decimal number as text. Returns 0 or -ENOENT. policy_errno_name(): NULL if unknown. */
int policy_errno_by_name(const char *name, uint32_t *ret);
const char *policy_errno_name(uint32_t number);

struct policy_answer {
	enum policy_action action;
	bool has_errno; /* the file sets it; without it, ERRNO and TRACE answer with EPERM (runc, crun) */
	uint32_t errno_ret;
};

/* The comparison by which runtimes leave out a rule that answers as the default does. */
bool policy_same_answer(const struct policy_answer *a, const struct policy_answer *b);

/* One comparison; for MASKED_EQ, `value` is the mask and `value_two` what the masked argument must be equal to. */
struct policy_arg {
	unsigned index;
	enum policy_op op;
	uint64_t value, value_two;
};

/* Docker's conditions on a rule. Empty ones (all zero) always hold. */
struct policy_condition {
	char **caps, **arches; /* arches by Go's names: "amd64" */
	size_t cap_count, arch_count;
	bool has_kernel;
	unsigned kernel[2]; /* minKernel: major, minor */
};

struct policy_rule {
	char **names; /* as written, "" for null; empty only if the file has none */
	size_t name_count;
	struct policy_answer answer;
	struct policy_arg *args; /* all must hold; if an index appears twice, any of them (as in the runtimes) */
	size_t arg_count;
	struct policy_condition includes, excludes;
	char *comment;    /* NULL: none */
	bool legacy_name; /* written as "name" */
	size_t line;      /* of the rule; 0: not read from a text */
	char *path;       /* "linux.seccomp.syscalls[3]"; NULL likewise */
};

/* What a reader has kept but does not use. */
enum policy_remark_kind {
	POLICY_UNKNOWN_FIELD,    /* no reader of this format knows it */
	POLICY_UNKNOWN_ARCH,     /* runc and crun refuse the profile */
	POLICY_ARCH_SPELLING,    /* a spelling that only crun accepts: without SCMP_ARCH_, in lower case */
	POLICY_NEWER_ARCH,       /* libseccomp knows it since 2.6, and runc by a table of its own */
	POLICY_CRUN_ARCH,        /* the same without a place in runc's table */
	POLICY_UNKNOWN_MACHINE,  /* an archMap entry for an unknown machine: no other reader accepts it */
	POLICY_TWO_ARCH_LISTS,   /* archMap beside architectures: Docker and Podman refuse the profile, runtimes ignore archMap */
	POLICY_UNKNOWN_FLAG,
	POLICY_UNKNOWN_NAME,     /* no kernel known to snug has the call */
	POLICY_UNNAMED_CALL,     /* evidence: a learnt number without a known name */
	POLICY_INDEX_TWICE,      /* one argument compared twice in a rule: runtimes OR what was probably meant as AND */
	POLICY_IGNORED_ERRNO,    /* errnoRet on an action that has none; crun refuses it */
	POLICY_WRAPPED_ERRNO,    /* an errno out of range: runtimes use its lower 16 bits */
	POLICY_NEGATIVE_VALUE,   /* in a comparison: crun takes it modulo 2^64, runc refuses it */
	POLICY_WIDE_VALUE,       /* in a comparison, more than 64 bits: crun since 1.28 takes the highest value for it, others refuse it */
	POLICY_WIDE_ERRNO,       /* more than 32 bits: crun refuses it */
	POLICY_WIDE_INDEX,       /* of an argument: the same */
	POLICY_UNKNOWN_OP,       /* in a rule without effect: runc refuses it, crun ignores it */
	POLICY_NO_OP,            /* missing or null in a rule without names: crun refuses it, runc ignores it */
	POLICY_EMPTY_RULE,       /* a rule without names */
	POLICY_NO_NAMES,         /* the same, but names is null or missing: crun refuses it */
	POLICY_OUTSIDE,          /* part of the profile is outside the text: baseProfileName */
	POLICY_REMARK_KINDS,
};
struct policy_remark {
	enum policy_remark_kind kind;
	size_t line;
	char *path; /* never NULL */
	char *text; /* one sentence without the place; safe text (base/text.h) */
	const struct arch *machine; /* it matters only on this machine; NULL: on all */
};

struct policy; /* opaque */

/* Makes an empty policy; `name` is what messages call it (copied). Returns 0 or -ENOMEM. */
int policy_new(enum policy_format format, const char *name, struct policy **ret, struct err *err);
void policy_free(struct policy *p); /* NULL is allowed */
DEFINE_CLEANUP(policy, struct policy *, policy_free)
#define cleanup_policy cleanup_with(policy_cleanup)

/* For a SeccompProfile: its name in Kubernetes, and the profile whose rules the operator adds to it (baseProfileName). NULL:
 * none. */
const char *policy_object(const struct policy *p);
int policy_set_object(struct policy *p, const char *name, struct err *err);
const char *policy_base(const struct policy *p);
int policy_set_base(struct policy *p, const char *name, struct err *err);
bool policy_lacks_base(const struct policy *p); /* true if it has one whose rules have not all been added */

/* Adds the rules of the bases found in `from`, and of their own bases; removes the remarks about those found. */
int policy_add_bases(struct policy *const *to, size_t count, struct policy *const *from, size_t from_count, struct err *err);

/* In how many runs each call was seen: the JSON of the operator's annotation spo.x-k8s.io/syscall-coverage. NULL: none. */
const char *policy_coverage(const struct policy *p);
int policy_set_coverage(struct policy *p, const char *json, struct err *err);

enum policy_format policy_format(const struct policy *p);
const char *policy_name(const struct policy *p); /* "web.json", "profiles.yaml: data.web.json" */

const struct policy_answer *policy_default(const struct policy *p);
void policy_set_default(struct policy *p, const struct policy_answer *answer); /* initially ERRNO without a number */

/* The listed ABIs, in the order of the file, without duplicates. If there are none, the machine's native one counts. For
 * Docker's archMap, those of all machines: each entry's own and its sub-architectures. */
size_t policy_arches(const struct policy *p, const struct arch *const **ret);
bool policy_has_arch(const struct policy *p, const struct arch *arch);
void policy_add_arch(struct policy *p, const struct arch *arch);
/* True if the file lists any, even if snug does not know it. */
bool policy_lists_arches(const struct policy *p);
bool policy_has_arch_map(const struct policy *p); /* only Docker and Podman read an archMap */
void policy_set_arch_map(struct policy *p);
/* An archMap entry: on machines of `arch`, processes of `sub` (arch itself, too) may run. sub NULL: none that is known. */
void policy_map_arch(struct policy *p, const struct arch *arch, const struct arch *sub);
bool policy_maps_arch(const struct policy *p, const struct arch *arch, const struct arch *sub);
void policy_copy_arches(const struct policy *from, struct policy *to); /* archMap included */

size_t policy_flags(const struct policy *p, const char *const **ret); /* "SECCOMP_FILTER_FLAG_LOG" ... */
int policy_add_flag(struct policy *p, const char *flag, struct err *err);
const char *policy_listener(const struct policy *p, const char **ret_metadata); /* each NULL if absent */
int policy_set_listener(struct policy *p, const char *path, const char *metadata, struct err *err);

size_t policy_rules(const struct policy *p, const struct policy_rule *const **ret);
bool policy_names_call(const struct policy *p, const char *name); /* true if some rule names it, with whatever answer */

/* Adds a deep copy after the others. -EINVAL for an index above 5, or for more args than libseccomp accepts. */
int policy_add_rule(struct policy *p, const struct policy_rule *rule, struct err *err);

size_t policy_remarks(const struct policy *p, const struct policy_remark **ret);
int policy_add_remark(struct policy *p, enum policy_remark_kind kind, size_t line, const char *path, struct err *err,
		      const char *fmt, ...) __attribute__((format(printf, 6, 7)));

/* Makes the newest remark apply to this machine only. */
void policy_bind_remark(struct policy *p, const struct arch *machine);

/* True if a condition or an archMap means something only to Docker and Podman. */
bool policy_has_conditions(const struct policy *p);

#endif
