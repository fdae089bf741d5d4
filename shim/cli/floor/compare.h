/* How the floors of two released runtimes differ: what an upgrade newly needs. */
#ifndef SNUG_SHIM_CLI_FLOOR_COMPARE_H
#define SNUG_SHIM_CLI_FLOOR_COMPARE_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>

/* Appends the comparison of two catalogue names for this machine's arch, as text or JSON. *ret_same: they do not differ. Returns
 * 0 or a negative errno. */
int floor_compare(const char *a, const char *b, bool json, struct buf *out, bool *ret_same, struct err *err);

#endif
