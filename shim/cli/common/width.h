/* How wide lines may be: no table and no paragraph is wider than the terminal. */
#ifndef SNUG_SHIM_CLI_COMMON_WIDTH_H
#define SNUG_SHIM_CLI_COMMON_WIDTH_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* Columns of the terminal: COLUMNS, else the terminal on standard output, at least 40. If there is none, returns 132 and sets
 * *ret_is_one (may be NULL) to false. */
size_t width_of_terminal(bool *ret_is_one);

/* The same for prose: at most 100. */
size_t width_of_prose(void);

/* Appends the words of text to the current line; further lines begin with `indent` spaces. Ends the last line. */
void width_add_wrapped(struct buf *out, size_t indent, const char *text);

#endif
