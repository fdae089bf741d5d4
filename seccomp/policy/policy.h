/* A seccomp profile as people have it, anybody's: the model that all readers fill, all writers write, and the compiler
 * (seccomp/filter/filter.h) turns into a function from a call to an answer. snug's own profiles are the tight kind
 * (seccomp/profile/profile.h); profile_to_policy() makes one of these of them.
 *
 * It keeps what was written: rules in their order, names as they stand (known or not), Docker's conditions (moby
 * profiles/seccomp/seccomp.go, containers/common pkg/seccomp/types.go) and the place of each rule. What a reader could
 * not use without refusing the whole is a remark. All strings belong to the policy.
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
	POLICY_CONFIG,    /* the same within a whole config.json */
	POLICY_DOCKER,    /* Docker's and containers/common's: archMap, includes, excludes, minKernel, name, errno */
	POLICY_SPO,       /* a SeccompProfile of security-profiles-operator; written: its v1 */
	POLICY_EVIDENCE,  /* snug's own evidence: the learnt calls */
	POLICY_SYSTEMD,   /* a drop-in with SystemCallFilter= */
	POLICY_SPO_V1BETA1,  /* only written: a SeccompProfile as the operator before 1.0 has it */
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

/* The errno of a name ("ENOSYS") or of a decimal number in text. 0 or -ENOENT. policy_errno_name: NULL if unknown. */
int policy_errno_by_name(const char *name, uint32_t *ret);
const char *policy_errno_name(uint32_t number);

struct policy_answer {
	enum policy_action action;
	bool has_errno; /* the file says so; without it ERRNO and TRACE answer with EPERM (runc, crun) */
	uint32_t errno_ret;
};

/* What runtimes compare to leave out a rule that answers as the default does. */
bool policy_same_answer(const struct policy_answer *a, const struct policy_answer *b);

/* One comparison; for MASKED_EQ `value` is the mask and `value_two` what the masked argument must be. */
struct policy_arg {
	unsigned index;
	enum policy_op op;
	uint64_t value, value_two;
};

/* Docker's conditions on a rule. Empty ones (all zero) hold always. */
struct policy_condition {
	char **caps, **arches; /* arches by Go's names: "amd64" */
	size_t cap_count, arch_count;
	bool has_kernel;
	unsigned kernel[2]; /* minKernel: major, minor */
};

struct policy_rule {
	char **names; /* as written, "" for null; at least one unless the file has none */
	size_t name_count;
	struct policy_answer answer;
	struct policy_arg *args; /* all must hold; the same index twice: any of them (what runtimes make of it) */
	size_t arg_count;
	struct policy_condition includes, excludes;
	char *comment;    /* NULL: none */
	bool legacy_name; /* written as "name" */
	size_t line;      /* of the rule, 0: not read from a text */
	char *path;       /* "linux.seccomp.syscalls[3]", NULL likewise */
};

/* What a reader kept without using it. */
enum policy_remark_kind {
	POLICY_UNKNOWN_FIELD,    /* no reader of this form has it */
	POLICY_UNKNOWN_ARCH,     /* runc and crun refuse the profile */
	POLICY_ARCH_SPELLING,    /* only crun knows it so: without SCMP_ARCH_, in small letters */
	POLICY_NEWER_ARCH,       /* libseccomp knows it since 2.6, and runc by a table of its own */
	POLICY_CRUN_ARCH,        /* the same without a place in runc's table */
	POLICY_UNKNOWN_MACHINE,  /* an entry of archMap for a machine that is not known: nobody else takes it */
	POLICY_UNKNOWN_FLAG,
	POLICY_UNKNOWN_NAME,     /* no kernel that snug knows has the call */
	POLICY_UNNAMED_CALL,     /* evidence: a learnt number that nobody can name */
	POLICY_INDEX_TWICE,      /* one argument compared twice in a rule: runtimes OR where AND was meant */
	POLICY_IGNORED_ERRNO,    /* errnoRet on an action that has none; crun refuses it */
	POLICY_WRAPPED_ERRNO,    /* an errno above all: runtimes take its lower 16 bits */
	POLICY_NEGATIVE_VALUE,   /* of a comparison: crun takes it modulo 2^64, runc refuses it */
	POLICY_WIDE_ERRNO,       /* one of more than 32 bits, which crun refuses */
	POLICY_WIDE_INDEX,       /* of an argument: the same */
	POLICY_UNKNOWN_OP,       /* in a rule without effect: runc refuses it, crun does not look */
	POLICY_NO_OP,            /* missing or null in a rule without names: crun refuses it, runc does not look */
	POLICY_EMPTY_RULE,       /* a rule without names */
	POLICY_NO_NAMES,         /* the same, whose names are null or missing: crun refuses it */
	POLICY_OUTSIDE,          /* what decides lies outside the text: baseProfileName */
	POLICY_REMARK_KINDS,
};
struct policy_remark {
	enum policy_remark_kind kind;
	size_t line;
	char *path; /* never NULL */
	char *text; /* one sentence, safe text, without the place */
	const struct arch *machine; /* it matters on this machine alone; NULL: on all */
};

struct policy; /* opaque */

/* New and empty: `format` and what it is called in messages (copied). */
int policy_new(enum policy_format format, const char *name, struct policy **ret, struct err *err);
void policy_free(struct policy *p); /* NULL is allowed */
DEFINE_CLEANUP(policy, struct policy *, policy_free)
#define cleanup_policy cleanup_with(policy_cleanup)

/* Of a SeccompProfile: what Kubernetes calls it, and the profile whose rules the operator adds to it (baseProfileName).
 * NULL: none. */
const char *policy_object(const struct policy *p);
int policy_set_object(struct policy *p, const char *name, struct err *err);
const char *policy_base(const struct policy *p);
int policy_set_base(struct policy *p, const char *name, struct err *err);
bool policy_lacks_base(const struct policy *p); /* it has one, and not all of its rules have been added */
/* Adds the rules of the bases that are among `from`, those of their own bases too. What has been found is no remark any more. */
int policy_add_bases(struct policy *const *to, size_t count, struct policy *const *from, size_t from_count, struct err *err);

/* Of how many runs each call was seen in: the JSON of the operator's annotation spo.x-k8s.io/syscall-coverage. NULL: none. */
const char *policy_coverage(const struct policy *p);
int policy_set_coverage(struct policy *p, const char *json, struct err *err);

enum policy_format policy_format(const struct policy *p);
const char *policy_name(const struct policy *p); /* "web.json", "profiles.yaml: data.web.json" */

const struct policy_answer *policy_default(const struct policy *p);
void policy_set_default(struct policy *p, const struct policy_answer *answer); /* new: ERRNO without a number */

/* The ABIs listed, in the order of the file, each once; none: the file lists none and the machine's own one counts.
 * For Docker's archMap those of all machines: each entry's own and its sub-architectures. */
size_t policy_arches(const struct policy *p, const struct arch *const **ret);
bool policy_has_arch(const struct policy *p, const struct arch *arch);
void policy_add_arch(struct policy *p, const struct arch *arch);
/* True if the file lists any, be it only ones that snug does not know. */
bool policy_lists_arches(const struct policy *p);
bool policy_has_arch_map(const struct policy *p); /* archMap: only Docker and Podman read it */
void policy_set_arch_map(struct policy *p);
/* An entry of the archMap: on machines of `arch` processes of `sub` (arch itself too) may run. NULL: none that is known. */
void policy_map_arch(struct policy *p, const struct arch *arch, const struct arch *sub);
bool policy_maps_arch(const struct policy *p, const struct arch *arch, const struct arch *sub);
void policy_copy_arches(const struct policy *from, struct policy *to); /* archMap included */

size_t policy_flags(const struct policy *p, const char *const **ret); /* "SECCOMP_FILTER_FLAG_LOG" ... */
int policy_add_flag(struct policy *p, const char *flag, struct err *err);
const char *policy_listener(const struct policy *p, const char **ret_metadata); /* either NULL if not there */
int policy_set_listener(struct policy *p, const char *path, const char *metadata, struct err *err);

size_t policy_rules(const struct policy *p, const struct policy_rule *const **ret);
bool policy_names_call(const struct policy *p, const char *name); /* some rule, whatever it says of the call */
/* Adds a deep copy behind the others. -EINVAL for an index above 5 or more args than libseccomp could ever take. */
int policy_add_rule(struct policy *p, const struct policy_rule *rule, struct err *err);

size_t policy_remarks(const struct policy *p, const struct policy_remark **ret);
int policy_add_remark(struct policy *p, enum policy_remark_kind kind, size_t line, const char *path, struct err *err,
		      const char *fmt, ...) __attribute__((format(printf, 6, 7)));
/* The newest remark matters on this machine alone. */
void policy_bind_remark(struct policy *p, const struct arch *machine);

/* True if some rule or archMap means something only to Docker and Podman. */
bool policy_has_conditions(const struct policy *p);

#endif
