/* The audit session of this process: writing to /proc/self/loginuid starts a new one, which all children inherit and which is in
 * their audit records as ses= (kernel/audit.c audit_set_loginuid()). */
#ifndef SNUG_SHIM_SESSION_H
#define SNUG_SHIM_SESSION_H

#include "base/err.h"

#include <stdint.h>

#define SESSION_UNSET UINT32_MAX

/* Starts a new session for this process, with its login uid if set, else 0. -EPERM: the kernel forbids it (no
 * CAP_AUDIT_CONTROL, or loginuid_immutable). -ENOENT: the kernel has no audit. */
int session_begin(uint32_t *ret_session, struct err *err);

/* The session of a process. -ESRCH: it is gone. */
int session_of(int pid, uint32_t *ret_session);

#endif
