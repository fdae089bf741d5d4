/* Recovers the kernel's own text of a record, for record_parse(), from what a log made of it. */
#ifndef SNUG_SECCOMP_LOG_FORM_H
#define SNUG_SECCOMP_LOG_FORM_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* In place: removes terminal escape sequences (ECMA-48 CSI and OSC), NULs and carriage returns. Returns the new length. */
size_t log_form_clean(char *text, size_t len);

/* In place: undoes one level of JSON string escapes; \u above 00ff becomes '?'. Returns the new length, which is unchanged if
 * there were none. */
size_t log_form_unescape(char *text, size_t len);

/* Takes a record as `ausearch -i` prints it, from "audit(" on: with names for numbers, without quotes, in local time. Appends
 * the kernel's text and returns true; false if it is not a record. An unreadable time becomes 0. */
bool log_form_interpreted(const char *text, size_t len, struct buf *ret);

#endif
