/* Approved profiles where the kubelet looks for them: EXPORT_DIR/NAMESPACE/... for a pod's key, EXPORT_DIR/KEY for any other,
 * with .json appended. No part of a key ends in .json, so no file can block a directory. */
#ifndef SNUG_SHIM_CLI_EXPORT_H
#define SNUG_SHIM_CLI_EXPORT_H

#include "base/buf.h"
#include "base/err.h"

/* Saves the profile's text atomically, mode 0644, unless the file has it already; makes missing directories below
 * export_dir, mode 0755. Returns 0 or a negative errno. */
int export_save(const char *export_dir, const char *key, const struct buf *text, struct err *err);

/* Appends the pod's securityContext that names the profile, ready to paste. A localhostProfile is relative to the kubelet's
 * seccomp directory: what follows "/seccomp/" in export_dir, else its last component. */
void export_add_use(const char *export_dir, const char *key, struct buf *out);

#endif
