/* Which programs read the kernel's audit records by multicast, as snugd does. */
#ifndef SNUG_SHIM_CLI_AUDIT_READERS_H
#define SNUG_SHIM_CLI_AUDIT_READERS_H

#include "base/buf.h"

#include <stdbool.h>

/* Appends "NAME (PID)" of each, with commas. True if journald is among them: it stores every record. Not root, some
 * stay unseen. */
bool audit_readers(struct buf *ret_names);

#endif
