/* The default profile that this node's own engine has, where the engine keeps it in a file: Podman alone does.
 *
 * Its text has conditions; they are decided for Podman's default capabilities (containers/common pkg/config/default.go).
 */
#ifndef SNUG_SHIM_CLI_ENGINE_H
#define SNUG_SHIM_CLI_ENGINE_H

#include "base/buf.h"
#include "base/err.h"

#include <stddef.h>

/* Where Podman looks, the first that is there (containers/common pkg/seccomp/seccomp_linux.go). */
#define ENGINE_PODMAN_FILES {"/etc/containers/seccomp.json", "/usr/share/containers/seccomp.json"}

/* Appends the profile of the first of these files that is there, in the runtimes' form. *ret_path: which one; 1: none is there. */
int engine_read_podman(const char *const paths[], size_t count, struct buf *ret, const char **ret_path, struct err *err);

#endif
