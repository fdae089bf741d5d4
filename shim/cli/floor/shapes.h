/* The process shapes of `runc spec`, with noNewPrivileges and without: what runtimes are sampled with, and profiles
 * checked by, where no container tells a shape of its own. */
#ifndef SNUG_SHIM_CLI_STANDARD_H
#define SNUG_SHIM_CLI_STANDARD_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

#define SHAPES_COUNT 2

const char *shapes_title(size_t i); /* "started as `runc spec` has it (noNewPrivileges true)" */
bool shapes_no_new_privileges(size_t i);

/* Appends the shape, as oci_spec_shape() makes it. */
int shapes_shape(size_t i, struct buf *ret, struct err *err);

#endif
