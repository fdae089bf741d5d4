/* Insertions into a text that stands as a scalar within YAML or JSON: at which byte of the file each of its characters stands, and
 * how what is inserted is written there. */
#ifndef SNUG_SECCOMP_AMEND_SCALAR_H
#define SNUG_SECCOMP_AMEND_SCALAR_H

#include "base/buf.h"
#include "base/err.h"
#include "yaml/nodes.h"

#include <stddef.h>

/* Appends to out the file's bytes from *done to the scalar's last, with what `after` holds more than the scalar's own text
 * inserted; *done moves behind them. `after` holds all characters of the scalar in their order. *ret_at is the first byte at
 * which something was inserted. -ENOTSUP with a sentence for a style in which that cannot be done (folded and plain). */
int amend_scalar(const char *file, size_t len, const struct yaml_node *n, const struct buf *after, size_t *done, struct buf *out,
		 size_t *ret_at, struct err *err);

#endif
