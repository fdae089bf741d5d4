/* A bundle directory: opened safely, locked, its config.json swapped for a rewritten one and restored.
 *
 * The rewritten file is created under a temporary name that contains its identity; then the two names are exchanged
 * atomically (renameat2(2), RENAME_EXCHANGE). The caller's own file, with its inode, times and labels, keeps the temporary
 * name until a second exchange restores it. After a crash at any point, the names alone show which file is whose:
 *   .config.json.snug.INO-SIZE-MTIME   and config.json is that file: config.json is ours, the other is the caller's
 *   the same, and config.json is not that file: the caller replaced it, or the exchange never took place
 *   .config.json.snug.newN             a rewritten file that was never finished
 * If the filesystem does not support the exchange (EINVAL), the caller's file gets the temporary name by link(2) and the
 * rewritten file replaces it by rename(2). The names show the same, but a file that the caller puts there between the two
 * calls is lost. All names are in one directory, so the inode number identifies a file.
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

/* A file in a certain state. */
struct oci_file_id {
	uint64_t ino, size;
	uint64_t mtime_ns; /* nanoseconds since the epoch */
};

struct oci_file_id oci_file_id_of(const struct stat *st);
bool oci_file_id_same(const struct oci_file_id *a, const struct oci_file_id *b);

struct oci_bundle {
	int dir_fd;                 /* the bundle, O_DIRECTORY; -1: none */
	int lock_fd;                /* the file that holds the flock(2); -1: not locked. Children inherit it by fork. */
	char *lock_path;            /* path of that file; owned; NULL: the bundle itself is locked */
	int file_fd;                /* the config.json that was read, kept open so that its inode is not reused; -1: none */
	bool is_foreign;            /* the directory belongs to `owner`, who is neither root nor the caller */
	uid_t owner;
	char *path;                 /* the directory, as given; owned; for messages */
	char *name;                 /* "config.json", or the base name of crun's --config; owned */
	char *saved;                /* temporary name: of the rewritten file when prepared, of the caller's file when
				       swapped; owned; NULL: neither */
	struct oci_file_id read;    /* what was read, valid with file_fd */
	struct oci_file_id written; /* the rewritten file, valid with saved */
};

#define OCI_BUNDLE_INIT {.dir_fd = -1, .lock_fd = -1, .file_fd = -1}

/* Opens the directory `path` (relative to the current directory if not absolute, NULL: that directory itself). `config` is
 * crun's --config or NULL: then its directory is opened instead, except for a plain "config.json", which crun takes from the
 * bundle. Refused: what is not a directory, and what anybody but root and the caller's effective uid can write to (sticky
 * directories too; group root may). An engine that maps users gives the bundle to the user that the container's root is
 * mapped to, below a directory of root's: such a bundle is opened with is_foreign set, for oci_bundle_check_owner(). */
int oci_bundle_open(const char *path, const char *config, struct oci_bundle *ret, struct err *err);

/* After config.json was read: -EPERM if the directory is foreign and its owner is not the user that the file maps the
 * container's root to. */
int oci_bundle_check_owner(const struct oci_bundle *b, const struct oci_spec *spec, struct err *err);

/* Locks the bundle; -EBUSY if another process still holds the lock after timeout_ms. The lock is a file in the directory
 * `locks` (absolute; created if missing), named after the bundle's device and inode, so that read access to the bundle is
 * not enough to hold it. If no file can be created there (the caller is not root), the bundle itself is locked. */
int oci_bundle_lock(struct oci_bundle *b, const char *locks, unsigned timeout_ms, struct err *err);

/* Unlocks, also for the processes that inherited the lock. */
void oci_bundle_unlock(struct oci_bundle *b);

/* What another start left behind, or is using now: *ret_any: there is some file of it; *ret_shown: config.json is its
 * rewritten file. Both are false if that cannot be found out. Needs no lock. */
void oci_bundle_look(const struct oci_bundle *b, bool *ret_any, bool *ret_shown);

/* With the lock held: restores the caller's file if a crash left a rewritten one in its place, and removes stale temporary
 * files of ours. Having nothing to do is success. */
int oci_bundle_recover(struct oci_bundle *b, struct err *err);

/* Reads config.json: a regular file (no link, fifo, device), owner and mode as above, at most OCI_SPEC_SIZE_MAX bytes.
 * -EAGAIN: it changed meanwhile. */
int oci_bundle_read(struct oci_bundle *b, struct buf *ret, struct err *err);

/* Writes the new text beside config.json, which has been read, with the same owner, mode and security.selinux label, but
 * does not swap it in yet. The lock must be held. */
int oci_bundle_prepare(struct oci_bundle *b, const void *text, size_t len, struct err *err);

/* Swaps it in atomically. -EAGAIN: config.json is no longer what was read; it stays, or is restored, as it is. */
int oci_bundle_swap(struct oci_bundle *b, struct err *err);

/* Restores the caller's file if config.json is still what the swap put there; else keeps the newer file and drops the
 * older. Removes the temporary file in any case, also after oci_bundle_prepare() alone. Idempotent; not
 * async-signal-safe. */
int oci_bundle_restore(struct oci_bundle *b, struct err *err);

/* Closes and frees; does not restore. Closing the last copy of lock_fd unlocks and leaves the lock's file. NULL is allowed. */
void oci_bundle_done(struct oci_bundle *b);

#define cleanup_bundle cleanup_with(oci_bundle_done)

#endif
