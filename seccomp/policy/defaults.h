/* The default profiles of Docker, containerd and Podman, as facts: seccomp/policy/defaults/PROGRAM-VERSION.json holds what a container that asked for
 * nothing was really started with. tests/root/obtain-defaults obtains them.
 */
#ifndef SNUG_SECCOMP_DEFAULTS_H
#define SNUG_SECCOMP_DEFAULTS_H

#include "base/buf.h"

#include <stddef.h>

struct default_profile {
	const char *name;    /* "moby", or "moby-20.10" */
	const char *version; /* of the program: "dockerd 20.10.24 ..." */
	const char *machine; /* "x86_64": whose calls it decides */
	const char *how;     /* how it was obtained */
	const char *text;    /* JSON: an object with linux.seccomp, as config.json has it */
	size_t len;
};

/* The newest of each program, by its bare name, in order of name. */
size_t default_profiles(const struct default_profile **ret);

/* All, by name and version. */
size_t default_versions(const struct default_profile **ret);

/* By name, bare (the newest) or with its version, with or without an "@" in front; NULL if there is none. */
const struct default_profile *default_profile(const char *name);

/* Appends what people call it: "Docker 28.5". */
void default_add_title(const struct default_profile *p, struct buf *out);

#endif
