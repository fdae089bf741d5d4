#include "shim/daemon/unix_socket.h"

#include "base/cleanup.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int unix_socket_listen(const char *path, int type, struct err *err)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	cleanup_fd int fd = -1;

	if (strlen(path) >= sizeof(addr.sun_path))
		return err_set(err, ENAMETOOLONG,
			       "%s: too long for a socket path (at most %zu bytes); set a shorter run_dir", path,
			       sizeof(addr.sun_path) - 1);
	memcpy(addr.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_sys(err, errno, "cannot make a socket");
	if (unlink(path) < 0 && errno != ENOENT)
		return err_sys(err, errno, "%s: cannot remove", path);
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 || listen(fd, SOMAXCONN) < 0)
		return err_sys(err, errno, "%s: cannot listen", path);
	return steal_fd(&fd);
}

int unix_socket_accept(int fd, pid_t *ret_pid)
{
	cleanup_fd int peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (peer < 0)
		return -errno;
	if (getsockopt(peer, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0 || (cred.uid != 0 && cred.uid != geteuid()))
		return -EPERM;
	if (ret_pid)
		*ret_pid = cred.pid;
	return steal_fd(&peer);
}
