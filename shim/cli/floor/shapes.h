/* The process shapes of `runc spec`, or of `runc spec --rootless`, with and without noNewPrivileges: runtimes are sampled and profiles are checked with them if
 * no container provides a shape. */
#ifndef SNUG_SHIM_CLI_STANDARD_H
#define SNUG_SHIM_CLI_STANDARD_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

#define SHAPES_COUNT 2

const char *shapes_title(size_t i, bool rootless); /* "started like `runc spec` (noNewPrivileges true)" */
bool shapes_no_new_privileges(size_t i);

/* Appends the shape in the form of oci_spec_shape(); a rootless one has the caller for the container's root. Returns 0 or a negative
 * errno. */
int shapes_shape(size_t i, bool rootless, struct buf *ret, struct err *err);

#endif
