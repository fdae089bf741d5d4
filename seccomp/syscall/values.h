/* The names of argument values in the kernel's headers: AF_VSOCK, CLONE_NEWUSER, PR_SET_NAME. One table, generated from
 * values.csv, which values.py makes from the headers. Machines on which a value has another name, or none, are left out.
 */
#ifndef SNUG_SECCOMP_VALUES_H
#define SNUG_SECCOMP_VALUES_H

#include "base/buf.h"
#include "seccomp/syscall/arch.h"

#include <stdbool.h>
#include <stdint.h>

/* Appends the name of an argument's value, or the names of its bits, joined by "|". False, with nothing appended, if names
 * do not cover the whole value. mask: the value is a mask: only bits have names, and several are put in parentheses. */
bool value_add_name(const char *call, unsigned index, const struct arch *arch, uint64_t value, bool mask, struct buf *out);

#endif
