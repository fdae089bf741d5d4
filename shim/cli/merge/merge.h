/* Makes one profile of several, in a form that others read. */
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

/* The request: everything in `all`, minus what any of `without` allows, and of the rest only what each of `within` allows.
 * Profiles without architectures use those of the others. */
struct merge_request {
	struct merge_parts all, without, within;
	const struct arch *machine; /* NULL: this one */
	const char *format;         /* NULL: "oci" */
};

/* Appends the profile; reports on stderr what its form cannot express. *ret_open: the result refuses nothing, or allows
 * what it does not name though a part refuses that; this is also reported. Returns 0 or a negative errno. */
int merge_profiles(const struct merge_request *request, struct buf *out, bool *ret_open, struct err *err);

#endif
