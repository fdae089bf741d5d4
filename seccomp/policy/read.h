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
	struct buf skipped;     /* lines "NAME: PATH: why" about ConfigMap members that are not profiles */
	size_t others;          /* Kubernetes objects without a profile, which were skipped */
	struct buf other_kinds; /* kinds of the first ones */
	const char *systemd_groups; /* borrowed: a list of groups (seccomp/policy/systemd.h); NULL: the built-in one */
};

void policy_list_done(struct policy_list *l); /* NULL is allowed */
#define cleanup_policy_list cleanup_with(policy_list_done)

/* Reads all profiles of a text into *ret, which must be empty; call policy_list_done() also after an error. `name` is what
 * messages call the text. -EINVAL if it contains no profile. */
int policy_read(const char *text, size_t len, const char *name, struct policy_list *ret, struct err *err);

/* Like policy_read(), for a text that must contain exactly one profile. */
int policy_read_one(const char *text, size_t len, const char *name, struct policy **ret, struct err *err);

/* Finds the section (the object with defaultAction) in a JSON text: the root, config.json's linux.seccomp, or a
 * SeccompProfile's spec. NULL if there is none. */
const struct json *policy_find_section(const struct json_doc *doc, enum policy_format *ret_format);

#endif
