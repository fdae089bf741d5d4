/* One profile of several, in a form that others read. */
#ifndef SNUG_SHIM_CLI_MERGE_H
#define SNUG_SHIM_CLI_MERGE_H

#include "base/buf.h"
#include "base/err.h"
#include "seccomp/policy/policy.h"

#include <stdbool.h>
#include <stddef.h>

struct merge_parts {
	struct policy *const *policies;
	size_t count;
};

/* What is wanted: all of `all`, less what any of `without` allows, and of that only what each of `within` allows. Those that list no
 * architectures take those of the others. */
struct merge_request {
	struct merge_parts all, without, within;
	const struct arch *machine; /* NULL: this one */
	const char *format;         /* NULL: "oci" */
};

/* Appends the profile; what its form cannot say goes to stderr. *ret_unconfined: it refuses nothing, and that was told too. */
int merge_profiles(const struct merge_request *request, struct buf *out, bool *ret_unconfined, struct err *err);

#endif
