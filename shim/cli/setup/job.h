/* One caller's configuration on this machine: read, changed, given back. */
#ifndef SNUG_SHIM_CLI_SETUP_JOB_H
#define SNUG_SHIM_CLI_SETUP_JOB_H

#include "base/buf.h"
#include "base/err.h"
#include "shim/cli/common/cli.h"

#include <stdbool.h>
#include <sys/types.h>

enum setup_form {
	FORM_BLOCK,     /* a block in a TOML file */
	FORM_TEMPLATE,  /* the same in the template that a containerd's file is made of at each start, beside it */
	FORM_JSON,      /* members of a JSON file */
	FORM_MANIFESTS, /* printed for kubectl */
};

struct setup_caller {
	const char *name;
	enum setup_form form;
	const char *file;
	const char *template; /* NULL: containerd's, by version */
	const char *use;      /* what to do then */
	const char *unuse;    /* what to do after --remove */
	const char *still;    /* what --remove means for containers that still run; NULL: nothing */
	const char *program;  /* whose directory is made where it is missing; NULL: a drop-in's, whose parent has to be there */
	const char *socket;   /* of its container runtime interface; NULL: none */
	const char *engine;   /* what answers there */
};

struct setup_job {
	const struct setup_caller *caller;
	char *file;             /* owned */
	char *directory, *name; /* of the file; owned */
	bool exists;
	mode_t mode;
	struct buf made;  /* FORM_TEMPLATE: the file that the template makes */
	struct buf text;  /* what it holds; for a file that is missing what it begins with */
	struct buf piece; /* what goes in */
};

/* Reads the caller's file, or that at `path` (may be NULL). */
int setup_job_read(struct setup_job *j, const char *path, struct err *err);
void setup_job_done(struct setup_job *j);

/* What --write and --remove do. Return an exit status or a negative errno. */
int setup_job_write(struct cli *cli, struct setup_job *j, struct err *err);
int setup_job_remove(struct cli *cli, struct setup_job *j, struct err *err);

/* Whether the piece is in the file as it would be written. */
int setup_job_holds(const struct setup_job *j, bool *ret, struct err *err);

/* What --check does: whether the engine that runs knows the handlers. `socket` may be NULL. */
int setup_job_check(struct cli *cli, const struct setup_job *j, const char *socket, struct err *err);

/* Appends what a new configuration of containerd begins with here. */
void setup_begin(const struct setup_job *j, struct buf *out);

#endif
