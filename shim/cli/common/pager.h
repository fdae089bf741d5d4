/* Text that is longer than the screen is shown by a pager, as git does it. */
#ifndef SNUG_SHIM_CLI_COMMON_PAGER_H
#define SNUG_SHIM_CLI_COMMON_PAGER_H

#include "base/err.h"

#include <stddef.h>

/* Writes len bytes to standard output; through a pager if that is a terminal with fewer lines than the text, and waits
 * for the pager's end. The pager is the shell command in SNUG_PAGER, else PAGER, else `less`; "" and "cat" are none. It
 * gets LESS=FRX if LESS is unset, and for a caller who became root by sudo, doas or pkexec, LESSSECURE and PAGERSECURE,
 * so that it starts no command and opens no other file. A pager that cannot be started is done without; how it ends,
 * and how much it reads, is no error. Not for programs with threads: the caller's SIGINT and SIGQUIT, which mean the
 * pager, are caught meanwhile. */
int pager_write(const char *text, size_t len, struct err *err);

#endif
