/* Which namespaces this process is in: the kernel sends audit records only to the initial ones. */
#ifndef SNUG_SHIM_NAMESPACES_H
#define SNUG_SHIM_NAMESPACES_H

#include "base/err.h"

#include <stdbool.h>

/* Returns 0 in the initial user, pid and network namespaces; else -EPERM with a message that names the one it is not in. */
int namespaces_check(struct err *err);

/* True for root of the initial user namespace, and where /proc does not say. */
bool namespaces_is_root(void);

/* Why no audit records are available here: not root in all three, or the kernel has no audit or it is off (audit=0).
 * NULL: they are. */
const char *namespaces_why_no_audit(void);

#endif
