/* Files by descriptor: whole reads with a size limit, atomic saves. Every descriptor is close-on-exec. `err` may be NULL
 * everywhere; on failure nothing that is returned through a pointer has changed. */
#ifndef SNUG_BASE_FILE_H
#define SNUG_BASE_FILE_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

/* Reads fd from its current position to the end into *ret (NUL-terminated; the caller calls buf_done). -EFBIG if there are
 * more than max bytes. `name` appears in messages only. */
int file_read_fd(int fd, size_t max, const char *name, struct buf *ret, struct err *err);

/* Reads the start of a small file, such as those in /proc, with one read(2): at most size - 1 bytes, and adds a NUL.
 * Returns the number of bytes, or a negative errno. */
ssize_t file_read_small(const char *path, char *ret, size_t size);

/* Opens a regular file by its path relative to dirfd (O_NOFOLLOW; O_NONBLOCK, so that a FIFO does not block) and reads it.
 * -EINVAL: not a regular file. -ENOENT: no such file. -EFBIG: more than max bytes. */
int file_read_at(int dirfd, const char *path, size_t max, struct buf *ret, struct err *err);

/* Writes all len bytes, across EINTR and short writes. Returns 0 or a negative errno. */
int file_write_full(int fd, const void *p, size_t len);

/* The first half of a save: creates a temporary file beside `name` (O_EXCL) and writes it in full, with fsync(2) if `sync`.
 * ret_temp, of NAME_MAX + 1 bytes, gets its name, for renameat(2) or unlinkat(2). On failure no such file is left. */
int file_write_temp_at(int dirfd, const char *name, const void *p, size_t len, mode_t mode, bool sync, char *ret_temp,
		       struct err *err);

/* Replaces a file atomically but without a sync: for what need not survive a reboot. */
int file_put_at(int dirfd, const char *name, const void *p, size_t len, mode_t mode, struct err *err);

/* Replaces a file atomically and durably: temporary file, full write, fsync, rename, fsync of the directory. On failure the
 * temporary file is gone and `name` is as it was. `name` contains no slash. */
int file_save_at(int dirfd, const char *name, const void *p, size_t len, mode_t mode, struct err *err);

/* Creates the directories of an absolute path where they are missing (mode 0700; existing ones are left as they are) and
 * opens the last one (O_DIRECTORY). Returns the descriptor or a negative errno. */
int file_open_dirs(const char *path, struct err *err);

/* The same for a path relative to dirfd. With make false, a missing directory is -ENOENT. Symbolic links are refused. */
int file_open_dirs_at(int dirfd, const char *path, bool make, struct err *err);

/* Whoever can write to a file or directory decides what is read from it: -EPERM unless it belongs to root or the effective
 * user and is writable by neither group nor others. `what` appears in the message only. */
int file_check_trust(const struct stat *st, const char *what, struct err *err);

/* Closes the descriptors from..to, both included, as close_range(2) does, which not every C library and kernel has. */
void file_close_range(unsigned from, unsigned to);

/* readlink(2) into an allocated string, which the caller frees. Returns 0 or a negative errno. */
int file_read_link(const char *path, char **ret);

/* The path as Go's filepath.Abs() gives it: from the root on, without "." and "..", which are taken away as text, and single slashes. *ret is the
 * caller's. 0, -ENOMEM, or what getcwd(2) said. */
int file_make_absolute(const char *path, char **ret);

#endif
