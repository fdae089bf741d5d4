/* Step 1 of a container's way: what was asked for, and what the wrapper will do about it. Reads argv, the configuration and the note
 * of the container; changes nothing. */
#ifndef SNUG_SHIM_RUNTIME_PLAN_H
#define SNUG_SHIM_RUNTIME_PLAN_H

#include "base/err.h"
#include "oci/argv.h"
#include "oci/runtime.h"
#include "shim/common/config.h"
#include "shim/common/note.h"

enum plan_action {
	PLAN_PASS,   /* execve at once */
	PLAN_START,  /* create, run: the seccomp section is exchanged */
	PLAN_JOIN,   /* exec into a container that is being recorded */
	PLAN_DELETE, /* execve at once; a helper clears up afterwards */
	PLAN_REFUSE, /* would defeat the wrapper; the sentence is in plan_make()'s error */
};

struct plan {
	struct config config;
	struct oci_runtime runtime;
	struct oci_call call;
	struct note note;         /* of this (root, id); note.runtime NULL if there is none */
	const char *root;         /* --root, or the runtime's default */
	enum config_mode mode;    /* by the program's name or the configuration */
	enum plan_action action;
	bool notify;              /* it is, or is to be, learnt by notify */
	const char *why;          /* for people, where that was chosen */
};

/* argv must outlive *ret. *ret is usable for a report and plan_done whatever is returned. */
int plan_make(int argc, char *const argv[], struct plan *ret, struct err *err);
void plan_done(struct plan *p);

#endif
