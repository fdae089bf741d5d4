/* How wide lines may be: no table and no paragraph is wider than the terminal. */
#ifndef SNUG_SHIM_CLI_COMMON_WIDTH_H
#define SNUG_SHIM_CLI_COMMON_WIDTH_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* Columns of the terminal: what COLUMNS says, else the terminal behind standard output; *ret_is_one (may be NULL) is false where there is
 * none, and 132 is returned. At least 40. */
size_t width_of_terminal(bool *ret_is_one);

/* The same for sentences: at most 100. */
size_t width_of_prose(void);

/* Appends the words of text behind what stands on the line already; lines behind the first begin with `indent` spaces. Ends the line. */
void width_add_wrapped(struct buf *out, size_t indent, const char *text);

#endif
