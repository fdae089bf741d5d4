/* One caller's configuration on this machine: read it, change it, restore it. */
#ifndef SNUG_SHIM_CLI_SETUP_JOB_H
#define SNUG_SHIM_CLI_SETUP_JOB_H

#include "base/buf.h"
#include "base/err.h"
#include "shim/cli/common/cli.h"

#include <stdbool.h>
#include <sys/types.h>

enum setup_form {
	FORM_BLOCK,     /* a block in a TOML file */
	FORM_TEMPLATE,  /* a block in the template from which containerd's file, next to it, is made at each start */
	FORM_JSON,      /* members of a JSON file */
	FORM_MANIFESTS, /* printed for kubectl */
};

struct setup_caller {
	const char *name;
	enum setup_form form;
	const char *file;
	const char *template; /* NULL: containerd's, which depends on the version */
	const char *use;      /* what to do after --write */
	const char *unuse;    /* what to do after --remove */
	const char *still;    /* what --remove means for containers that still run; NULL: nothing */
	const char *program;  /* if it is installed, a missing directory is made; NULL: a drop-in, whose parent directory must exist */
	const char *socket;   /* of its CRI; NULL: none */
	const char *engine;   /* the engine that answers there */
};

struct setup_job {
	const struct setup_caller *caller;
	char *file;             /* owned */
	char *directory, *name; /* of the file; owned */
	bool exists;
	mode_t mode;
	struct buf made;  /* FORM_TEMPLATE: the file that is made from the template */
	struct buf text;  /* the file's text; if there is none, how it should begin */
	struct buf piece; /* what to add */
};

/* Reads the caller's file, or the one at `path` (may be NULL). Call setup_job_done() also after an error. Returns 0 or a negative
 * errno. */
int setup_job_read(struct setup_job *j, const char *path, struct err *err);
void setup_job_done(struct setup_job *j);

/* Do what --write and --remove do. Return an exit status or a negative errno. */
int setup_job_write(struct cli *cli, struct setup_job *j, struct err *err);
int setup_job_remove(struct cli *cli, struct setup_job *j, struct err *err);

/* Whether the file has the piece exactly as it would be written. Returns 0 or a negative errno. */
int setup_job_holds(const struct setup_job *j, bool *ret, struct err *err);

/* Does what --check does: whether the running engine knows the handlers. `socket` may be NULL. Returns an exit status or a
 * negative errno. */
int setup_job_check(struct cli *cli, const struct setup_job *j, const char *socket, struct err *err);

/* Appends how a new configuration of this containerd begins. */
void setup_begin(const struct setup_job *j, struct buf *out);

#endif
