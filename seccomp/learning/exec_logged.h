/* execve and execveat are always logged: their record is the boundary between the runtime and the program, and proves that the
 * filter was loaded. */
#ifndef SNUG_SECCOMP_EXEC_LOGGED_H
#define SNUG_SECCOMP_EXEC_LOGGED_H

#include "base/buf.h"
#include "base/err.h"

#include <stddef.h>

/* Appends the section, whose default action logs, without these two names in rules that allow; a rule without other names is
 * removed. Every other byte is unchanged. */
int exec_logged_make(const char *section, size_t len, const char *name, struct buf *out, struct err *err);

#endif
