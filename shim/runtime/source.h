/* What a container is learnt by: the kernel's audit records, or notifications to snug-agent. */
#ifndef SNUG_SHIM_RUNTIME_SOURCE_H
#define SNUG_SHIM_RUNTIME_SOURCE_H

#include "base/err.h"
#include "oci/key.h"
#include "oci/spec.h"
#include "shim/runtime/plan.h"
#include "shim/runtime/section.h"

/* Sets p->notify, and p->why for people. -EPERM with a sentence where a recorded container of this mode cannot be had here. */
int source_choose(struct plan *p, enum config_mode mode, struct err *err);

/* The recorder could not be asked, which *err tells. Where that lies in the place, and the source is auto, it is the agent's turn: 0. Else err->code. */
int source_fall_back(struct plan *p, struct err *err);

/* Registers the run with the agent, and takes from it the section that the container is to be started with. */
int source_notify(const struct plan *p, const struct oci_spec *spec, enum oci_container_kind kind, const char *key, struct section *ret,
		  struct err *err);

#endif
