/* Entries with fields for journald, by its native protocol (https://systemd.io/JOURNAL_NATIVE_PROTOCOL/): one datagram
 * per entry, without libsystemd. */
#ifndef SNUG_SHIM_DAEMON_JOURNAL_H
#define SNUG_SHIM_DAEMON_JOURNAL_H

#include "base/buf.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"

/* Appends one field. The name consists of upper-case letters, digits and '_', and begins with a letter; a field may be
 * there several times. The value may be any text. */
void journal_add(struct buf *entry, const char *field, const char *value);

/* Sends the entry to the socket at `path`. Never blocks. Returns 0 or a negative errno: -ENOENT or -ECONNREFUSED
 * without journald, -EAGAIN if journald does not keep up. */
int journal_send(const char *path, const struct buf *entry);

#endif
