#include "shim/daemon/detach.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static void write_text(const char *path, const char *text)
{
	cleanup_fd int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd >= 0)
		(void)!write(fd, text, strlen(text));
}

/* The daemon must not end with the pod, unit or login that first called it: under v2 it moves to its own cgroup, under v1 to
 * the root group of each hierarchy (a new cpuset group would need cpus and mems first). */
static void leave_cgroups(void)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");

	if (!mounts)
		return;
	for (struct mntent *m = getmntent(mounts); m; m = getmntent(mounts)) {
		cleanup_free char *group = NULL, *procs = NULL;
		bool v2 = text_streq(m->mnt_type, "cgroup2");

		if (!v2 && !text_streq(m->mnt_type, "cgroup"))
			continue;
		if (asprintf(&group, "%s%s", m->mnt_dir, v2 ? "/snugd" : "") < 0 ||
		    asprintf(&procs, "%s/cgroup.procs", group) < 0)
			continue;
		if (v2)
			mkdir(group, 0755);
		write_text(procs, "0");
	}
	endmntent(mounts);
}

static void reset_signals(void)
{
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

#define FILES_MAX 65536 /* as in the unit: two per container, and one per key */

/* Raises a limit to at least `want`; without CAP_SYS_RESOURCE, to the hard limit at most. */
static void raise_limit(int which, rlim_t want)
{
	struct rlimit now, more;

	if (getrlimit(which, &now) < 0 || now.rlim_cur >= want)
		return;
	more = (struct rlimit){want, now.rlim_max < want ? want : now.rlim_max};
	if (setrlimit(which, &more) == 0)
		return;
	now.rlim_cur = now.rlim_max < want ? now.rlim_max : want;
	setrlimit(which, &now);
}

static void reset_limits(void)
{
	static const int unlimited[] = {RLIMIT_CPU, RLIMIT_FSIZE, RLIMIT_AS, RLIMIT_DATA, RLIMIT_RSS};
	struct rlimit none = {0, 0};
	cpu_set_t all;

	setrlimit(RLIMIT_CORE, &none);
	/* The first caller's limits must not apply to the whole node. */
	for (size_t i = 0; i < ARRAY_SIZE(unlimited); i++)
		raise_limit(unlimited[i], RLIM_INFINITY);
	raise_limit(RLIMIT_NOFILE, FILES_MAX);
	memset(&all, 0xff, sizeof(all));
	sched_setaffinity(0, sizeof(all), &all);
	setpriority(PRIO_PROCESS, 0, 0);
	write_text("/proc/self/oom_score_adj", "0");
}

int detach_from_caller(struct err *err)
{
	pid_t pid = fork();

	if (pid < 0)
		return err_sys(err, errno, "cannot move to the background");
	if (pid > 0)
		_exit(0);
	setsid();
	file_close_range(3, ~0u);
	clearenv();
	setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
	umask(077);
	reset_signals();
	reset_limits();
	leave_cgroups();
	if (chdir("/") < 0)
		return err_sys(err, errno, "/: cannot change directory");
	return 0;
}

void detach_stderr(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		return;
	dup2(null, 2);
	close(null);
}
