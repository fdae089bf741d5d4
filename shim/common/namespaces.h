/* Which namespaces this process is in: the kernel sends its audit records to the initial ones alone. */
#ifndef SNUG_SHIM_NAMESPACES_H
#define SNUG_SHIM_NAMESPACES_H

#include "base/err.h"

#include <stdbool.h>

/* 0 in the initial user, pid and network namespace, else -EPERM with a sentence that says which it is not. */
int namespaces_check(struct err *err);

/* Root of the initial user namespace. */
bool namespaces_is_root(void);

/* Root in all of them: the audit records can be had as far as the place is concerned. */
bool namespaces_have_audit(void);

#endif
