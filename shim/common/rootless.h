/* Where snug keeps its things for a caller who is not root of the node: an ordinary user, or root of a user namespace such as a rootless engine's. Only such a caller's
 * environment counts. */
#ifndef SNUG_SHIM_ROOTLESS_H
#define SNUG_SHIM_ROOTLESS_H

#include "base/err.h"

#include <stdbool.h>

/* Root of a user namespace is such a caller where XDG_RUNTIME_DIR says whose namespace it is. */
bool rootless_is(void);

/* XDG_CONFIG_HOME/snug/config.json, XDG_STATE_HOME/snug and XDG_RUNTIME_DIR/snug, or what the XDG Base Directory Specification has in place of those that are not set;
 * without a home the node's. All owned by the caller. 0 or -ENOMEM. */
struct rootless_dirs {
	char *config, *state_dir, *run_dir;
};
int rootless_find(struct rootless_dirs *ret, struct err *err);

#endif
