/* The bundle of a canary: config.json made of a process shape. */
#ifndef SNUG_SHIM_CLI_CANARY_BUNDLE_H
#define SNUG_SHIM_CLI_CANARY_BUNDLE_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>

/* Appends a config.json for `/snug-canary` (with `wait` for "/snug-canary wait") on the given rootfs: the shape's own
 * values, the mounts of /proc, /dev and /sys that `runc spec` has, and a seccomp section: the JSON text `seccomp`, NULL
 * for one that logs everything. -EINVAL for a shape that is not one. */
int canary_config(const char *shape, const char *rootfs, bool wait, const char *seccomp, struct buf *out, struct err *err);

/* Makes the rootfs below the directory: the program `canary_path`, proc, dev, sys; owned by the shape's root where it
 * maps users, and labelled as its mounts are. */
int canary_rootfs(const char *shape, const char *rootfs, const char *canary_path, struct err *err);

/* True if the shape was learnt under the systemd cgroup manager. */
bool canary_systemd_cgroup(const char *shape);

bool canary_no_new_privileges(const char *shape);

/* True if its containers have a user namespace with mappings. */
bool canary_maps_users(const char *shape);

#endif
