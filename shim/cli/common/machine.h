/* --machine: the machine that a profile is meant for. */
#ifndef SNUG_SHIM_CLI_COMMON_MACHINE_H
#define SNUG_SHIM_CLI_COMMON_MACHINE_H

#include "base/err.h"
#include "seccomp/syscall/arch.h"

/* The native ABI of a machine, by the name that people use: "aarch64", "arm64". -EINVAL with a sentence for an unknown name. */
int machine_named(const char *name, const struct arch **ret, struct err *err);

#endif
