/* Identifies a container: the key under which its evidence and profile are kept.
 *
 *   NAME                                       root's own containers: annotation io.snug.profile if it is the caller's, else
 *                                              the id if a person chose it
 *   program/NAME                               else (learning only) the program's name, which an image may have chosen: it
 *                                              reaches no key that a person chose
 *   k8s/NAMESPACE/CONTAINER/IMAGE-REPOSITORY   pods, from the CRI's annotations, under a CRI's root directory only
 *   k8s/NAMESPACE/NAME                         pods, by io.snug.profile, where the configuration allows annotations
 *
 * Each component holds only [A-Za-z0-9._-] and %XX escapes (upper-case hex) of other bytes; a leading dot and the dot
 * of a final .json or .tmp are escaped too, so that no component is "." or ".." or the name of a data file. A component
 * longer than 200 bytes is cut and ends in "-" and 16 hex digits of its hash. Nobody but a pod reaches k8s/: a slash in
 * a name is escaped, and the single component "k8s" becomes "%6B8s"; likewise "program" becomes "%70rogram".
 */
#ifndef SNUG_OCI_KEY_H
#define SNUG_OCI_KEY_H

#include "base/err.h"
#include "oci/spec.h"

#include <stdbool.h>

enum oci_container_kind {
	OCI_KIND_PLAIN,   /* not of a pod */
	OCI_KIND_POD,     /* a container of a pod */
	OCI_KIND_SANDBOX, /* a pod's pause container */
};

/* Finds the kind from the annotations, which count only if `root` (the runtime's --root or default) is a CRI's: its last
 * component is "k8s.io" (containerd's namespace for the CRI; for CRI-O, the handler's runtime_root must be set so). If
 * there are annotations of both containerd and CRI-O, one set is forged: the kind is a pod, which then gets no key. */
enum oci_container_kind oci_key_kind(const struct oci_spec *spec, const char *root);

struct oci_key_rules {
	const char *chosen; /* io.snug.profile if it counts (shim/runtime/annotations.h), else NULL */
	bool program_name;  /* fall back on the program's name (learning) */
};

/* Makes the key; *ret is allocated (free). -ENOENT if there is none (no annotation, a generated id, no fallback; a
 * sandbox). -EINVAL for an annotation that is empty or longer than 200 bytes, for a pod without a namespace or name or with
 * annotations of two CRIs, and for a container that CRI-O created under a root that is not a CRI's. CRI-O copies all
 * annotations of a pod to its containers and then overwrites some (container.go, SpecAddAnnotations): only those are read;
 * Namespace and ContainerName, which it sets on sandboxes only, are not. */
int oci_key_make(const struct oci_spec *spec, enum oci_container_kind kind, const char *id,
		 const struct oci_key_rules *rules, char **ret, struct err *err);

/* True if containerd's runtimes keep the containers of this namespace in `root`: its last component is the name. */
bool oci_key_is_root_of(const char *root, const char *namespace);

/* True for a container that `kubectl debug` added to a running pod: unless -c names it, it is called "debugger-" and five
 * random letters. Nothing else in the CRI marks an ephemeral container, and one whose name never returns cannot be learnt or
 * approved. An ordinary container with such a name still gets nothing that RuntimeDefault denies. */
bool oci_key_is_ephemeral(const struct oci_spec *spec, enum oci_container_kind kind);

/* The key of a namespace's profile for these, k8s/NAMESPACE/debugger. Returns as oci_key_make() does. */
int oci_key_make_ephemeral(const struct oci_spec *spec, char **ret, struct err *err);

/* True for a key that oci_key_make_ephemeral() makes: it has an approved profile at most, and never evidence. */
bool oci_key_is_for_ephemeral(const char *key);

/* True if a person chose the id: not 64 hex digits and not a UUID, with or without a prefix that ends in '-', and not
 * just 12 hex digits (a shortened one). */
bool oci_key_id_is_chosen(const char *id);

/* Appends one escaped component. It is never empty: an empty name becomes "%". */
void oci_key_add_component(struct buf *out, const char *name);

/* Checks a key that a person typed: one or more valid components, separated by single slashes. Returns 0 or -EINVAL. */
int oci_key_check(const char *key, struct err *err);

#endif
