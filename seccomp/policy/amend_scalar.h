/* Insertions into a text that is a scalar in YAML or JSON: maps each character to its byte in the file, and writes what is
 * inserted in the style of the scalar. */
#ifndef SNUG_SECCOMP_AMEND_SCALAR_H
#define SNUG_SECCOMP_AMEND_SCALAR_H

#include "base/buf.h"
#include "base/err.h"
#include "yaml/nodes.h"

#include <stddef.h>

/* Appends to out the file's bytes from *done to the end of the scalar, with the text inserted that `after` has and the scalar
 * has not, and moves *done past them. `after` contains all characters of the scalar, in order. *ret_at is the offset of the
 * first insertion. -ENOTSUP for a style in which that is impossible (folded and plain). */
int amend_scalar(const char *file, size_t len, const struct yaml_node *n, const struct buf *after, size_t *done, struct buf *out,
		 size_t *ret_at, struct err *err);

#endif
