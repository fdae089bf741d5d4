/* The profiles of containers in the output of `docker inspect`, `podman inspect`, `crictl inspect` and `ctr containers info`.
 *
 *   crictl   the runtime's own specification: info.runtimeSpec
 *   podman   the same in a file: OCIConfigPath; if that is gone, the file that HostConfig.SecurityOpt names
 *   docker   HostConfig.SecurityOpt has the profile's text, or "unconfined"; if neither, the daemon's default applies */
#ifndef SNUG_SHIM_CLI_KEY_INSPECT_H
#define SNUG_SHIM_CLI_KEY_INSPECT_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>

/* True for the output of one of these programs. */
bool inspect_is_text(const struct buf *text);

/* Calls fn for each container with the text of its profile; `name`: "NAME: container CONTAINER". Reports on stderr where it
 * assumed a default. Stops when fn returns something other than 0, and returns that. */
int inspect_each(const struct buf *text, const char *name, int (*fn)(const struct buf *profile, const char *name, void *arg, struct err *err),
		 void *arg, struct err *err);

#endif
