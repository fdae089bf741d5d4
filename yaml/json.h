/* Converts a YAML document to JSON as kubectl does: aliases and merge keys are expanded, plain scalars resolved
 * (yaml/scalar.h).
 *
 * Every value is written on the line on which it begins in the YAML text, so that errors about the JSON name the right
 * line. The output of aliases is limited.
 */
#ifndef SNUG_YAML_JSON_H
#define SNUG_YAML_JSON_H

#include "base/buf.h"
#include "base/err.h"
#include "yaml/nodes.h"

#define YAML_JSON_MAX (64u << 20) /* bytes */

/* Appends the JSON text. -EINVAL or -E2BIG, with input and line; -ENOMEM. */
int yaml_write_json(const struct yaml_doc *doc, struct buf *out, struct err *err);

#endif
