/* A YAML document as JSON, as kubectl makes it: aliases and merge keys are carried out, plain scalars resolved
 * (yaml/scalar.h).
 *
 * Every value stands on the line on which it begins in the YAML text, so that what reads the JSON names the right lines.
 * How much aliases may multiply is capped.
 */
#ifndef SNUG_YAML_JSON_H
#define SNUG_YAML_JSON_H

#include "base/buf.h"
#include "base/err.h"
#include "yaml/nodes.h"

#define YAML_JSON_MAX (64u << 20) /* bytes */

/* Appends. -EINVAL or -E2BIG with a sentence that names text and line. */
int yaml_write_json(const struct yaml_doc *doc, struct buf *out, struct err *err);

#endif
