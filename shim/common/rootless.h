/* Where snug keeps its files for a caller who is not root of the node: an ordinary user, or root of a user namespace such as a
 * rootless engine's. Only for such a caller does the environment count. */
#ifndef SNUG_SHIM_ROOTLESS_H
#define SNUG_SHIM_ROOTLESS_H

#include "base/err.h"

#include <stdbool.h>

/* True for such a caller. Root of a user namespace is one if XDG_RUNTIME_DIR says whose namespace it is. */
bool rootless_is(void);

/* XDG_CONFIG_HOME/snug/config.json, XDG_STATE_HOME/snug and XDG_RUNTIME_DIR/snug, with the defaults of the XDG Base Directory
 * Specification for what is not set; without a home directory, the node's paths. The caller frees all. Returns 0 or -ENOMEM. */
struct rootless_dirs {
	char *config, *state_dir, *run_dir;
};
int rootless_find(struct rootless_dirs *ret, struct err *err);

#endif
