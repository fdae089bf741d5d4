/* The default profile of this node's own engine, if the engine has it in a file, as only Podman does.
 *
 * Its conditions are evaluated for Podman's default capabilities (containers/common pkg/config/default.go). */
#ifndef SNUG_SHIM_CLI_ENGINE_H
#define SNUG_SHIM_CLI_ENGINE_H

#include "base/buf.h"
#include "base/err.h"

#include <stddef.h>

/* Where Podman looks; the first that exists counts (containers/common pkg/seccomp/seccomp_linux.go). */
#define ENGINE_PODMAN_FILES {"/etc/containers/seccomp.json", "/usr/share/containers/seccomp.json"}

/* Appends the profile of the first of these files that exists, in the runtimes' form; *ret_path says which. Returns 0, 1 if none
 * exists, or a negative errno. */
int engine_read_podman(const char *const paths[], size_t count, struct buf *ret, const char **ret_path, struct err *err);

#endif
