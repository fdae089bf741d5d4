/* The default profiles of Docker, containerd and Podman, as observed: seccomp/policy/defaults/PROGRAM-VERSION-MACHINE.json is what a
 * container without a profile of its own was started with. tests/root/obtain-defaults obtains them.
 */
#ifndef SNUG_SECCOMP_DEFAULTS_H
#define SNUG_SECCOMP_DEFAULTS_H

#include "base/buf.h"

#include <stddef.h>

struct default_profile {
	const char *name;    /* "moby", or "moby-20.10" */
	const char *version; /* of the program: "dockerd 20.10.24 ..." */
	const char *machine; /* "x86_64": the machine whose calls it decides */
	const char *how;     /* how it was obtained */
	const char *text;    /* JSON: an object with linux.seccomp, as in config.json */
	size_t len;
};

/* The newest of each program that were obtained on this machine (its name as `uname -m` has it), under their bare names, sorted by name;
 * those of x86_64 if there are none, and for NULL: `machine` tells. Returns their number. */
size_t default_profiles(const char *machine, const struct default_profile **ret);

/* All of all machines, sorted by name and version. Returns their number. */
size_t default_versions(const struct default_profile **ret);

/* By name, either bare (the newest) or with a version, with or without a leading "@": that of this machine, else another's, as above.
 * NULL if unknown. */
const struct default_profile *default_profile(const char *name, const char *machine);

/* Appends what people call it: "Docker 28.5". */
void default_add_title(const struct default_profile *p, struct buf *out);

#endif
