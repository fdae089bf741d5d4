/* What `docker inspect`, `podman inspect` and `crictl inspect` print of containers: the profile that each is started with.
 *
 *   crictl   the runtime's own specification: info.runtimeSpec
 *   podman   the same in a file of its own: OCIConfigPath; where that is gone, HostConfig.SecurityOpt names a file
 *   docker   HostConfig.SecurityOpt holds the profile's text, or says unconfined; neither: the daemon's default
 */
#ifndef SNUG_SHIM_CLI_KEY_INSPECT_H
#define SNUG_SHIM_CLI_KEY_INSPECT_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>

/* True for what these programs print. */
bool inspect_is_text(const struct buf *text);

/* Calls fn for each container with the text of its profile; `name`: "NAME: container CONTAINER". What was taken for a default goes to
 * standard error. Stops at the first non-zero return and returns it. */
int inspect_each(const struct buf *text, const char *name, int (*fn)(const struct buf *profile, const char *name, void *arg, struct err *err),
		 void *arg, struct err *err);

#endif
