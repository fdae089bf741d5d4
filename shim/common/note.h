/* The note of a container: which real runtime it was started with, in which mode, under which key, so that later subcommands
 * find the same. RUN_DIR/containers/HASH-OF-ROOT/ID, a small JSON object; root and id inside are compared, not only the file's name, where a
 * leading dot is escaped and a long id is cut. */
#ifndef SNUG_SHIM_NOTE_H
#define SNUG_SHIM_NOTE_H

#include "base/err.h"
#include "shim/common/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct note {
	char *runtime; /* owned; NULL: no note */
	char *key;     /* owned */
	enum config_mode mode;
	bool denials; /* enforced, and the recorder books its denials */
	bool notify;  /* it is learnt by notify */
	pid_t pid;    /* who wrote it; 0: not said */
};

/* Reads it; none at all is success with ret->runtime NULL. What no runtime takes for an id has none. */
int note_read(const char *run_dir, const char *root, const char *id, struct note *ret, struct err *err);

/* Writes or replaces it, with this process's id in it. */
int note_write(const char *run_dir, const char *root, const char *id, const struct note *note, struct err *err);

/* Nothing to remove is success. */
int note_remove(const char *run_dir, const char *root, const char *id);

/* The same, if it is still the one that process `pid` wrote: not that of a later container of this id. */
int note_remove_own(const char *run_dir, const char *root, const char *id, pid_t pid);

/* Counts the notes whose container is there (both runtimes keep its state in ROOT/ID), and removes those whose container is gone and
 * whose writer, which may be about to start it, has ended. */
size_t note_sweep(const char *run_dir);
void note_done(struct note *n);

#endif
