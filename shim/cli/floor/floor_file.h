/* The floors of a node as one value: what `snug floor --json` prints, what `snug check` compares profiles with, and what
 * `snug check --floor-file` reads on another machine. An entry of the catalogue (floors/) is such a file of one runtime.
 *
 *   { "version": 2, "kernel": "6.1.0", "machine": "x86_64", "libseccomp": "2.5.4",
 *     "libseccomp_lacks": ["cachestat", ...],     calls that this node's libseccomp cannot name
 *     "runtimes": [ { "path": "/usr/sbin/runc", "id": "runc-...", "version": "runc version 1.1.5;...", "go": true,
 *       "floors": [ { "phase": "create", "rootless": true, "no_new_privileges": true, "shape": "0123456789abcdef",
 *                     "started_as": "...", "starts": 80, "silent": 64,   complete starts, or execs; without a new call
 *                     "calls": [ { "name": "fsopen", "nr": 430, "seen": 80, "use": "tries", "enosys": "starts", "eperm": "fails" }
 *                                ... ],
 *                     "either": [ { "errno": "enosys", "calls": ["fcntl", "openat2"] } ... ] } ... ] } ... ],
 *     "obtained": { "date": "2026-11-28", "package": "runc 1.3.6+ds1-1 (Debian)" } }     only in the catalogue
 *
 * "use" is as in ablation.h. "enosys" and "eperm" are present if this refusal was tried. "either" has calls of which one must be
 * allowed if they are refused by this errno. Version 1, which has none of these four, is read too.
 * "rootless" is there, and the version is 3, only if the starts were by a caller who is not root of the node: an older snug must
 * not take them for root's. */
#ifndef SNUG_SHIM_CLI_FLOOR_FILE_H
#define SNUG_SHIM_CLI_FLOOR_FILE_H

#include "base/buf.h"
#include "base/err.h"
#include "oci/runtime.h"
#include "seccomp/syscall/arch.h"
#include "seccomp/syscall/names.h"
#include "shim/cli/floor/floor.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FLOOR_FILE_VERSION  2
#define FLOOR_FILE_ROOTLESS 3 /* the version of a file with a rootless floor */
#define FLOOR_FILE_OLDEST   1
#define FLOOR_FILE_SIZE_MAX (8u << 20)

struct floor_call {
	char name[SYSCALL_NAME_MAX];
	uint32_t nr;
	uint64_t seen; /* in how many starts or execs */
	enum floor_use use;
	enum ablation_outcome without[ABLATION_ERRNOS];
};

/* Calls of the part of which one must be allowed, if they are refused by this errno. */
struct floor_either {
	enum ablation_errno by;
	uint32_t nr[ABLATION_EITHER_MAX];
	size_t count;
};

/* One way to start or enter a container. */
struct floor_part {
	enum floor_phase phase;
	bool rootless, no_new_privileges;
	char *shape, *started_as; /* owned, safe text */
	uint64_t starts, silent;
	struct floor_call *calls; /* owned, in order of name */
	size_t call_count;
	struct floor_either *either; /* owned */
	size_t either_count;
};

struct floor_runtime {
	char *path, *id, *version; /* owned, safe text; "": unknown */
	bool go;
	bool catalogued;          /* from the catalogue, not this node; not in the file */
	struct floor_part *parts; /* owned; none: never sampled */
	size_t part_count;
};

struct floor_file {
	char *name; /* the name in messages; NULL: this node */
	char *kernel, *libseccomp;
	char *date, *package; /* for an entry of the catalogue, when and from what it was obtained; else NULL */
	const struct arch *arch; /* of the calls */
	char **lacks;            /* in order */
	size_t lack_count;
	struct floor_runtime *runtimes;
	size_t runtime_count;
};

void floor_file_done(struct floor_file *f); /* NULL is allowed */
#define cleanup_floor_file cleanup_with(floor_file_done)

bool floor_either_has(const struct floor_either *e, uint32_t nr);

/* Fills in this node's facts; no runtimes yet. The caller frees *ret with floor_file_done(). Returns 0 or a negative errno, as do
 * the functions below. */
int floor_file_here(struct floor_file *ret, struct err *err);

/* Adds a runtime without floors. The file owns *ret, which is valid until the next one is added. */
int floor_file_add_runtime(struct floor_file *f, const struct oci_runtime *rt, struct floor_runtime **ret,
			   struct err *err);

/* Removes the last runtime. */
void floor_file_drop_last(struct floor_file *f);

/* Asks the runtime for its version if no sample has it; a runtime that does not answer has none. */
int floor_file_set_version(struct floor_runtime *rt, const char *path, struct err *err);

/* Adds the sampled phases of a floor; calls of ABIs other than the file's are not the runtime's own. */
int floor_file_add_floor(const struct floor_file *f, struct floor_runtime *rt, const struct floor *floor,
			 const char *shape, const char *started_as, bool no_new_privileges, struct err *err);

int floor_file_write(const struct floor_file *f, struct buf *out, struct err *err);

/* Reads a file; errors give name, line and JSON path. A higher version is -EPROTONOSUPPORT. */
int floor_file_parse(const char *text, size_t len, const char *name, struct floor_file *ret, struct err *err);

#endif
