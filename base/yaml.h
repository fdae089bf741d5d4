/* YAML, the plain part of it that manifests are written in, translated to JSON.
 *
 * Read are: block mappings and sequences, plain and quoted scalars that end on their line, literal block scalars (|, |-,
 * |+), flow sequences of scalars, an empty flow mapping, comments, several documents. Anything else (anchors, aliases,
 * tags, directives, folded and many-line scalars, flow mappings, complex keys, tabs as indent) is refused with its line,
 * and so is a plain scalar that readers take for different things (yes, 010). Depth is capped; time is linear.
 *
 * In the JSON text every value stands on the line on which it begins in the YAML text: what reads it names the right
 * lines.
 */
#ifndef SNUG_BASE_YAML_H
#define SNUG_BASE_YAML_H

#include "base/buf.h"
#include "base/err.h"

#include <stddef.h>

#define YAML_DEPTH_MAX 64

struct yaml {
	const char *text, *name;
	size_t len;
	size_t pos, line; /* what has been read, and its last line */
};

/* Begins; text and name must outlive *y. */
void yaml_begin(struct yaml *y, const char *text, size_t len, const char *name);

/* Puts the next document's JSON into *ret (cleared before). Returns 1, 0 at the end of the text, or -EINVAL (-E2BIG for
 * the depth) with a sentence that names the text and line. */
int yaml_next(struct yaml *y, struct buf *ret, struct err *err);

#endif
