/* Least privilege: once everything is open, the recorder permanently gives up what it does not need. */
#ifndef SNUG_SHIM_RECORDER_CONFINE_H
#define SNUG_SHIM_RECORDER_CONFINE_H

#include "base/err.h"
#include "shim/common/config.h"

/* Keeps CAP_AUDIT_CONTROL (AUDIT_GET and AUDIT_LIST_RULES require it), CAP_SYS_PTRACE only if /proc hides other processes without
 * it, and CAP_DAC_OVERRIDE only if the state or run directory cannot be written without it. Empties the bounding set and sets
 * no_new_privs. Capabilities belong to a thread: call this before starting a second one. Returns 0 or a negative errno. */
int confine_capabilities(const struct config *config, struct err *err);

/* Loads the filter on all threads: it allows the calls of syscalls.csv and of the always-set; every other call fails with ENOSYS,
 * and the kernel logs it if actions_logged has errno (intake.c reports it). Returns 0 or a negative errno. */
int confine_calls(struct err *err);

#endif
