/* The disguises of a record in a log, taken off: what is left is the kernel's own text, for record_parse(). */
#ifndef SNUG_SECCOMP_LOG_FORM_H
#define SNUG_SECCOMP_LOG_FORM_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* In place: takes out terminal escape sequences (ECMA-48 CSI and OSC), NULs and carriage returns. Returns the new
 * length. */
size_t log_form_clean(char *text, size_t len);

/* In place: one level of JSON's string escapes; \u above 00ff becomes '?'. Returns the new length; the same length:
 * there was none. */
size_t log_form_unescape(char *text, size_t len);

/* A record as `ausearch -i` words it, from its "audit(" on: names in place of numbers, nothing quoted, local time.
 * Appends the kernel's text and returns true; false if it is not one. A time that cannot be read becomes 0. */
bool log_form_interpreted(const char *text, size_t len, struct buf *ret);

#endif
