#include "shim/cli/doctor/doctor.h"

#include "base/file.h"
#include "base/text.h"
#include "shim/agent/unotify.h"
#include "shim/common/namespaces.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#define SMALL_FILE 65536

enum doctor_result doctor_notify(struct doctor *d, struct doctor_finding *f)
{
	struct unotify kernel = {0};
	struct err err = {0};

	if (unotify_open(&kernel, &err) < 0)
		return doctor_found(f, DOCTOR_FAILS, "%s", err.msg);
	unotify_close(&kernel);
	return doctor_found(f, DOCTOR_OK, "a call that was handed to a listener went on");
}

enum doctor_result doctor_namespaces(struct doctor *d, struct doctor_finding *f)
{
	struct err err = {0};

	d->namespaces_initial = namespaces_check(&err) == 0;
	if (!d->namespaces_initial)
		return doctor_found(f, DOCTOR_FAILS, "%s", err.msg);
	return doctor_found(f, DOCTOR_OK, "in the initial user, pid and network namespaces");
}

enum doctor_result doctor_capabilities(struct doctor *d, struct doctor_finding *f)
{
	static const struct {
		cap_value_t cap;
		const char *name;
	} wanted[] = {{CAP_AUDIT_READ, "CAP_AUDIT_READ"}, {CAP_AUDIT_CONTROL, "CAP_AUDIT_CONTROL"}};
	enum doctor_result r = DOCTOR_OK;
	cap_t caps = cap_get_proc();

	if (!caps)
		return doctor_found(f, DOCTOR_FAILS, "cannot read the capabilities of this process");
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		cap_flag_value_t has = CAP_CLEAR;

		if (cap_get_flag(caps, wanted[i].cap, CAP_EFFECTIVE, &has) == 0 && has == CAP_SET)
			continue;
		r = doctor_found(f, DOCTOR_FAILS, "%s%s", r == DOCTOR_FAILS ? ", " : "missing: ", wanted[i].name);
	}
	cap_free(caps);
	return r == DOCTOR_FAILS ? r : doctor_found(f, r, "CAP_AUDIT_READ and CAP_AUDIT_CONTROL are held");
}

/* True if the text file has the word, between spaces or ends of lines. */
static bool file_has_word(const char *path, const char *word)
{
	cleanup_buf struct buf text = {0};
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *save = NULL;

	if (fd < 0 || file_read_fd(fd, SMALL_FILE * 16, path, &text, NULL) < 0 || !text.data)
		return false;
	for (char *w = strtok_r(text.data, " \t\n", &save); w; w = strtok_r(NULL, " \t\n", &save))
		if (text_streq(w, word))
			return true;
	return false;
}

/* Looks in the distribution's copy of the kernel configuration. It may be missing; the real proof is the probe. */
static bool built_without(const char *option)
{
	cleanup_free char *path = NULL, *set = NULL;
	struct utsname name;

	if (uname(&name) < 0 || asprintf(&path, "/boot/config-%s", name.release) < 0 || asprintf(&set, "%s=y", option) < 0)
		return false;
	return access(path, R_OK) == 0 && !file_has_word(path, set);
}

static enum doctor_result find_audit(struct doctor_finding *f)
{
	cleanup_fd int fd = -1;

	if (file_has_word("/proc/cmdline", "audit=0") || file_has_word("/proc/cmdline", "audit=off"))
		return doctor_found(f, DOCTOR_FAILS, "the kernel was booted with audit=0");
	if (built_without("CONFIG_AUDITSYSCALL"))
		return doctor_found(f, DOCTOR_FAILS, "the kernel was built without CONFIG_AUDITSYSCALL");
	if (access("/proc/self/loginuid", F_OK) < 0)
		return doctor_found(f, DOCTOR_FAILS,
				    "no /proc/self/loginuid: the kernel was built without CONFIG_AUDIT");
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);
	if (fd < 0)
		return doctor_found(f, DOCTOR_FAILS, "no audit socket: %s", strerror(errno));
	return doctor_found(f, DOCTOR_OK, "the kernel has audit, and it is not off");
}

enum doctor_result doctor_audit_built(struct doctor *d, struct doctor_finding *f)
{
	enum doctor_result r = find_audit(f);

	d->audit_off = r == DOCTOR_FAILS;
	return r;
}

enum doctor_result doctor_seccomp_log(struct doctor *d, struct doctor_finding *f)
{
	static const char path[] = "/proc/sys/kernel/seccomp/actions_avail";
	uint32_t action = SECCOMP_RET_LOG;

	if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) < 0)
		return doctor_found(f, DOCTOR_FAILS, "the kernel does not know SECCOMP_RET_LOG: %s", strerror(errno));
	if (!file_has_word(path, "log"))
		return doctor_found(f, DOCTOR_FAILS, "`log` is not in %s", path);
	return doctor_found(f, DOCTOR_OK, "the kernel can log system calls (SECCOMP_RET_LOG)");
}

enum doctor_result doctor_log_action(struct doctor *d, struct doctor_finding *f)
{
	bool on = false;
	int r = audit_log_is_on(&on);

	if (r < 0)
		return doctor_found(f, DOCTOR_FAILS, "/proc/sys/kernel/seccomp/actions_logged: %s", strerror(-r));
	if (!on)
		return doctor_found(f, DOCTOR_FAILS, "`log` is missing from kernel.seccomp.actions_logged");
	return doctor_found(f, DOCTOR_OK, "`log` is in kernel.seccomp.actions_logged");
}

/* The first cgroup v2 mount; NULL: none. *ret_v1: there are v1 hierarchies too. */
static char *find_cgroup2(bool *ret_v1)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	char *dir = NULL;

	*ret_v1 = false;
	if (!mounts)
		return NULL;
	for (struct mntent *m = getmntent(mounts); m; m = getmntent(mounts)) {
		*ret_v1 |= text_streq(m->mnt_type, "cgroup");
		if (text_streq(m->mnt_type, "cgroup2") && !dir)
			dir = strdup(m->mnt_dir);
	}
	endmntent(mounts);
	return dir;
}

enum doctor_result doctor_cgroups(struct doctor *d, struct doctor_finding *f)
{
	bool v1 = false;
	cleanup_free char *dir = find_cgroup2(&v1), *group = NULL;
	const char *kind = !dir ? "v1 only" : v1 ? "hybrid (v1 and v2)" : "v2";

	if (!dir && !v1)
		return doctor_found(
			f, DOCTOR_WARNS,
			"no cgroup hierarchy is mounted: stopping what starts the recorder may stop it too");
	if (dir && asprintf(&group, "%s/snug-doctor.%d", dir, (int)getpid()) < 0)
		return doctor_found(f, DOCTOR_FAILS, "out of memory");
	if (dir && mkdir(group, 0755) < 0)
		return doctor_found(f, DOCTOR_WARNS,
				    "%s: cannot create a cgroup (%s): stopping what starts the recorder stops it too",
				    dir, strerror(errno));
	if (dir)
		rmdir(group);
	if (dir && v1 && d->runtime.path && d->runtime.dialect == OCI_DIALECT_CRUN) {
		buf_adds(&f->fix, "mount cgroup v2 alone, or give crun a cgroup v2 tree of its own");
		return doctor_found(f, DOCTOR_WARNS, "cgroups: %s; some versions of crun (1.8) refuse this", kind);
	}
	return doctor_found(f, DOCTOR_OK, "cgroups: %s; the recorder can leave its caller's cgroup", kind);
}
