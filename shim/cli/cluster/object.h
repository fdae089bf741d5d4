/* Objects of the Kubernetes API, group snug.io (examples/kubernetes/crds.yaml): Evidence, one per key and node, and
 * ApprovedProfile, one per key. Only keys of pods have them: "k8s/NAMESPACE/...", in that namespace. */
#ifndef SNUG_SHIM_CLI_CLUSTER_OBJECT_H
#define SNUG_SHIM_CLI_CLUSTER_OBJECT_H

#include "base/buf.h"
#include "base/err.h"

#define OBJECT_GROUP       "snug.io/v1alpha1"
#define OBJECT_PROFILE     "ApprovedProfile"
#define OBJECT_KEY_MAX     512    /* bytes; these limits are also in the schemas */
#define OBJECT_PROFILE_MAX 262144 /* bytes of a profile */
#define OBJECT_WHO_MAX     256
#define OBJECT_REASON_MAX  1024

/* Appends the namespace to which the key belongs. -EINVAL, with a sentence: it is no key of a pod, or too long, or its
 * namespace is none. */
int object_add_namespace(const char *key, struct buf *out, struct err *err);

/* Appends the name of the key's objects; with a node (else NULL), that of its evidence from this node. Names are
 * injective. -EINVAL: the node's name is none (RFC 1123). */
int object_add_name(const char *key, const char *node, struct buf *out, struct err *err);

/* Appends the value of the label snug.io/key, 40 hex digits, by which all evidence of a key is found. */
void object_add_label(const char *key, struct buf *out);

struct object_approval {
	const char *key, *approver, *reason; /* not NULL */
	const char *version;                 /* resourceVersion of the object that it replaces; NULL: it is new */
	const struct buf *profile;           /* its text */
};

/* Appends an ApprovedProfile as JSON, with a newline. -EINVAL: a part is too long, or is not UTF-8. */
int object_add_approval(const struct object_approval *a, struct buf *out, struct err *err);

/* What ApprovedProfiles call the profile's digest: "sha256:" and 64 hex digits. */
void object_add_digest(const struct buf *profile, struct buf *out);

#endif
