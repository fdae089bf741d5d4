#include "shim/recorder/attribution/liveness.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "shim/common/hidepid.h"
#include "shim/common/session.h"
#include "shim/recorder/attribution/proc.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool is_dead(pid_t pid)
{
	struct proc_stat st;
	int r = proc_read_stat(pid, &st);

	return r == -ESRCH || (r == 0 && st.dead);
}

bool liveness_is_void(int r)
{
	return r < 0 && r != -ESRCH;
}

int liveness_each(liveness_fn *fn, void *arg, struct err *err)
{
	DIR *dir = opendir("/proc");
	int r = 0, unseen = 0;

	if (!dir)
		return err_sys(err, errno, "/proc: cannot read");
	while (r == 0) {
		struct dirent *e;
		uint32_t session;
		uint64_t pid;

		errno = 0;
		e = readdir(dir);
		if (!e) {
			r = -errno;
			break;
		}
		if (text_parse_u64(e->d_name, &pid) < 0)
			continue;
		r = session_of((int)pid, &session);
		if (r == 0)
			r = fn(arg, (pid_t)pid, session);
		if (liveness_is_void(r)) {
			unseen = r;
			r = 0;
		} else if (r == -ESRCH) {
			r = 0;
		}
	}
	closedir(dir);
	if (r == 0)
		r = unseen;
	if (r == 0 && !hidepid_sees_all())
		return err_set(err, EPERM, "/proc is mounted with hidepid, which hides processes from the recorder");
	return r < 0 ? err_sys(err, r, "/proc: cannot read the processes") : r;
}

int liveness_hold(pid_t pid, uint32_t session)
{
	cleanup_fd int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd p = {.fd = fd, .events = POLLIN};
	uint32_t now;
	int r;

	if (fd < 0)
		return -errno;
	/* The pid may have been reused since we looked. */
	r = session_of(pid, &now);
	if (liveness_is_void(r))
		return r;
	if (r < 0 || now != session || is_dead(pid) || poll(&p, 1, 0) > 0)
		return -ESRCH;
	return steal_fd(&fd);
}
