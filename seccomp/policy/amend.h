/* Adds names to a profile that others wrote, leaving every other byte unchanged. */
#ifndef SNUG_SECCOMP_AMEND_H
#define SNUG_SECCOMP_AMEND_H

#include "base/buf.h"
#include "base/err.h"

#include <stddef.h>

/* Appends to out the text, which must be one profile (seccomp/policy/read.h), with the names added to its first rule that
 * allows unconditionally: in place if its names are sorted, else at the end, formatted as the others are. If there is no
 * such rule, one is added after the others. *ret_line is the line of the first name added. The names must be sorted, unique
 * and not in the rule yet. -ENOENT for a profile without a "syscalls" array. */
int amend_profile(const char *text, size_t len, const char *name, const char *const names[], size_t count,
		 struct buf *out, size_t *ret_line, struct err *err);

/* Appends a rule, on one line, that answers the names with ENOSYS, for somebody to add by hand. */
void amend_add_enosys_rule(const char *const names[], size_t count, struct buf *out);

/* Appends the changes from `before` to `after` in the format of `diff -u`. */
void amend_diff(const struct buf *before, const struct buf *after, const char *before_name, const char *after_name,
	       struct buf *out);

#endif
