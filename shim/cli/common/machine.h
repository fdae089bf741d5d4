/* --machine: for which machine a profile is meant. */
#ifndef SNUG_SHIM_CLI_COMMON_MACHINE_H
#define SNUG_SHIM_CLI_COMMON_MACHINE_H

#include "base/err.h"
#include "seccomp/syscall/arch.h"

/* The own ABI of the machine that people call so: "aarch64", "arm64". -EINVAL with a sentence for a name that is none. */
int machine_named(const char *name, const struct arch **ret, struct err *err);

#endif
