/* What a container is learnt by: the kernel's audit records, or notifications to snug-agent. */
#ifndef SNUG_SHIM_RUNTIME_SOURCE_H
#define SNUG_SHIM_RUNTIME_SOURCE_H

#include "base/err.h"
#include "oci/key.h"
#include "oci/spec.h"
#include "shim/runtime/plan.h"
#include "shim/runtime/section.h"

/* Sets p->notify, and p->why for people. -EPERM: a container cannot be recorded in this mode here. */
int source_choose(struct plan *p, enum config_mode mode, struct err *err);

/* After the recorder could not be asked, as *err says: returns 0 and sets p->notify if the reason is the namespace and the source
 * is auto, so that the agent is next; else err->code. */
int source_fall_back(struct plan *p, struct err *err);

/* Registers the run with the agent, and gets the section that the container must be started with. */
int source_notify(const struct plan *p, const struct oci_spec *spec, enum oci_container_kind kind, const char *key, struct section *ret,
		  struct err *err);

#endif
