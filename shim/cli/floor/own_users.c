#include "shim/cli/floor/own_users.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

static int write_text(const char *path, const char *text)
{
	cleanup_fd int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd < 0 ? -errno : file_write_full(fd, text, strlen(text));
}

/* user_namespaces(7): who maps one id, his own, needs no privilege once setgroups is denied. */
static int map(const char *path, unsigned inside, unsigned outside)
{
	char text[32];

	snprintf(text, sizeof(text), "%u %u 1", inside, outside);
	return write_text(path, text);
}

static int unshare_users(bool root)
{
	unsigned uid = geteuid(), gid = getegid();
	int r = unshare(CLONE_NEWUSER) < 0 ? -errno : 0;

	if (!r)
		r = write_text("/proc/self/setgroups", "deny");
	if (!r)
		r = map("/proc/self/uid_map", root ? 0 : uid, uid);
	return r ? r : map("/proc/self/gid_map", root ? 0 : gid, gid);
}

/* In a child, which tells 0 or its error, and stays until its standard input of news is closed. */
static void hold(bool root, int tell, int stay)
{
	int r = unshare_users(root);
	char c;

	if (write(tell, &r, sizeof(r)) == (ssize_t)sizeof(r))
		(void)!read(stay, &c, 1);
	_exit(0);
}

static int open_users(pid_t pid, int told, int *ret)
{
	char path[48];
	int r = -EIO;

	if (read(told, &r, sizeof(r)) != (ssize_t)sizeof(r) || r < 0)
		return r < 0 ? r : -EIO;
	snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
	*ret = open(path, O_RDONLY | O_CLOEXEC);
	return *ret < 0 ? -errno : 0;
}

int own_users_make(enum own_users_kind kind, struct own_users *ret, struct err *err)
{
	cleanup_fd int told = -1, tell = -1, stay = -1, leave = -1;
	int up[2], down[2], r, fd = -1;
	pid_t pid;

	if (pipe2(up, O_CLOEXEC) < 0)
		return err_sys(err, errno, "pipe");
	told = up[0];
	tell = up[1];
	if (pipe2(down, O_CLOEXEC) < 0)
		return err_sys(err, errno, "pipe");
	stay = down[0];
	leave = down[1];
	pid = fork();
	if (pid < 0)
		return err_sys(err, errno, "fork");
	if (!pid) {
		close(leave);
		hold(kind == OWN_USERS_ROOT, tell, stay);
	}
	close(steal_fd(&tell));
	r = open_users(pid, told, &fd);
	close(steal_fd(&leave));
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (r < 0)
		return err_sys(err, r, "cannot make a user namespace");
	*ret = (struct own_users){kind, fd};
	return 0;
}

static int keep_ptrace(void)
{
	const cap_value_t ptrace = CAP_SYS_PTRACE;
	cap_t caps = cap_get_proc();
	int r = !caps || cap_set_flag(caps, CAP_INHERITABLE, 1, &ptrace, CAP_SET) < 0 || cap_set_proc(caps) < 0 ||
			cap_set_ambient(ptrace, CAP_SET) < 0
			? -errno
			: 0;

	if (caps)
		cap_free(caps);
	return r;
}

int own_users_enter(const struct own_users *u, struct err *err)
{
	if (setns(u->fd, CLONE_NEWUSER) < 0)
		return err_sys(err, errno, "cannot enter a user namespace");
	if (u->kind == OWN_USERS_SAME) {
		int r = keep_ptrace();

		return r < 0 ? err_sys(err, r, "cannot keep CAP_SYS_PTRACE") : 0;
	}
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return err_sys(err, errno, "cannot make a mount namespace");
	return 0;
}
