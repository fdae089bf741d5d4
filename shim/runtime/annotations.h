/* What a container may choose by annotation: io.snug.profile its key, io.snug.mode its mode.
 *
 *   a pod              what "annotations" in the configuration lists
 *   any other          io.snug.profile if its caller wrote the annotations or the configuration trusts images ("image_annotations");
 *                      io.snug.mode if "annotations" lists it as well
 *
 * Podman copies the annotations of an image's manifest into config.json, and umoci an image's labels. An image cannot remove what
 * they add themselves (io.container.manager, org.opencontainers.image.os, ...), and Podman generates the id. So the annotations
 * are the caller's if a person chose the id and no engine left such a mark, or under Docker (a root directory that ends in
 * /moby), where they come from `docker run --annotation`, unless some are a kubelet's. */
#ifndef SNUG_SHIM_RUNTIME_ANNOTATIONS_H
#define SNUG_SHIM_RUNTIME_ANNOTATIONS_H

#include "base/err.h"
#include "oci/key.h"
#include "oci/spec.h"
#include "shim/common/config.h"

#include <stdbool.h>

/* The annotations that count; strings belong to the spec. */
struct annotations {
	const char *profile; /* io.snug.profile; NULL if absent or not counting */
	const char *mode;    /* io.snug.mode; likewise */
	bool ignored;        /* io.snug.profile is there and does not count */
	bool callers;        /* the caller wrote the annotations, not an image or a pod */
};

/* root: the runtime's --root or default. */
void annotations_read(const struct oci_spec *spec, enum oci_container_kind kind, const char *root, const char *id, const struct config *c,
		      struct annotations *ret);

/* True if the container chose anything. */
bool annotations_chose(const struct annotations *a);

/* Chooses the mode from the handler's and the annotation, which can only change it to enforce: any other mode could deny less
 * than the handler's. -EINVAL: not a mode. -EPERM: another mode. */
int annotations_choose_mode(const struct annotations *a, enum config_mode handler, enum config_mode *ret, struct err *err);

/* -EPERM for annotations that make the runtime load another filter than the wrapper's. */
int annotations_check(const struct oci_spec *spec, struct err *err);

#endif
