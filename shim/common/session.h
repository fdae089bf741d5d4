/* The audit session of this process: a write to /proc/self/loginuid makes a fresh one, which all children inherit and every audit
 * record of theirs carries as ses= (kernel/audit.c audit_set_loginuid()). */
#ifndef SNUG_SHIM_SESSION_H
#define SNUG_SHIM_SESSION_H

#include "base/err.h"

#include <stdint.h>

#define SESSION_UNSET UINT32_MAX

/* Begins a fresh session for this process, keeping a login uid that is set, else 0. Fails with a sentence where the kernel
 * forbids it (-EPERM: CAP_AUDIT_CONTROL missing, or loginuid_immutable) or has no audit (-ENOENT). */
int session_begin(uint32_t *ret_session, struct err *err);

/* The session of a process; -ESRCH if it is gone. */
int session_of(int pid, uint32_t *ret_session);

#endif
