/* Adds names to the one profile among objects of Kubernetes, in YAML or JSON: to a SeccompProfile, or to a profile that a ConfigMap
 * holds. Every other byte stays. */
#ifndef SNUG_SECCOMP_AMEND_OBJECTS_H
#define SNUG_SECCOMP_AMEND_OBJECTS_H

#include "base/buf.h"
#include "base/err.h"

#include <stddef.h>

/* As amend_profile() (seccomp/policy/amend.h), which `inner` is, for the text within a ConfigMap. */
typedef int amend_fn(const char *text, size_t len, const char *name, const char *const names[], size_t count, struct buf *out,
		     size_t *ret_line, struct err *err);
int amend_objects(const char *text, size_t len, const char *name, const char *const names[], size_t count, amend_fn *inner,
		  struct buf *out, size_t *ret_line, struct err *err);

#endif
