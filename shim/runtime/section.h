/* Which seccomp section a container is started with: the choice between learning, auditing, enforcing and the caller's own. */
#ifndef SNUG_SHIM_RUNTIME_SECTION_H
#define SNUG_SHIM_RUNTIME_SECTION_H

#include "base/buf.h"
#include "base/err.h"
#include "oci/key.h"
#include "oci/spec.h"
#include "shim/runtime/learn.h"
#include "shim/runtime/plan.h"

struct section {
	struct buf text;      /* the section; empty: the caller's own stays */
	const char *baseline; /* "drop", "default" or "keep" when learning, else "" */
	struct buf unlogged;     /* for the registration: what is quiet, a JSON object; empty: nothing */
	struct buf caller;    /* for the registration: names that the caller's own profile allows, a JSON array; empty: nothing is opened */
	bool caller_denies;   /* or those that it refuses */
	bool handed_over;     /* it hands calls to a listener or a tracer, of which no record comes */
};

/* Refuses a section (NULL: there is none) with a rule that hands calls to a listener of its caller's, by this sentence. */
int section_refuse_notify(const char *section, size_t len, const char *sentence, struct err *err);

/* Chooses and makes it; `learn` is NULL unless the mode is to learn. A missing approved profile is -ENOENT. */
int section_make(const struct plan *p, const struct oci_spec *spec, enum oci_container_kind kind, enum config_mode mode,
		 const char *key, struct learn *learn, struct section *ret, struct err *err);

/* The section of a container that has no profile by its key: the caller's own (the text stays empty), or for a pod that asks for none the runtime's default,
 * whatever `pod_minimum` says of learning. */
int section_make_default(const struct oci_spec *spec, enum oci_container_kind kind, struct section *ret, struct err *err);
void section_done(struct section *s);

#endif
