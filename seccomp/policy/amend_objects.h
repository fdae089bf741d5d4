/* Adds names to the only profile among Kubernetes objects, in YAML or JSON: to a SeccompProfile, or to a profile in a
 * ConfigMap. Every other byte is unchanged. */
#ifndef SNUG_SECCOMP_AMEND_OBJECTS_H
#define SNUG_SECCOMP_AMEND_OBJECTS_H

#include "base/buf.h"
#include "base/err.h"

#include <stddef.h>

/* Like amend_profile() (seccomp/policy/amend.h), which is passed as `inner`, for the text in a ConfigMap. */
typedef int amend_fn(const char *text, size_t len, const char *name, const char *const names[], size_t count, struct buf *out,
		     size_t *ret_line, struct err *err);
int amend_objects(const char *text, size_t len, const char *name, const char *const names[], size_t count, amend_fn *inner,
		  struct buf *out, size_t *ret_line, struct err *err);

#endif
