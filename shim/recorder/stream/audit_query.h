/* Questions to the kernel's audit besides its status: the exclude rules, the features. Read only; each on a socket of its own, answered within
 * a second or -ETIMEDOUT. Both need CAP_AUDIT_CONTROL in the initial user and pid namespaces.
 * Source: kernel/audit.c audit_receive_msg(). */
#ifndef SNUG_SHIM_RECORDER_AUDIT_QUERY_H
#define SNUG_SHIM_RECORDER_AUDIT_QUERY_H

#include "base/buf.h"
#include "base/err.h"
#include "shim/recorder/stream/audit_rule.h"

#include <stdbool.h>

/* The worst of all exclude rules; the commands that delete those that drop any are appended to *ret_fix, joined by " && ". */
int audit_query_exclude(enum audit_drop *ret, struct buf *ret_fix, struct err *err);

/* The features that concern the login uid. */
int audit_query_features(bool *ret_immutable, bool *ret_only_unset, struct err *err);

#endif
