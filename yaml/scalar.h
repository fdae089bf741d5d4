/* What a scalar means to kubectl (sigs.k8s.io/yaml goyaml.v2/resolve.go), which follows YAML 1.1: yes and on are true, 010
 * is eight, 1_000 is a thousand, 1e3 is a number, and a date is a string.
 */
#ifndef SNUG_YAML_SCALAR_H
#define SNUG_YAML_SCALAR_H

#include "base/buf.h"
#include "base/err.h"
#include "yaml/nodes.h"

enum yaml_type { YAML_TYPE_STRING, YAML_TYPE_NULL, YAML_TYPE_TRUE, YAML_TYPE_FALSE, YAML_TYPE_INTEGER, YAML_TYPE_FLOAT, YAML_TYPE_MERGE };

/* Finds the type of a scalar; appends a number's JSON text to `number`. -EINVAL, with input and line, for what JSON cannot
 * express (.inf, !!binary) and for a tag that contradicts the text. */
int yaml_resolve(const struct yaml_node *n, enum yaml_type *ret, struct buf *number, struct err *err);

#endif
