/* The bundle of a canary: its config.json is made from a process shape. */
#ifndef SNUG_SHIM_CLI_CANARY_BUNDLE_H
#define SNUG_SHIM_CLI_CANARY_BUNDLE_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>

struct canary_container {
	const char *shape;
	bool wait;           /* for "/snug-canary wait" */
	bool rootless;       /* nothing that only root of the node may have */
	const char *seccomp; /* the section, as JSON text; NULL: one that logs everything */
};

/* Appends a config.json for `/snug-canary` on the given rootfs: the shape's values, the mounts of /proc, /dev and /sys as in
 * `runc spec`, or in `runc spec --rootless`, and the section. Returns 0 or a negative errno; -EINVAL for an invalid shape. */
int canary_config(const struct canary_container *c, const char *rootfs, struct buf *out, struct err *err);

/* Makes the rootfs in the directory: the program `canary_path`, proc, dev, sys; with the owner that the shape maps to root (rootless:
 * the caller's own), and the label of its mounts. Returns 0 or a negative errno. */
int canary_rootfs(const char *shape, bool rootless, const char *rootfs, const char *canary_path, struct err *err);

/* True if the shape was learned under the systemd cgroup manager. */
bool canary_systemd_cgroup(const char *shape);

bool canary_no_new_privileges(const char *shape);

/* True if its containers have a user namespace with mappings. */
bool canary_maps_users(const char *shape);

#endif
