/* Files by descriptor: whole reads with a size cap, atomic saves. Every descriptor is CLOEXEC. */
#ifndef SNUG_BASE_FILE_H
#define SNUG_BASE_FILE_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

/* Reads fd from its current position to the end into *ret (NUL-terminated, caller buf_done). More than max bytes: -EFBIG.
 * `name` is for the message only. */
int file_read_fd(int fd, size_t max, const char *name, struct buf *ret, struct err *err);

/* Reads the start of a small file, as /proc and /sys have them, with one read(2): at most size - 1 bytes and a NUL.
 * Returns how many, or a negative errno. */
ssize_t file_read_small(const char *path, char *ret, size_t size);

/* Opens a regular file by path relative to dirfd (O_NOFOLLOW, O_NONBLOCK: a fifo does not block) and reads it. Anything
 * but a regular file: -EINVAL. A missing one: -ENOENT. */
int file_read_at(int dirfd, const char *path, size_t max, struct buf *ret, struct err *err);

/* Writes all len bytes, EINTR and short writes included. Returns 0 or a negative errno. */
int file_write_full(int fd, const void *p, size_t len);

/* The first half of a save: an exclusive temp file beside `name`, written in full, synced if asked for; its name (NAME_MAX + 1 bytes) goes to
 * ret_temp, for renameat and unlinkat. On failure there is none. */
int file_write_temp_at(int dirfd, const char *name, const void *p, size_t len, mode_t mode, bool sync, char *ret_temp,
		       struct err *err);

/* Puts a file in place atomically, but unsynced: for what need not outlive the boot. */
int file_put_at(int dirfd, const char *name, const void *p, size_t len, mode_t mode, struct err *err);

/* Saves atomically: exclusive temp file beside it, full write, fsync, rename, fsync of the directory. On failure the temp
 * file is gone and `name` is as it was. `name` has no slash. */
int file_save_at(int dirfd, const char *name, const void *p, size_t len, mode_t mode, struct err *err);

/* Makes the directories of the absolute path (0700 for those it makes; existing ones are left alone) and opens the last
 * one (O_DIRECTORY). Returns the descriptor or a negative errno. */
int file_open_dirs(const char *path, struct err *err);

/* The same for a path relative to dirfd, components separated by '/'; with make false a missing one is -ENOENT.
 * Components that are links are refused. */
int file_open_dirs_at(int dirfd, const char *path, bool make, struct err *err);

/* Whoever else may write to a file or directory chooses what is read there: -EPERM with a sentence unless it belongs to root or the
 * effective user, and neither group nor others may write to it. `what` is for the message only. */
int file_check_trust(const struct stat *st, const char *what, struct err *err);

/* readlink(2) into an allocated string. Returns 0 or a negative errno. */
int file_read_link(const char *path, char **ret);

#endif
