/* What the kernel's headers call a value of an argument: AF_VSOCK, CLONE_NEWUSER, PR_SET_NAME. One table, generated from values.csv, which
 * values.py makes of the headers. Machines on which a value has another name or none have no names there.
 */
#ifndef SNUG_SECCOMP_VALUES_H
#define SNUG_SECCOMP_VALUES_H

#include "base/buf.h"
#include "seccomp/syscall/arch.h"

#include <stdbool.h>
#include <stdint.h>

/* Appends the name of a value of the call's argument, names of bits with "|" between them; false, and nothing is appended, where that does
 * not name the value whole. `mask`: it is one: only bits have names, and more than one stand in parentheses. */
bool value_add_name(const char *call, unsigned index, const struct arch *arch, uint64_t value, bool mask, struct buf *out);

#endif
