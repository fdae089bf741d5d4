/* Least privilege: once everything is open, the recorder gives up what it does not need, for good. */
#ifndef SNUG_SHIM_RECORDER_CONFINE_H
#define SNUG_SHIM_RECORDER_CONFINE_H

#include "base/err.h"
#include "shim/common/config.h"

/* Keeps CAP_AUDIT_CONTROL (AUDIT_GET and AUDIT_LIST_RULES are refused without it), CAP_SYS_PTRACE only if /proc hides other processes without it,
 * CAP_DAC_OVERRIDE only if the state or run directory cannot be written without it; empties the bounding set; sets no_new_privs. A capability
 * belongs to a thread: to be called before there is a second one. */
int confine_capabilities(const struct config *config, struct err *err);

/* Loads the filter: the calls of syscalls.csv and of the always-set are allowed, each other one fails with ENOSYS and is logged, where the kernel logs
 * errno (intake.c tells of it). All threads get it. */
int confine_calls(struct err *err);

#endif
