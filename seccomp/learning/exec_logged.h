/* execve and execveat are never quiet: their record is the boundary between the runtime and the program, and the proof that the filter
 * was loaded. */
#ifndef SNUG_SECCOMP_EXEC_LOGGED_H
#define SNUG_SECCOMP_EXEC_LOGGED_H

#include "base/buf.h"
#include "base/err.h"

#include <stddef.h>

/* Appends the section, whose default action logs, without these two names in the rules that allow; a rule that has no other name goes. Every
 * other byte stays. */
int exec_logged_make(const char *section, size_t len, const char *name, struct buf *out, struct err *err);

#endif
