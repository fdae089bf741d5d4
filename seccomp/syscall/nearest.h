/* The call that somebody probably meant by a name that does not exist, or not on this machine: pwrite is pwrite64, sigaction
 * is rt_sigaction on 64-bit machines, fstatat is newfstatat. First library-names.csv, the calls that C libraries name
 * differently from the kernel; then the kernel's ways of naming variants; then spelling.
 */
#ifndef SNUG_SECCOMP_SYSCALL_NEAREST_H
#define SNUG_SECCOMP_SYSCALL_NEAREST_H

#include "seccomp/syscall/arch.h"
#include "seccomp/syscall/names.h"

#include <stdbool.h>

/* Finds a call of arch with another name than `name`; false if none is near. */
bool syscall_nearest(const struct arch *arch, const char *name, char ret[SYSCALL_NAME_MAX]);

#endif
