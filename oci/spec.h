/* config.json (OCI runtime-spec, config.md): what the wrapper reads from it, and how it replaces linux.seccomp.
 *
 * It is never written anew from the parsed tree: the splice replaces one byte range and leaves every other byte unchanged.
 */
#ifndef SNUG_OCI_SPEC_H
#define SNUG_OCI_SPEC_H

#include "base/buf.h"
#include "base/err.h"
#include "base/json/json.h"

#include <stdbool.h>
#include <stddef.h>

#define OCI_SPEC_SIZE_MAX (16u << 20) /* bytes; a larger config.json is refused */

struct oci_spec; /* opaque: the parsed text and its document; keeps a copy of the text */

/* Parses the text. -EINVAL, with file, line and path, for broken JSON, for a root that is not an object, and for `linux` or
 * linux.seccomp that is neither an object nor null; for what runtimes read differently in `linux`, linux.seccomp,
 * annotations, process, process.args, process.noNewPrivileges, hooks and hooks.startContainer: a member that appears twice,
 * or that some runtime takes for one of them though it is spelled differently (base/json/members.h); and for an annotation
 * that appears twice or contains a NUL. -EFBIG: more than OCI_SPEC_SIZE_MAX bytes. */
int oci_spec_parse(const char *text, size_t len, const char *name, struct oci_spec **ret, struct err *err);
void oci_spec_free(struct oci_spec *spec);
DEFINE_CLEANUP(oci_spec, struct oci_spec *, oci_spec_free)
#define cleanup_spec cleanup_with(oci_spec_cleanup)

const struct json_doc *oci_spec_doc(const struct oci_spec *spec);
const char *oci_spec_text(const struct oci_spec *spec, size_t *ret_len);

/* The caller's own section as JSON text (points into the spec); NULL if there is none or it is null. */
const char *oci_spec_seccomp(const struct oci_spec *spec, size_t *ret_len);

/* The value of an annotation; NULL if absent or not a string. */
const char *oci_spec_annotation(const struct oci_spec *spec, const char *name);

/* process.args[0]; NULL if there is none or it contains a NUL. */
const char *oci_spec_program(const struct oci_spec *spec);

bool oci_spec_no_new_privileges(const struct oci_spec *spec);
/* The host user that linux.uidMappings maps to the container's uid 0; false if there is none. */
bool oci_spec_mapped_root(const struct oci_spec *spec, uint64_t *ret_uid);
/* True if hooks.startContainer is not empty: these hooks run under the filter. */
bool oci_spec_has_start_hooks(const struct oci_spec *spec);

/* Appends to *ret the whole text with `section` (a JSON object) as linux.seccomp: it replaces the present value, or is
 * added to `linux`, which is added to the root if missing. With section NULL the present member becomes null, and a text
 * without one is unchanged. -EINVAL unless the section is exactly one object, with white space around it or not. */
int oci_spec_splice(const struct oci_spec *spec, const char *section, size_t section_len, struct buf *ret,
		    struct err *err);
/* The same for a section that this program has composed itself, which is not read again. */
int oci_spec_splice_own(const struct oci_spec *spec, const char *section, size_t section_len, struct buf *ret, struct err *err);

/* True if process.capabilities has the capability ("CAP_SYS_ADMIN") in the set `set` ("bounding"); NULL: in any set. */
bool oci_spec_has_capability(const struct oci_spec *spec, const char *set, const char *name);

#define OCI_SPEC_SHAPE_MAX (32u << 10) /* bytes: the shape travels in one message with other fields */

/* The shape: the part of this configuration that decides what the runtime calls under the filter. Appends a canonical JSON
 * object on one line, the same for every formatting and order of members, with the values of the file:
 * process.{user, capabilities, noNewPrivileges, rlimits, oomScoreAdj, apparmorProfile, selinuxLabel}, root.readonly,
 * linux.{namespaces without their paths, mountLabel, maskedPaths, readonlyPaths, uidMappings, gidMappings},
 * "systemdCgroup". Nothing secret: no args, env, mounts, annotations, hooks. Absent, null and unknown members are left out.
 * A shape larger than OCI_SPEC_SHAPE_MAX loses maskedPaths and readonlyPaths, then rlimits; if that is not enough:
 * -E2BIG. */
int oci_spec_shape(const struct oci_spec *spec, bool systemd_cgroup, struct buf *ret, struct err *err);

#endif
