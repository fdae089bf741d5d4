/* The rewritten config.json: written, swapped in, restored, and cleaned up after a crash, as bundle.h describes. */
#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "oci/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <linux/fs.h>

#define LABEL          "security.selinux"
#define LABEL_MAX      4096
#define TEMP_NAMES_MAX 100
#define EXCHANGES_MAX  1000

/* True if `name` is this regular file, unchanged. Returns 0 or a negative errno; a missing name is no error. */
static int is_file(const struct oci_bundle *b, const char *name, const struct oci_file_id *id, bool *ret)
{
	struct oci_file_id now;
	struct stat st;

	if (fstatat(b->dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno != ENOENT)
			return -errno;
		*ret = false;
		return 0;
	}
	now = oci_file_id_of(&st);
	*ret = S_ISREG(st.st_mode) && oci_file_id_same(&now, id);
	return 0;
}

static int write_error(const struct oci_bundle *b, int code, struct err *err)
{
	if (code == -EROFS)
		return err_set(err, EROFS,
			       "%s: the bundle is on a read-only file system, cannot rewrite %s", b->path,
			       b->name);
	return err_sys(err, code, "%s: cannot write beside %s", b->path, b->name);
}

static int copy_label(int from, int to)
{
	char want[LABEL_MAX], have[LABEL_MAX];
	ssize_t n = fgetxattr(from, LABEL, want, sizeof(want)), m;

	if (n < 0)
		return errno == ENODATA || errno == ENOTSUP ? 0 : -errno;
	m = fgetxattr(to, LABEL, have, sizeof(have));
	if (m == n && memcmp(want, have, (size_t)n) == 0)
		return 0;
	return fsetxattr(to, LABEL, want, (size_t)n, 0) < 0 ? -errno : 0;
}

/* The container inherits the umask, so it stays: the mode is set by descriptor, and after the owner, since chown clears
 * bits. */
static int copy_attributes(int from, int to)
{
	struct stat want, have;

	if (fstat(from, &want) < 0 || fstat(to, &have) < 0)
		return -errno;
	if ((want.st_uid != have.st_uid || want.st_gid != have.st_gid) && fchown(to, want.st_uid, want.st_gid) < 0)
		return -errno;
	if (fchmod(to, want.st_mode & 07777) < 0)
		return -errno;
	return copy_label(from, to);
}

/* Creates an empty file under an unused name; *ret_name is allocated. Returns the descriptor or a negative errno. */
static int make_temp(const struct oci_bundle *b, char **ret_name)
{
	for (unsigned i = 0; i < TEMP_NAMES_MAX; i++) {
		cleanup_free char *name = NULL;
		int fd;

		if (asprintf(&name, ".%s.snug.new%u", b->name, i) < 0) {
			name = NULL;
			return -ENOMEM;
		}
		fd = openat(b->dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd < 0 && errno == EEXIST)
			continue;
		if (fd >= 0)
			*ret_name = steal_ptr(&name);
		return fd < 0 ? -errno : fd;
	}
	return -EEXIST;
}

/* No fsync: the rewritten file need not survive a reboot, and the caller's own bytes are only renamed, never written. */
static int fill_temp(const struct oci_bundle *b, int fd, const void *text, size_t len, struct oci_file_id *ret)
{
	struct stat st;
	int r = file_write_full(fd, text, len);

	if (r < 0)
		return r;
	r = copy_attributes(b->file_fd, fd);
	if (r < 0)
		return r;
	if (fstat(fd, &st) < 0)
		return -errno;
	*ret = oci_file_id_of(&st);
	return 0;
}

/* Not every C library has renameat2(2); both names are in the bundle. */
static int rename_as(const struct oci_bundle *b, const char *from, const char *to, unsigned flags)
{
	return (int)syscall(SYS_renameat2, b->dir_fd, from, b->dir_fd, to, flags);
}

static int rename_new(const struct oci_bundle *b, const char *from, const char *to)
{
	if (rename_as(b, from, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	return renameat(b->dir_fd, from, b->dir_fd, to) < 0 ? -errno : 0;
}

int oci_bundle_prepare(struct oci_bundle *b, const void *text, size_t len, struct err *err)
{
	cleanup_free char *temp = NULL, *final = NULL;
	cleanup_fd int fd = -1;
	struct oci_file_id id;
	int r;

	if (b->saved || b->file_fd < 0)
		return err_set(err, EINVAL, "%s: %s", b->path, b->saved ? "is already rewritten" : "has not been read");
	fd = make_temp(b, &temp);
	if (fd < 0)
		return write_error(b, fd, err);
	r = fill_temp(b, fd, text, len, &id);
	if (r == 0 &&
	    asprintf(&final, ".%s.snug.%" PRIu64 "-%" PRIu64 "-%" PRIu64, b->name, id.ino, id.size, id.mtime_ns) < 0) {
		final = NULL;
		r = -ENOMEM;
	}
	if (r == 0)
		r = rename_new(b, temp, final);
	if (r < 0) {
		unlinkat(b->dir_fd, temp, 0);
		return write_error(b, r, err);
	}
	b->saved = steal_ptr(&final);
	b->written = id;
	return 0;
}

static int look_at(const struct oci_bundle *b, const char *name, struct oci_file_id *ret)
{
	struct stat st;

	if (fstatat(b->dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	*ret = oci_file_id_of(&st);
	return 0;
}

/* Exchanges temp and config.json; what comes out must be `expected`. If it is something else, the caller has put it there
 * since: it goes back in, and what went in before must come out, and so on, until config.json is the newest file.
 * *ret_expected: one exchange was enough. */
static int exchange_newest(const struct oci_bundle *b, const char *temp, const struct oci_file_id *expected,
			   bool *ret_expected)
{
	struct oci_file_id want = *expected, in, out;
	int r = look_at(b, temp, &in);

	for (unsigned i = 0; r == 0 && i < EXCHANGES_MAX; i++) {
		if (rename_as(b, temp, b->name, RENAME_EXCHANGE) < 0)
			return -errno;
		r = look_at(b, temp, &out);
		if (r == 0 && oci_file_id_same(&out, &want)) {
			*ret_expected = i == 0;
			return 0;
		}
		want = in;
		in = out;
	}
	return r < 0 ? r : -EAGAIN;
}

static bool cannot_exchange(int r)
{
	return r == -EINVAL || r == -ENOSYS;
}

/* Replaces config.json by the rewritten file, which has a name of its own, after linking the caller's file as `saved`. */
static int replace_linked(const struct oci_bundle *b, const char *temp, bool *ret_was_read)
{
	int r;

	if (linkat(b->dir_fd, b->name, b->dir_fd, b->saved, 0) < 0)
		return -errno;
	r = is_file(b, b->saved, &b->read, ret_was_read);
	if (r == 0 && *ret_was_read && renameat(b->dir_fd, temp, b->dir_fd, b->name) < 0)
		r = -errno;
	if (r < 0 || !*ret_was_read)
		unlinkat(b->dir_fd, b->saved, 0);
	return r;
}

static int swap_by_link(const struct oci_bundle *b, bool *ret_was_read)
{
	cleanup_free char *temp = NULL;
	cleanup_fd int fd = make_temp(b, &temp);
	int r;

	if (fd < 0)
		return fd;
	r = renameat(b->dir_fd, b->saved, b->dir_fd, temp) < 0 ? -errno : 0;
	if (r == 0)
		r = replace_linked(b, temp, ret_was_read);
	if (r < 0 || !*ret_was_read)
		unlinkat(b->dir_fd, temp, 0);
	return r;
}

int oci_bundle_swap(struct oci_bundle *b, struct err *err)
{
	bool was_read = false;
	int r;

	if (!b->saved)
		return err_set(err, EINVAL, "%s: no rewriting is prepared", b->path);
	r = exchange_newest(b, b->saved, &b->read, &was_read);
	if (cannot_exchange(r))
		r = swap_by_link(b, &was_read);
	if (r < 0)
		return err_sys(err, r, "%s: cannot replace %s", b->path, b->name);
	if (!was_read)
		return err_set(err, EAGAIN, "%s: %s changed after it was read", b->path, b->name);
	return 0;
}

/* Restores the caller's file, which is called `temp`, as config.json. */
static int exchange_back(const struct oci_bundle *b, const char *temp, const struct oci_file_id *written)
{
	bool was_ours;
	int r = exchange_newest(b, temp, written, &was_ours);

	if (cannot_exchange(r))
		return renameat(b->dir_fd, temp, b->dir_fd, b->name) < 0 ? -errno : 0;
	return r;
}

static int put_back(const struct oci_bundle *b, const char *temp, const struct oci_file_id *written, struct err *err)
{
	bool ours = false;
	int r = is_file(b, b->name, written, &ours);

	if (r == 0 && ours) {
		r = exchange_back(b, temp, written);
		/* if config.json has been removed meanwhile, the caller wants neither file */
		if (r == -ENOENT)
			r = is_file(b, b->name, written, &ours);
		else
			ours = false;
		if (r == 0 && ours)
			return err_set(err, ENOENT, "%s: the caller's own %s is gone, removed %s", b->path, b->name,
				       temp);
	}
	if (r < 0)
		return err_sys(err, r, "%s: cannot restore %s", b->path, b->name);
	if (unlinkat(b->dir_fd, temp, 0) < 0 && errno != ENOENT)
		return err_sys(err, errno, "%s: cannot remove %s", b->path, temp);
	return 0;
}

int oci_bundle_restore(struct oci_bundle *b, struct err *err)
{
	int r;

	if (!b->saved)
		return 0;
	r = put_back(b, b->saved, &b->written, err);
	if (r < 0)
		return r;
	free(steal_ptr(&b->saved));
	return 0;
}

/* Reads INO-SIZE-MTIME, as written by prepare. */
static bool parse_id(const char *s, struct oci_file_id *ret)
{
	uint64_t *const parts[] = {&ret->ino, &ret->size, &ret->mtime_ns};

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		char number[24];
		size_t len = strcspn(s, "-");

		if (len >= sizeof(number) || (s[len] == '-') != (i + 1 < ARRAY_SIZE(parts)))
			return false;
		memcpy(number, s, len);
		number[len] = '\0';
		if (text_parse_u64(number, parts[i]) < 0)
			return false;
		s += len + 1;
	}
	return true;
}

/* After a power loss config.json can be a rewritten file that was never synced and is empty; the caller's file is
 * intact. */
static void accept_emptied(const struct oci_bundle *b, struct oci_file_id *id)
{
	struct stat st;

	if (fstatat(b->dir_fd, b->name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_ino == id->ino && st.st_size == 0)
		*id = oci_file_id_of(&st);
}

static int recover_name(const struct oci_bundle *b, const char *name, const char *suffix, struct err *err)
{
	struct oci_file_id id;
	struct stat st;

	/* anything but a regular file is not ours, whatever its name */
	if (fstatat(b->dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
		return 0;
	if (text_starts(suffix, "new")) {
		if (unlinkat(b->dir_fd, name, 0) < 0 && errno != ENOENT)
			return err_sys(err, errno, "%s: cannot remove %s", b->path, name);
		return 0;
	}
	if (!parse_id(suffix, &id))
		return 0;
	accept_emptied(b, &id);
	return put_back(b, name, &id, err);
}

/* Opening the directory a second time, with a buffer of opendir()'s size, would cost a start that changes nothing more than all else. */
struct listing {
	int dir_fd;
	ssize_t len; /* negative errno: it could not be read */
	ssize_t at;
	_Alignas(uint64_t) char entries[2048];
};

/* getdents64(2) */
struct entry {
	uint64_t ino;
	int64_t off;
	unsigned short reclen;
	unsigned char type;
	char name[];
};

static void list_begin(struct listing *l, const struct oci_bundle *b)
{
	l->dir_fd = b->dir_fd;
	l->at = 0;
	l->len = lseek(b->dir_fd, 0, SEEK_SET) < 0 ? -errno : 0;
}

/* The next name; NULL at the end, and if len is negative. */
static const char *list_next(struct listing *l)
{
	const struct entry *e;

	if (l->len < 0)
		return NULL;
	if (l->at == l->len) {
		l->at = 0;
		l->len = syscall(SYS_getdents64, l->dir_fd, l->entries, sizeof(l->entries));
		if (l->len < 0)
			l->len = -errno;
		if (l->len <= 0)
			return NULL;
	}
	e = (const struct entry *)(const void *)(l->entries + l->at);
	l->at += e->reclen;
	return e->name;
}

int oci_bundle_recover(struct oci_bundle *b, struct err *err)
{
	char prefix[NAME_MAX + 1];
	int n = snprintf(prefix, sizeof(prefix), ".%s.snug.", b->name), r = 0;
	struct listing l;

	if (n < 0 || (size_t)n >= sizeof(prefix))
		return err_set(err, ENAMETOOLONG, "%s: %s: name too long", b->path, b->name);
	list_begin(&l, b);
	for (const char *name = list_next(&l); name && r == 0; name = list_next(&l))
		if (text_starts(name, prefix))
			r = recover_name(b, name, name + n, err);
	return r < 0 || l.len >= 0 ? r : err_sys(err, (int)l.len, "%s: cannot list the bundle", b->path);
}

void oci_bundle_look(const struct oci_bundle *b, bool *ret_any, bool *ret_shown)
{
	char prefix[NAME_MAX + 1];
	int n = snprintf(prefix, sizeof(prefix), ".%s.snug.", b->name);
	struct listing l;

	*ret_any = *ret_shown = false;
	if (n < 0 || (size_t)n >= sizeof(prefix))
		return;
	list_begin(&l, b);
	for (const char *name = list_next(&l); name; name = list_next(&l)) {
		struct oci_file_id id;
		bool shown = false;

		if (!text_starts(name, prefix))
			continue;
		*ret_any = true;
		if (parse_id(name + n, &id) && is_file(b, b->name, &id, &shown) == 0)
			*ret_shown |= shown;
	}
}
