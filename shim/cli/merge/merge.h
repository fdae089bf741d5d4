/* Merged profiles as text. */
#ifndef SNUG_SHIM_CLI_MERGE_H
#define SNUG_SHIM_CLI_MERGE_H

#include "base/buf.h"
#include "base/err.h"
#include "seccomp/policy/policy.h"

#include <stdbool.h>
#include <stddef.h>

/* Appends the union of the policies in the form named (NULL: oci); what people should know of it goes to stderr. *ret_unconfined:
 * it refuses nothing. */
int merge_profiles(const struct policy *const in[], size_t count, const char *format, struct buf *out, bool *ret_unconfined,
		   struct err *err);

#endif
