/* Adds names to a profile that others wrote, and leaves every other byte as it is. */
#ifndef SNUG_SECCOMP_MEND_H
#define SNUG_SECCOMP_MEND_H

#include "base/buf.h"
#include "base/err.h"

#include <stddef.h>

/* Appends to out the text, of which seccomp/policy/read.h makes one profile, with the names added to its first
 * rule that allows without conditions: in their place if its names are in order, else behind them, set as the others
 * are. Without such a rule one is added behind the others. *ret_line is the line of the first name. The names must be in
 * order, each once, and not yet there. -ENOENT for a profile without a "syscalls" array. */
int amend_profile(const char *text, size_t len, const char *name, const char *const names[], size_t count,
		 struct buf *out, size_t *ret_line, struct err *err);

/* Appends what changed from `before` to `after`, two texts, as `diff -u` shows it. */
void amend_diff(const struct buf *before, const struct buf *after, const char *before_name, const char *after_name,
	       struct buf *out);

#endif
