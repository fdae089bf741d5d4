/* Reads any profile in use, and detects its format.
 *
 *   JSON   an OCI section, a whole config.json, Docker's and containers/common's profiles, a SeccompProfile of
 *          security-profiles-operator, a ConfigMap whose data are profiles (kubectl get configmap X -o json), a List
 *          of these, snug's evidence. Objects of other kinds are skipped
 *   YAML   the Kubernetes objects among them (yaml/json.h), several documents
 *   text   a systemd drop-in with SystemCallFilter=
 *
 * What runtimes could read differently (base/json/members.h), an unknown action, operator or errno, a number out of
 * range: an error with file, line and path. Unknown names and fields are kept as remarks.
 */
#ifndef SNUG_SECCOMP_POLICY_READ_H
#define SNUG_SECCOMP_POLICY_READ_H

#include "base/buf.h"
#include "base/err.h"
#include "base/json/json.h"
#include "seccomp/policy/policy.h"

#include <stddef.h>

#define POLICY_TEXT_MAX (8u << 20) /* bytes; evidence may be longer: EVIDENCE_SIZE_MAX */
#define POLICY_LIST_MAX 4096       /* profiles in one text */
#define POLICY_KINDS_NAMED 5       /* of other objects */

struct policy_list {
	struct policy **policy; /* owned */
	size_t count, cap;
	struct buf skipped;     /* lines "NAME: PATH: why" of ConfigMap members that are no profiles */
	size_t others;          /* objects of Kubernetes that hold no profile, passed over */
	struct buf other_kinds; /* of the first of them */
	const char *systemd_groups; /* the caller's: a list of groups (seccomp/policy/systemd.h); NULL: the one built in */
};

void policy_list_done(struct policy_list *l); /* NULL is allowed */
#define cleanup_policy_list cleanup_with(policy_list_done)

/* Reads all profiles of a text into *ret (empty before; policy_list_done also after an error). `name` is how messages
 * call it. A text without any profile is -EINVAL. */
int policy_read(const char *text, size_t len, const char *name, struct policy_list *ret, struct err *err);

/* As policy_read, for a text that must hold exactly one. */
int policy_read_one(const char *text, size_t len, const char *name, struct policy **ret, struct err *err);

/* Where the section (the object with defaultAction) of a JSON text lies: the root, config.json's linux.seccomp, or a
 * SeccompProfile's spec. NULL if it is none of these. */
const struct json *policy_find_section(const struct json_doc *doc, enum policy_format *ret_format);

#endif
