/* The note about a container: its real runtime, mode and key, so that later subcommands use the same. A small JSON object in
 * RUN_DIR/containers/HASH-OF-ROOT/ID. The root and id in it are compared too, since the file's name escapes a leading dot and
 * cuts a long id. */
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
	bool denials; /* enforced, and its denials are recorded */
	bool notify;  /* it is learnt by notify */
	pid_t pid;    /* the process that wrote it; 0: unknown */
};

/* Reads it; if there is none, succeeds with ret->runtime NULL. An id that no runtime accepts has none. */
int note_read(const char *run_dir, const char *root, const char *id, struct note *ret, struct err *err);

/* Writes or replaces it, with this process's pid. */
int note_write(const char *run_dir, const char *root, const char *id, const struct note *note, struct err *err);

/* Nothing to remove is success. */
int note_remove(const char *run_dir, const char *root, const char *id);

/* The same, but only if process `pid` wrote it: a later container with this id keeps its note. */
int note_remove_own(const char *run_dir, const char *root, const char *id, pid_t pid);

/* Counts the notes whose container exists (both runtimes keep its state in ROOT/ID). Removes those whose container is gone and
 * whose writer, which may be about to start it, has ended. */
size_t note_sweep(const char *run_dir);
void note_done(struct note *n);

#endif
