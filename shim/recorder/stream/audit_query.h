/* Other requests to the kernel's audit: its exclude rules and features. Read-only; each uses a socket of its own, and returns
 * -ETIMEDOUT after a second. Both need CAP_AUDIT_CONTROL in the initial user and pid namespaces.
 * Source: kernel/audit.c audit_receive_msg(). */
#ifndef SNUG_SHIM_RECORDER_AUDIT_QUERY_H
#define SNUG_SHIM_RECORDER_AUDIT_QUERY_H

#include "base/buf.h"
#include "base/err.h"
#include "shim/recorder/stream/audit_rule.h"

#include <stdbool.h>

/* The worst effect of all exclude rules. Appends the commands that delete the rules with an effect to *ret_fix, joined by
 * " && ". */
int audit_query_exclude(enum audit_drop *ret, struct buf *ret_fix, struct err *err);

/* The features about the login uid. */
int audit_query_features(bool *ret_immutable, bool *ret_only_unset, struct err *err);

#endif
