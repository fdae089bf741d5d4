/* Which seccomp section a container is started with: the choice between learning, auditing, enforcing and the caller's own. */
#ifndef SNUG_SHIM_RUNTIME_SECTION_H
#define SNUG_SHIM_RUNTIME_SECTION_H

#include "base/buf.h"
#include "base/err.h"
#include "oci/key.h"
#include "oci/spec.h"
#include "shim/runtime/plan.h"

struct section {
	struct buf text;      /* the section; empty: the caller's own stays */
	const char *baseline; /* "drop" or "keep" when learning, else "" */
};

/* Chooses and makes it. A missing approved profile is -ENOENT. Refuses what would defeat or falsify the wrapper. */
int section_make(const struct plan *p, const struct oci_spec *spec, enum oci_container_kind kind, enum config_mode mode,
		 const char *key, struct section *ret, struct err *err);
void section_done(struct section *s);

#endif
