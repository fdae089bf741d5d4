/* A bundle directory: opened safely, locked, its config.json exchanged for a rewriting and put back.
 *
 * The rewriting is written to an exclusive temp file whose name tells that file's identity, then the two names are exchanged
 * atomically (renameat2 RENAME_EXCHANGE), so the caller's own file, with its inode, times and labels, waits under
 * the temp name and comes back by a second exchange. After a crash at any point the names alone tell what is whose:
 *   .config.json.snug.INO-SIZE-MTIME   and config.json is that file: config.json is ours, the other is the caller's
 *   the same, and config.json is not that file: the caller has replaced it, or the exchange never happened
 *   .config.json.snug.newN             a rewriting that was never finished
 * Where the filesystem knows no exchange (EINVAL), the caller's file gets the temp name by link(2) and the rewriting replaces
 * it by rename(2): the names tell the same, but a file that the caller puts there between the two calls is lost.
 * All names are of one directory, where the inode number alone tells files apart.
 */
#ifndef SNUG_OCI_BUNDLE_H
#define SNUG_OCI_BUNDLE_H

#include "base/buf.h"
#include "base/err.h"
#include "oci/spec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/* Which file, in which state. */
struct oci_file_id {
	uint64_t ino, size;
	uint64_t mtime_ns; /* nanoseconds since the epoch */
};

struct oci_file_id oci_file_id_of(const struct stat *st);
bool oci_file_id_same(const struct oci_file_id *a, const struct oci_file_id *b);

struct oci_bundle {
	int dir_fd;                 /* the bundle, O_DIRECTORY; -1: none */
	int lock_fd;                /* the open file that carries the flock; -1: not locked. Passed on over fork. */
	char *lock_path;            /* of that file; owned; NULL: it is the bundle itself */
	int file_fd;                /* the config.json that was read; open, so that its inode is not used again; -1: none */
	bool is_foreign;            /* the directory belongs to `owner`, who is neither root nor the caller */
	uid_t owner;
	char *path;                 /* the directory, as given; owned; for messages */
	char *name;                 /* "config.json", or the base name of crun's --config; owned */
	char *saved;                /* temp name: of the rewriting when prepared, of the caller's file when exchanged;
				       owned; NULL: neither */
	struct oci_file_id read;    /* what was read, valid with file_fd */
	struct oci_file_id written; /* the rewriting, valid with saved */
};

#define OCI_BUNDLE_INIT {.dir_fd = -1, .lock_fd = -1, .file_fd = -1}

/* Opens the directory `path` (relative to the current directory if not absolute, NULL: that directory itself). `config` is
 * crun's --config or NULL: then its directory is what is opened, except for a plain "config.json", which crun takes from the
 * bundle. Refused: not a directory; a directory or file that somebody else than root or the caller's effective uid may write to (a sticky
 * directory too; the group of uid 0's own is root). An engine that maps users gives the bundle to whom the container's root is mapped to, below a directory
 * of root's: such a one is opened as is_foreign, for oci_bundle_check_owner() to judge. */
int oci_bundle_open(const char *path, const char *config, struct oci_bundle *ret, struct err *err);

/* With config.json read: -EPERM unless a foreign directory belongs to the user whom the file itself maps to the container's root. */
int oci_bundle_check_owner(const struct oci_bundle *b, const struct oci_spec *spec, struct err *err);

/* Takes the lock of the bundle; waits at most timeout_ms for another holder, then -EBUSY with a sentence. The lock is a file in the directory `locks`
 * (absolute; made where it is not there), named by the bundle's device and inode, so that nobody who may merely read the bundle can hold it. Where
 * no file can be had there (a caller who is not root), the bundle itself is locked. */
int oci_bundle_lock(struct oci_bundle *b, const char *locks, unsigned timeout_ms, struct err *err);

/* Lets it go, for all who share it by fork. */
void oci_bundle_unlock(struct oci_bundle *b);

/* What another start has left, or has there now: *ret_any, some file of its; *ret_shown, config.json is its rewriting. Neither where that cannot be
 * told. Needs no lock. */
void oci_bundle_look(const struct oci_bundle *b, bool *ret_any, bool *ret_shown);

/* With the lock held: if a crash left a rewriting in place, puts the caller's file back; removes stale temp files of ours.
 * Nothing to do is success. */
int oci_bundle_recover(struct oci_bundle *b, struct err *err);

/* Reads config.json: a regular file (no link, fifo, device), owner and mode as above, at most OCI_SPEC_SIZE_MAX bytes.
 * -EAGAIN: it was changed meanwhile. */
int oci_bundle_read(struct oci_bundle *b, struct buf *ret, struct err *err);

/* Writes the rewriting beside config.json, which has been read, with the same owner, mode and security.selinux label; does not
 * show it yet. The lock is held. */
int oci_bundle_prepare(struct oci_bundle *b, const void *text, size_t len, struct err *err);

/* Shows it: the atomic exchange. -EAGAIN: config.json is no longer what was read; it is left, or put back, as it is. */
int oci_bundle_swap(struct oci_bundle *b, struct err *err);

/* Puts the caller's file back if config.json is still what was written by the swap, else leaves the newer file and drops
 * the older. Removes the temp file in each case, also when only prepared. Idempotent; async-signal-unsafe. Done by the helper. */
int oci_bundle_restore(struct oci_bundle *b, struct err *err);

/* Closes and frees; does not restore. Closing the last copy of lock_fd lets the lock go, and leaves its file. NULL is allowed. */
void oci_bundle_done(struct oci_bundle *b);

#define cleanup_bundle cleanup_with(oci_bundle_done)

#endif
