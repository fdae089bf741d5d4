/* config.json (OCI runtime-spec): what the wrapper reads of it, and the splice of linux.seccomp.
 *
 * Read in one pass, never round-tripped: the splice replaces one byte range and leaves every other byte as it was.
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

/* Parses text. Refused with -EINVAL, file, line and path: broken JSON, a root that is not an object, `linux` that is
 * neither object nor null, linux.seccomp that is neither object nor null; and, in `linux`, linux.seccomp, annotations,
 * process, process.args, process.noNewPrivileges, hooks and hooks.startContainer, what runtimes read differently: one
 * of them twice, or a member that some take for one of them though it is spelled otherwise (base/json/members.h);
 * likewise an annotation that stands twice or holds a NUL in its name or value. More than OCI_SPEC_SIZE_MAX bytes:
 * -EFBIG. */
int oci_spec_parse(const char *text, size_t len, const char *name, struct oci_spec **ret, struct err *err);
void oci_spec_free(struct oci_spec *spec);
DEFINE_CLEANUP(oci_spec, struct oci_spec *, oci_spec_free)
#define cleanup_spec cleanup_with(oci_spec_cleanup)

const struct json_doc *oci_spec_doc(const struct oci_spec *spec);
const char *oci_spec_text(const struct oci_spec *spec, size_t *ret_len);

/* The caller's own section as JSON text (points into the spec), NULL if there is none or it is null. */
const char *oci_spec_seccomp(const struct oci_spec *spec, size_t *ret_len);

/* The value of an annotation, NULL if absent or not a string. */
const char *oci_spec_annotation(const struct oci_spec *spec, const char *name);

/* process.args[0], NULL if there is none or it holds a NUL. */
const char *oci_spec_program(const struct oci_spec *spec);

bool oci_spec_no_new_privileges(const struct oci_spec *spec);
/* The user of the host that linux.uidMappings makes uid 0 of the container; false if there is none. */
bool oci_spec_mapped_root(const struct oci_spec *spec, uint64_t *ret_uid);
/* hooks.startContainer is not empty: these run under the filter. */
bool oci_spec_has_start_hooks(const struct oci_spec *spec);

/* Appends to *ret the whole text with `section` (a JSON object; NULL: none) as linux.seccomp: put over the present
 * value (null too), or added to `linux` (present, empty, null) or, with `linux` itself, to the root. With section NULL
 * the present member is replaced by null, and without one the text stays as it is. A section that is not exactly one
 * object, white space around it allowed, is refused (-EINVAL). */
int oci_spec_splice(const struct oci_spec *spec, const char *section, size_t section_len, struct buf *ret,
		    struct err *err);

/* True if process.capabilities holds the capability ("CAP_SYS_ADMIN"): in its set `set` ("bounding"), or in any with NULL. */
bool oci_spec_has_capability(const struct oci_spec *spec, const char *set, const char *name);

#define OCI_SPEC_SHAPE_MAX (32u << 10) /* bytes: the shape travels in one message with other fields */

/* The process shape: what of this configuration decides what the runtime calls under the filter. Appends a canonical
 * JSON object on one line, the same for every formatting and order of members, with the values of the file:
 * process.{user, capabilities, noNewPrivileges, rlimits, oomScoreAdj, apparmorProfile, selinuxLabel}, root.readonly,
 * linux.{namespaces without their paths, mountLabel, maskedPaths, readonlyPaths, uidMappings, gidMappings},
 * "systemdCgroup". Nothing secret: no args, env, mounts, annotations, hooks. Absent, null and unknown members stay out.
 * One larger than OCI_SPEC_SHAPE_MAX is made again without maskedPaths and readonlyPaths, then without rlimits; if that
 * is not enough: -E2BIG. */
int oci_spec_shape(const struct oci_spec *spec, bool systemd_cgroup, struct buf *ret, struct err *err);

#endif
