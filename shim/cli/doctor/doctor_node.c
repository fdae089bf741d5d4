#include "shim/cli/doctor/doctor.h"

#include "base/file.h"
#include "base/text.h"
#include "seccomp/syscall/names.h"
#include "shim/cli/common/run.h"
#include "shim/common/client.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/un.h>
#include <unistd.h>

#define SPACE_NEEDED    (1ull << 20)  /* bytes: with less, evidence cannot be saved */
#define SPACE_WANTED    (64ull << 20) /* bytes: a node with many keys fills less */
#define VERSION_WAIT_MS 10000
#define SNUGD_SAYS      ": snugd: "
#define COUNTER_WAIT_MS 20000 /* to load and attach a program */

enum doctor_result doctor_config(struct doctor *d, struct doctor_finding *f)
{
	if (!d->config_valid)
		return doctor_found(f, DOCTOR_FAILS, "%s", d->config_err.msg);
	if (access(d->config.path, F_OK) < 0)
		return doctor_found(f, DOCTOR_OK, "no %s: the defaults apply", d->config.path);
	return doctor_found(f, DOCTOR_OK, "%s is valid", d->config.path);
}

static bool skips_config(const struct doctor *d, struct doctor_finding *f)
{
	if (!d->config_valid)
		doctor_found(f, DOCTOR_SKIPS, "not tested: the configuration is not valid");
	return !d->config_valid;
}

/* Opens the directory, or its nearest existing parent. */
static int open_nearest(const char *path, char **ret_dir)
{
	cleanup_free char *dir = strdup(path);

	while (dir) {
		int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		char *slash = strrchr(dir, '/');

		if (fd >= 0) {
			*ret_dir = steal_ptr(&dir);
			return fd;
		}
		if (errno != ENOENT || !slash || !dir[1])
			return -errno;
		slash[slash == dir] = '\0';
	}
	return -ENOMEM;
}

/* Uses a file without a name, which disappears with its descriptor; if the filesystem cannot, a file with one. */
static int write_sample(int dir)
{
	char name[64], bytes[4096] = {0};
	cleanup_fd int fd = openat(dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	int r;

	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
		snprintf(name, sizeof(name), ".snug-doctor.%d", (int)getpid());
		fd = openat(dir, name, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (fd >= 0)
			unlinkat(dir, name, 0);
	}
	if (fd < 0)
		return -errno;
	r = file_write_full(fd, bytes, sizeof(bytes));
	return r == 0 && fsync(fd) < 0 ? -errno : r;
}

static enum doctor_result check_dir(const char *path, struct doctor_finding *f)
{
	cleanup_free char *dir = NULL;
	cleanup_fd int fd = open_nearest(path, &dir);
	struct statvfs fs;
	struct stat st;
	uint64_t space;
	int r;

	if (fd < 0)
		return doctor_found(f, DOCTOR_FAILS, "%s: %s", path, strerror(-fd));
	r = write_sample(fd);
	if (r == -EACCES || r == -EPERM)
		buf_adds(&f->fix, "run as root");
	if (r < 0)
		return doctor_found(f, DOCTOR_FAILS, "%s: cannot write: %s", dir, strerror(-r));
	if (fstat(fd, &st) == 0 && text_streq(dir, path) && ((st.st_uid != 0 && st.st_uid != geteuid()) || st.st_mode & (S_IWGRP | S_IWOTH))) {
		buf_addf(&f->fix, "chown root %s; chmod 700 %s", path, path);
		return doctor_found(f, DOCTOR_FAILS, "%s: other users may write there", path);
	}
	if (fstatvfs(fd, &fs) < 0)
		return doctor_found(f, DOCTOR_FAILS, "%s: %s", dir, strerror(errno));
	space = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (space < SPACE_WANTED || (fs.f_files && fs.f_favail < 100))
		return doctor_found(f, space < SPACE_NEEDED ? DOCTOR_FAILS : DOCTOR_WARNS,
				    "%s: room for %llu KiB and %llu files", dir, (unsigned long long)space >> 10,
				    (unsigned long long)fs.f_favail);
	return doctor_found(f, DOCTOR_OK, "%s: writable%s, %llu MiB free", path,
			    text_streq(dir, path) ? "" : " (will be created)", (unsigned long long)space >> 20);
}

enum doctor_result doctor_state_dir(struct doctor *d, struct doctor_finding *f)
{
	return skips_config(d, f) ? DOCTOR_SKIPS : check_dir(d->config.state_dir, f);
}

enum doctor_result doctor_run_dir(struct doctor *d, struct doctor_finding *f)
{
	struct sockaddr_un addr;

	if (skips_config(d, f))
		return DOCTOR_SKIPS;
	if (strlen(d->config.run_dir) + strlen("/" CLIENT_SERVICE_SOCKET) >= sizeof(addr.sun_path))
		return doctor_found(f, DOCTOR_FAILS, "%s: too long for a socket path", d->config.run_dir);
	return check_dir(d->config.run_dir, f);
}

/* Whether the runtime reports that it was built with seccomp: runc (from 1.0 on) reports libseccomp's version, crun its features. */
static enum doctor_result evaluate_version(const char *version, struct doctor_finding *f)
{
	unsigned major = 0, minor = 0;
	bool runc = sscanf(version, "runc version %u.%u", &major, &minor) == 2;
	int first = (int)strcspn(version, "\n");

	if (!strstr(version, "libseccomp:") && !strstr(version, "+SECCOMP")) {
		bool sure = text_starts(version, "crun version ") || (runc && (major > 1 || (major == 1 && minor > 0)));

		buf_clear(&f->fix);
		return doctor_found(
			f, sure ? DOCTOR_FAILS : DOCTOR_WARNS, "%.*s: %s", first, version,
			sure ? "built without seccomp"
			     : "does not say whether it was built with seccomp; the first learning run will");
	}
	if (runc && (major < 1 || (major == 1 && minor < 2))) {
		buf_clear(&f->fix);
		buf_adds(&f->fix, "start the container once with snug-audit, which names what its profile lacks; or "
				  "use runc 1.2 or crun");
		return doctor_found(f, DOCTOR_WARNS, "%.*s: can learn, but cannot log what an enforced profile denies",
				    first, version);
	}
	return doctor_found(f, DOCTOR_OK, "%.*s, with seccomp and SECCOMP_FILTER_FLAG_LOG", first, version);
}

enum doctor_result doctor_runtime(struct doctor *d, struct doctor_finding *f)
{
	cleanup_buf struct buf version = {0};
	struct err err = {0};
	int r;

	if (skips_config(d, f))
		return DOCTOR_SKIPS;
	r = d->config.runtime ? oci_runtime_open(d->config.runtime, -1, &d->runtime, &err) : oci_runtime_find(-1, &d->runtime, &err);
	if (r < 0)
		return doctor_found(f, DOCTOR_FAILS, "%s", err.msg);
	doctor_found(f, DOCTOR_OK, "%s: ", d->runtime.path);
	const struct run run = {.argv = (char *[]){d->runtime.path, (char[]){"--version"}, NULL},
				.signal_fd = -1,
				.timeout_ms = VERSION_WAIT_MS};

	if (run_program(&run, &version, &err) < 0 || !version.data)
		return doctor_found(f, DOCTOR_FAILS, "%s", err.code ? err.msg : "it reports no version");
	return evaluate_version(version.data, f);
}

enum doctor_result doctor_libseccomp(struct doctor *d, struct doctor_finding *f)
{
	char version[SYSCALL_LIBSECCOMP_MAX];
	unsigned api = syscall_libseccomp_api();

	syscall_libseccomp(version);
	return doctor_found(f, api < SYSCALL_API_LOG ? DOCTOR_FAILS : DOCTOR_OK, "libseccomp %s, API level %u", version, api);
}

/* The recorder is in this program's directory. */
static int snugd_path(char **ret, struct doctor_finding *f)
{
	cleanup_free char *self = NULL;
	char *slash;

	if (file_read_link("/proc/self/exe", &self) < 0 || !(slash = strrchr(self, '/'))) {
		doctor_found(f, DOCTOR_FAILS, "/proc/self/exe: cannot read");
		return -ENOENT;
	}
	*slash = '\0';
	if (asprintf(ret, "%s/snugd", self) < 0) {
		doctor_found(f, DOCTOR_FAILS, "out of memory");
		return -ENOMEM;
	}
	return 0;
}

enum doctor_result doctor_counter(struct doctor *d, struct doctor_finding *f)
{
	cleanup_free char *path = NULL;
	struct err err = {0};

	if (skips_config(d, f))
		return DOCTOR_SKIPS;
	if (d->config.log_everything)
		return doctor_found(f, DOCTOR_OK, "off by \"learning\": \"log-everything\"; every call of a first run is a record");
	if (snugd_path(&path, f) < 0)
		return DOCTOR_FAILS;
	const struct run run = {.argv = (char *[]){path, (char[]){"--try-counter"}, NULL}, .signal_fd = -1, .timeout_ms = COUNTER_WAIT_MS};

	if (run_program(&run, NULL, &err) < 0) {
		const char *said = strstr(err.msg, SNUGD_SAYS);

		return doctor_found(f, DOCTOR_WARNS, "a first run logs every call: %s", said ? said + strlen(SNUGD_SAYS) : err.msg);
	}
	d->counts = true;
	return doctor_found(f, DOCTOR_OK, "common calls are counted in the kernel; a first run logs the rare ones only");
}

/* No recorder is running: could one be started? */
static enum doctor_result check_startable(struct doctor_finding *f)
{
	cleanup_free char *path = NULL;

	if (snugd_path(&path, f) < 0)
		return DOCTOR_FAILS;
	if (access(path, X_OK) < 0) {
		buf_adds(&f->fix, "install snugd beside snug");
		return doctor_found(f, DOCTOR_FAILS, "no recorder runs, and %s: %s", path, strerror(errno));
	}
	return doctor_found(f, DOCTOR_OK, "no recorder runs; the first container starts it");
}

enum doctor_result doctor_recorder(struct doctor *d, struct doctor_finding *f)
{
	cleanup_buf struct buf request = {0};
	cleanup_fd int fd = -1;
	struct err err = {0};

	if (skips_config(d, f))
		return DOCTOR_SKIPS;
	fd = client_connect(CLIENT_SNUGD, d->config.run_dir, &err);
	if (fd == -ENOENT || fd == -ECONNREFUSED)
		return check_startable(f);
	if (fd < 0)
		return doctor_found(f, DOCTOR_FAILS, "%s", err.msg);
	buf_adds(&request, "{\"op\":\"sync\"}");
	if (client_request(fd, &request, NULL, &err) < 0)
		return doctor_found(f, DOCTOR_FAILS, "%s", err.msg);
	return doctor_found(f, DOCTOR_OK, "a recorder is running and answers");
}
