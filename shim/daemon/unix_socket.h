/* Unix sockets at which a daemon listens (unix(7)). */
#ifndef SNUG_SHIM_DAEMON_UNIX_SOCKET_H
#define SNUG_SHIM_DAEMON_UNIX_SOCKET_H

#include "base/err.h"

#include <sys/types.h>

/* Listens at `path` in place of whatever socket was there. type: SOCK_STREAM or SOCK_SEQPACKET. Returns a non-blocking
 * descriptor or a negative errno
 * (-ENAMETOOLONG: more bytes than sun_path holds). Who may connect is up to the umask. */
int unix_socket_listen(const char *path, int type, struct err *err);

/* Takes one connection, if its peer (SO_PEERCRED) is root or this process's own user; anybody else is hung up. Returns
 * a non-blocking descriptor, -EPERM, or what accept4(2) failed with (-EAGAIN: nobody waits). ret_pid, the peer's pid,
 * may be NULL. */
int unix_socket_accept(int fd, pid_t *ret_pid);

#endif
