#include "oci/bundle.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "oci/spec.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CONFIG_NAME   "config.json"
#define LOCK_SLEEP_MS 5

struct oci_file_id oci_file_id_of(const struct stat *st)
{
	return (struct oci_file_id){st->st_ino, (uint64_t)st->st_size,
				    (uint64_t)st->st_mtim.tv_sec * 1000000000u + (uint64_t)st->st_mtim.tv_nsec};
}

bool oci_file_id_same(const struct oci_file_id *a, const struct oci_file_id *b)
{
	return a->ino == b->ino && a->size == b->size && a->mtime_ns == b->mtime_ns;
}

/* The directory to open, and the name of the file in it; both are allocated. */
static int split_path(const char *path, const char *config, char **ret_dir, char **ret_name, struct err *err)
{
	const char *slash = config ? strrchr(config, '/') : NULL;
	const char *name = slash ? slash + 1 : config;
	cleanup_free char *dir = NULL, *copy = NULL;

	if (config && !*name)
		return err_set(err, EINVAL, "'%s': not the name of a configuration file", config);
	if (!config || strcmp(config, CONFIG_NAME) == 0)
		dir = strdup(path ? path : ".");
	else if (slash)
		dir = strndup(config, (size_t)(name - config));
	else
		dir = strdup(".");
	copy = strdup(config ? name : CONFIG_NAME);
	if (!dir || !copy)
		return err_set(err, ENOMEM, "out of memory");
	*ret_dir = steal_ptr(&dir);
	*ret_name = steal_ptr(&copy);
	return 0;
}

/* Root's own group is root. */
static bool others_may_write(const struct stat *st)
{
	return st->st_mode & S_IWOTH || (st->st_mode & S_IWGRP && (st->st_uid != 0 || st->st_gid != 0));
}

/* Like file_check_trust(), except for that group. */
static int check_trust(struct stat st, const char *what, struct err *err)
{
	if (!others_may_write(&st))
		st.st_mode &= ~(mode_t)S_IWGRP;
	return file_check_trust(&st, what, err);
}

/* *ret: only root can have put it where it is. */
static int is_below_roots(int dir_fd, bool *ret)
{
	cleanup_fd int parent = openat(dir_fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	if (parent < 0 || fstat(parent, &st) < 0)
		return -errno;
	*ret = st.st_uid == 0 && !others_may_write(&st);
	return 0;
}

static int check_directory(struct oci_bundle *b, struct err *err)
{
	bool below_roots = false;
	struct stat st;

	if (fstat(b->dir_fd, &st) < 0)
		return err_sys(err, errno, "%s: cannot stat the bundle", b->path);
	if (st.st_uid == 0 || st.st_uid == geteuid() || st.st_mode & (S_IWGRP | S_IWOTH) || geteuid() != 0 ||
	    is_below_roots(b->dir_fd, &below_roots) < 0 || !below_roots)
		return check_trust(st, b->path, err);
	b->is_foreign = true;
	b->owner = st.st_uid;
	return 0;
}

int oci_bundle_check_owner(const struct oci_bundle *b, const struct oci_spec *spec, struct err *err)
{
	uint64_t root;

	if (!b->is_foreign || (oci_spec_mapped_root(spec, &root) && root == b->owner))
		return 0;
	return err_set(err, EPERM, "%s: owned by uid %u, not by root, the caller or the container's root (linux.uidMappings)",
		       b->path, (unsigned)b->owner);
}

int oci_bundle_open(const char *path, const char *config, struct oci_bundle *ret, struct err *err)
{
	cleanup_bundle struct oci_bundle b = OCI_BUNDLE_INIT;
	int r = split_path(path, config, &b.path, &b.name, err);

	if (r < 0)
		return r;
	b.dir_fd = open(b.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (b.dir_fd < 0)
		return err_sys(err, errno, "%s: cannot open the bundle", b.path);
	r = check_directory(&b, err);
	if (r < 0)
		return r;
	*ret = b;
	b = (struct oci_bundle)OCI_BUNDLE_INIT;
	return 0;
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* Opens the file to lock: the bundle itself if there is no directory for lock files. */
static int open_lock(struct oci_bundle *b, const char *locks)
{
	cleanup_free char *path = NULL;
	cleanup_fd int dir = locks ? file_open_dirs(locks, NULL) : -1;
	struct stat st, of_dir;
	char name[64];
	int fd = -1;

	if (dir >= 0 && fstat(b->dir_fd, &st) == 0 && fstat(dir, &of_dir) == 0 && file_check_trust(&of_dir, locks, NULL) == 0) {
		snprintf(name, sizeof(name), "%" PRIx64 "-%" PRIx64, (uint64_t)st.st_dev, (uint64_t)st.st_ino);
		if (asprintf(&path, "%s/%s", locks, name) < 0)
			path = NULL;
		fd = path ? openat(dir, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600) : -1;
	}
	free(b->lock_path);
	b->lock_path = fd >= 0 ? steal_ptr(&path) : NULL;
	if (fd < 0)
		fd = openat(b->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* The previous holder may have removed the file after it was opened here and before it was locked. */
static bool is_current(const struct oci_bundle *b, int fd)
{
	struct stat st;

	return !b->lock_path || (fstat(fd, &st) == 0 && st.st_nlink > 0);
}

/* Polls: only a signal could interrupt a blocking flock(2), and signals are the caller's. */
int oci_bundle_lock(struct oci_bundle *b, const char *locks, unsigned timeout_ms, struct err *err)
{
	const struct timespec pause = {.tv_nsec = LOCK_SLEEP_MS * 1000000};
	uint64_t end = now_ms() + timeout_ms;
	cleanup_fd int fd = -1;

	while (b->lock_fd < 0) {
		if (fd < 0)
			fd = open_lock(b, locks);
		if (fd < 0)
			return err_sys(err, fd, "%s: cannot open the bundle again", b->path);
		if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
			if (is_current(b, fd))
				b->lock_fd = steal_fd(&fd);
			else
				close(steal_fd(&fd));
			continue;
		}
		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_sys(err, errno, "%s: cannot lock the bundle", b->path);
		if (now_ms() >= end)
			return err_set(err, EBUSY, "%s: another start of this bundle has held the lock for %u ms",
				       b->path, timeout_ms);
		nanosleep(&pause, NULL);
	}
	return 0;
}

void oci_bundle_unlock(struct oci_bundle *b)
{
	if (b->lock_fd < 0)
		return;
	if (b->lock_path)
		unlink(b->lock_path);
	flock(b->lock_fd, LOCK_UN);
	close(steal_fd(&b->lock_fd));
}

static int open_config(const struct oci_bundle *b, const char *what, struct stat *ret_st, struct err *err)
{
	cleanup_fd int fd = openat(b->dir_fd, b->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	int r;

	if (fd < 0 && errno == ELOOP)
		return err_set(err, EINVAL, "%s: is a symbolic link, not a regular file", what);
	if (fd < 0)
		return err_sys(err, errno, "%s: cannot open", what);
	if (fstat(fd, ret_st) < 0)
		return err_sys(err, errno, "%s: cannot stat", what);
	if (!S_ISREG(ret_st->st_mode))
		return err_set(err, EINVAL, "%s: is not a regular file", what);
	r = check_trust(*ret_st, what, err);
	return r < 0 ? r : steal_fd(&fd);
}

int oci_bundle_read(struct oci_bundle *b, struct buf *ret, struct err *err)
{
	cleanup_buf struct buf what = {0}, text = {0};
	cleanup_fd int fd = -1;
	struct oci_file_id before, after;
	struct stat st;
	int r;

	buf_addf(&what, "%s/%s", b->path, b->name);
	if (buf_failed(&what))
		return err_set(err, ENOMEM, "%s: out of memory", b->path);
	fd = open_config(b, what.data, &st, err);
	if (fd < 0)
		return fd;
	before = oci_file_id_of(&st);
	r = file_read_fd(fd, OCI_SPEC_SIZE_MAX, what.data, &text, err);
	if (r < 0)
		return r;
	if (fstat(fd, &st) < 0)
		return err_sys(err, errno, "%s: cannot stat", what.data);
	after = oci_file_id_of(&st);
	if (!oci_file_id_same(&before, &after) || text.len != after.size)
		return err_set(err, EAGAIN, "%s: changed while being read", what.data);
	cleanup_fd_fn(&b->file_fd);
	b->file_fd = steal_fd(&fd);
	b->read = after;
	buf_done(ret);
	*ret = text;
	text = (struct buf){0};
	return 0;
}

void oci_bundle_done(struct oci_bundle *b)
{
	if (!b)
		return;
	cleanup_fd_fn(&b->dir_fd);
	cleanup_fd_fn(&b->lock_fd);
	cleanup_fd_fn(&b->file_fd);
	free(b->path);
	free(b->name);
	free(b->saved);
	free(b->lock_path);
	*b = (struct oci_bundle)OCI_BUNDLE_INIT;
}
