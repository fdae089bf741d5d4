/* The seccomp section that a container is started with: for learning, audit or enforce mode, or the caller's own. */
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
	bool own;             /* nothing in the text comes from a file */
	const char *baseline; /* "drop", "default" or "keep" when learning, else "" */
	struct buf unlogged;     /* for the registration: what is unlogged, a JSON object; empty: nothing */
	struct buf caller;    /* for the registration: names that the caller's own profile allows, a JSON array; empty: nothing more is allowed */
	bool caller_denies;   /* `caller` is what it refuses instead */
	bool handed_over;     /* it hands calls to a listener or a tracer, which makes no record */
};

/* -EPERM with this sentence for a section (NULL: none) with a rule that hands calls to the caller's listener. */
int section_refuse_notify(const char *section, size_t len, const char *sentence, struct err *err);

/* Chooses and makes the section; `learn` is NULL except in learn mode. -ENOENT: there is no approved profile. The caller calls
 * section_done(), also after an error. */
int section_make(const struct plan *p, const struct oci_spec *spec, enum oci_container_kind kind, enum config_mode mode,
		 const char *key, struct learn *learn, struct section *ret, struct err *err);

/* The section of a container whose key has no profile: the caller's own (the text stays empty) or, for a pod without one, the
 * runtime's default, whatever `pod_minimum` says about learning. */
int section_make_default(const struct oci_spec *spec, enum oci_container_kind kind, struct section *ret, struct err *err);
void section_done(struct section *s);

#endif
