/* Approved profiles where the kubelet looks for them: EXPORT_DIR/NAMESPACE/... for a pod's key, EXPORT_DIR/KEY for another,
 * each with .json behind it. No name of a key ends in .json, so no file stands in the way of a directory.
 */
#ifndef SNUG_SHIM_CLI_EXPORT_H
#define SNUG_SHIM_CLI_EXPORT_H

#include "base/buf.h"
#include "base/err.h"

/* Saves the profile's text atomically, mode 0644, in directories that are made with 0755 below export_dir. */
int export_save(const char *export_dir, const char *key, const struct buf *text, struct err *err);

/* Appends the pod's securityContext that names the profile, ready to paste. A localhostProfile is relative to the
 * kubelet's seccomp directory: what stands behind "/seccomp/" in export_dir, else its last component. */
void export_add_use(const char *export_dir, const char *key, struct buf *out);

#endif
