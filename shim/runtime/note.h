/* The note of a container: which real runtime it was started with, in which mode, under which key, so that later subcommands
 * find the same. RUN_DIR/containers/HASH-OF-ROOT/ID, a small JSON object; the root inside is compared, not only its hash. */
#ifndef SNUG_SHIM_RUNTIME_NOTE_H
#define SNUG_SHIM_RUNTIME_NOTE_H

#include "base/err.h"
#include "shim/common/config.h"

#include <stdbool.h>

struct note {
	char *runtime; /* owned; NULL: no note */
	char *key;     /* owned */
	enum config_mode mode;
	bool denials; /* enforced, and the recorder books its denials */
};

/* Reads it; none at all is success with ret->runtime NULL. An id that cannot be a file's name has none. */
int note_read(const char *run_dir, const char *root, const char *id, struct note *ret, struct err *err);

/* Writes or replaces it. */
int note_write(const char *run_dir, const char *root, const char *id, const struct note *note, struct err *err);

/* Nothing to remove is success. */
int note_remove(const char *run_dir, const char *root, const char *id);
void note_done(struct note *n);

#endif
