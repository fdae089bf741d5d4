/* The real runtime: found, checked not to be the wrapper itself, and identified. */
#ifndef SNUG_OCI_RUNTIME_H
#define SNUG_OCI_RUNTIME_H

#include "base/err.h"
#include "oci/argv.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The file of a runtime; an upgrade changes it. */
struct oci_runtime {
	char *path; /* absolute, as configured or found; owned */
	uint64_t dev, ino, size;
	uint64_t mtime_ns; /* nanoseconds since the epoch */
	enum oci_dialect dialect;
	bool is_script; /* not an ELF file */
	bool is_go;     /* the ELF file carries a Go build id note: its scheduler's calls belong to the floor */
};

/* Looks at `path` (absolute, else -EINVAL): a regular executable file that is not `self_fd`, an open descriptor of this
 * program's own file (-1: not checked), compared by device and inode, links followed (else -ELOOP). The dialect is runc's
 * for a Go program; otherwise crun's if the name of the file, or of a link's target, contains "crun", else runc's.
 * Errors name the path. */
int oci_runtime_open(const char *path, int self_fd, struct oci_runtime *ret, struct err *err);

/* Finds the first usable runtime in the usual places: runc, then crun, in /usr/local/sbin /usr/local/bin /usr/sbin /usr/bin
 * /sbin /bin. Never $PATH. -ENOENT if there is none. */
int oci_runtime_find(int self_fd, struct oci_runtime *ret, struct err *err);

/* For what a person typed: an absolute path, or a name without a slash ("crun"), found in the usual places. */
int oci_runtime_open_or_find(const char *name, int self_fd, struct oci_runtime *ret, struct err *err);

/* "runc-08000fdf-1a2b...": a directory name of [A-Za-z0-9._-] that differs if path, device, inode, size or mtime differ (the
 * path by its hash). ret has room for OCI_RUNTIME_ID_MAX bytes. */
#define OCI_RUNTIME_ID_MAX 96
void oci_runtime_id(const struct oci_runtime *rt, char *ret);

void oci_runtime_done(struct oci_runtime *rt); /* frees path; NULL is allowed */

/* The state directory that the runtime uses without --root, as root: /run/runc or /run/crun. */
const char *oci_runtime_default_root(const struct oci_runtime *rt);

#endif
