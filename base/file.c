#include "base/file.h"

#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

ssize_t file_read_small(const char *path, char *ret, size_t size)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, ret, size - 1);

	if (n < 0)
		return -errno;
	ret[n] = '\0';
	return n;
}

#define CHUNK_MIN 4095 /* with the final NUL, one allocation of a page */

int file_read_fd(int fd, size_t max, const char *name, struct buf *ret, struct err *err)
{
	cleanup_buf struct buf b = {0};

	for (;;) {
		size_t size = b.len < CHUNK_MIN ? CHUNK_MIN : b.len;
		char *chunk = buf_room(&b, size);
		ssize_t n = chunk ? read(fd, chunk, size) : 0;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, errno, "%s: cannot read", name);
		if (n == 0)
			break;
		if ((size_t)n > max - b.len)
			return err_set(err, EFBIG, "%s: larger than %zu bytes", name, max);
		buf_took(&b, (size_t)n);
	}
	buf_add(&b, "", 0);
	if (buf_failed(&b))
		return err_set(err, ENOMEM, "%s: out of memory", name);
	buf_done(ret);
	*ret = b;
	b = (struct buf){0};
	return 0;
}

int file_read_at(int dirfd, const char *path, size_t max, struct buf *ret, struct err *err)
{
	cleanup_fd int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0 && errno == ELOOP)
		return err_set(err, EINVAL, "%s: is a symbolic link, not a regular file", path);
	if (fd < 0)
		return err_sys(err, errno, "%s: cannot open", path);
	if (fstat(fd, &st) < 0)
		return err_sys(err, errno, "%s: cannot stat", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, EINVAL, "%s: is not a regular file", path);
	if ((uint64_t)st.st_size > max)
		return err_set(err, EFBIG, "%s: larger than %zu bytes", path, max);
	return file_read_fd(fd, max, path, ret, err);
}

int file_write_full(int fd, const void *p, size_t len)
{
	const char *s = p;

	while (len) {
		ssize_t n = write(fd, s, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		s += n;
		len -= (size_t)n;
	}
	return 0;
}

static int write_temp(int dirfd, const char *temp, const void *p, size_t len, mode_t mode, bool sync)
{
	cleanup_fd int fd = openat(dirfd, temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	int r;

	if (fd < 0)
		return -errno;
	r = file_write_full(fd, p, len);
	if (r < 0)
		return r;
	if (fchmod(fd, mode) < 0 || (sync && fsync(fd) < 0))
		return -errno;
	return 0;
}

int file_write_temp_at(int dirfd, const char *name, const void *p, size_t len, mode_t mode, bool sync, char *ret_temp,
		       struct err *err)
{
	struct timespec now;
	int n, r;

	clock_gettime(CLOCK_MONOTONIC, &now);
	n = snprintf(ret_temp, NAME_MAX + 1, ".%.200s.%d.%llx.tmp", name, (int)getpid(),
		     (unsigned long long)now.tv_sec * 1000000000ull + (unsigned long long)now.tv_nsec);
	if (n < 0 || n > NAME_MAX)
		return err_set(err, ENAMETOOLONG, "%s: name too long", name);
	r = write_temp(dirfd, ret_temp, p, len, mode, sync);
	if (r < 0 && r != -EEXIST)
		unlinkat(dirfd, ret_temp, 0);
	return r < 0 ? err_sys(err, r, "%s: cannot save", name) : 0;
}

static int put(int dirfd, const char *name, const void *p, size_t len, mode_t mode, bool sync, struct err *err)
{
	char temp[NAME_MAX + 1];
	int r = file_write_temp_at(dirfd, name, p, len, mode, sync, temp, err);

	if (r < 0)
		return r;
	if (renameat(dirfd, temp, dirfd, name) < 0) {
		r = err_sys(err, errno, "%s: cannot save", name);
		unlinkat(dirfd, temp, 0);
	}
	return r;
}

int file_put_at(int dirfd, const char *name, const void *p, size_t len, mode_t mode, struct err *err)
{
	return put(dirfd, name, p, len, mode, false, err);
}

int file_save_at(int dirfd, const char *name, const void *p, size_t len, mode_t mode, struct err *err)
{
	int r = put(dirfd, name, p, len, mode, true, err);

	if (r < 0)
		return r;
	/* The rename is done; if the sync fails, it may just not survive a power loss. */
	if (fsync(dirfd) < 0 && errno != EINVAL)
		return err_sys(err, errno, "%s: saved, but its directory cannot be synced", name);
	return 0;
}

static int step_into(int dirfd, const char *name, bool make, bool follow)
{
	int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW);
	int fd = openat(dirfd, name, flags);

	if (fd >= 0)
		return fd;
	if (errno != ENOENT || !make)
		return -errno;
	if (mkdirat(dirfd, name, 0700) < 0 && errno != EEXIST)
		return -errno;
	fd = openat(dirfd, name, flags);
	return fd < 0 ? -errno : fd;
}

/* Walks the path from dirfd (which it closes), creating what is missing. */
static int walk(int dirfd, const char *path, bool make, bool follow, struct err *err)
{
	cleanup_fd int fd = dirfd;
	cleanup_free char *copy = strdup(path);
	char *save = NULL;

	if (!copy)
		return err_set(err, ENOMEM, "%s: out of memory", path);
	for (char *part = strtok_r(copy, "/", &save); part; part = strtok_r(NULL, "/", &save)) {
		int next = step_into(fd, part, make, follow);

		if (next < 0)
			return err_sys(err, next, "%s: cannot open directory '%s'", path, part);
		close(fd);
		fd = next;
	}
	return steal_fd(&fd);
}

int file_open_dirs(const char *path, struct err *err)
{
	int root;

	if (path[0] != '/')
		return err_set(err, EINVAL, "%s: not an absolute path", path);
	root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return err_sys(err, errno, "/: cannot open");
	return walk(root, path, true, true, err);
}

int file_open_dirs_at(int dirfd, const char *path, bool make, struct err *err)
{
	int fd = fcntl(dirfd, F_DUPFD_CLOEXEC, 3);

	if (fd < 0)
		return err_sys(err, errno, "%s: cannot duplicate a descriptor", path);
	return walk(fd, path, make, false, err);
}

int file_check_trust(const struct stat *st, const char *what, struct err *err)
{
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return err_set(err, EPERM, "%s: owned by uid %u, neither root nor the caller", what,
			       (unsigned)st->st_uid);
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return err_set(err, EPERM, "%s: writable by group or others (mode %04o)", what,
			       (unsigned)st->st_mode & 07777);
	return 0;
}

void file_close_range(unsigned from, unsigned to)
{
	DIR *all;

	if (syscall(SYS_close_range, from, to, 0) == 0)
		return;
	all = opendir("/proc/self/fd");
	if (!all)
		return;
	for (const struct dirent *e = readdir(all); e; e = readdir(all)) {
		uint64_t fd;

		if (text_parse_u64(e->d_name, &fd) == 0 && fd >= from && fd <= to && (int)fd != dirfd(all))
			close((int)fd);
	}
	closedir(all);
}

int file_read_link(const char *path, char **ret)
{
	char target[PATH_MAX];
	ssize_t n = readlink(path, target, sizeof(target));
	char *copy;

	if (n < 0)
		return -errno;
	if ((size_t)n == sizeof(target))
		return -ENAMETOOLONG;
	copy = strndup(target, (size_t)n);
	if (!copy)
		return -ENOMEM;
	*ret = copy;
	return 0;
}

/* Adds the path's components to one that is clean; "" is the root directory. */
static void add_components(struct buf *out, const char *path)
{
	while (*path) {
		size_t len = strcspn(path, "/");

		if (len == 2 && path[0] == '.' && path[1] == '.') {
			while (out->len && out->data[--out->len] != '/')
				;
		} else if (len && !(len == 1 && path[0] == '.')) {
			buf_addc(out, '/');
			buf_add(out, path, len);
		}
		path += len + (path[len] == '/');
	}
}

int file_make_absolute(const char *path, char **ret)
{
	cleanup_free char *cwd = path[0] == '/' ? NULL : getcwd(NULL, 0);
	cleanup_buf struct buf b = {0};
	char *text;

	if (path[0] != '/' && !cwd)
		return -errno;
	if (cwd)
		add_components(&b, cwd);
	add_components(&b, path);
	if (b.len == 0)
		buf_addc(&b, '/');
	text = buf_failed(&b) ? NULL : strndup(b.data, b.len);
	if (!text)
		return -ENOMEM;
	*ret = text;
	return 0;
}
