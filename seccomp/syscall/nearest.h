/* The call that somebody may have meant who wrote a name that is none, or none of this machine: pwrite is pwrite64, sigaction is
 * rt_sigaction on 64-bit machines, fstatat is newfstatat. library-names.csv holds what C libraries call otherwise than the
 * kernel; beyond it come the kernel's own ways of naming variants, and then spelling.
 */
#ifndef SNUG_SECCOMP_SYSCALL_NEAREST_H
#define SNUG_SECCOMP_SYSCALL_NEAREST_H

#include "seccomp/syscall/arch.h"
#include "seccomp/syscall/names.h"

#include <stdbool.h>

/* A call of arch whose name is not `name` itself; false if none is near. */
bool syscall_nearest(const struct arch *arch, const char *name, char ret[SYSCALL_NAME_MAX]);

#endif
