/* Step 1 of a start: what was asked for, and what the wrapper will do. Reads argv, the configuration and the container's note;
 * changes nothing. */
#ifndef SNUG_SHIM_RUNTIME_PLAN_H
#define SNUG_SHIM_RUNTIME_PLAN_H

#include "base/err.h"
#include "oci/argv.h"
#include "oci/runtime.h"
#include "shim/common/config.h"
#include "shim/common/note.h"

enum plan_action {
	PLAN_PASS,   /* execve at once */
	PLAN_START,  /* create, run: replace the seccomp section */
	PLAN_JOIN,   /* exec into a container that is being recorded */
	PLAN_DELETE, /* execve at once; a helper cleans up afterwards */
	PLAN_REFUSE, /* would defeat the wrapper; plan_make()'s error says why */
};

struct plan {
	struct config config;
	struct oci_runtime runtime;
	struct oci_call call;
	struct note note;         /* of this (root, id); note.runtime is NULL if there is none */
	char *root;               /* --root, or the runtime's default; absolute, owned */
	enum config_mode mode;    /* from the program's name or the configuration */
	enum plan_action action;
	bool notify;              /* it is, or will be, learnt by notify */
	const char *why;          /* why notify was chosen, for people */
};

/* argv must outlive *ret. Also after an error, *ret can be used for a report, and plan_done() must be called. */
int plan_make(int argc, char *const argv[], struct plan *ret, struct err *err);
void plan_done(struct plan *p);

#endif
