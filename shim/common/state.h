/* The state directory: STATE/keys/COMPONENT/.../{evidence.json, approved.json, approved.N.json}, STATE/floor/RUNTIME/SHAPE/evidence.json.
 * Keys are checked (oci/key.h) before any path is made of them; directories are opened without following links. Only snugd writes
 * evidence.json; only `snug approve` writes approved*.json.
 */
#ifndef SNUG_SHIM_STATE_H
#define SNUG_SHIM_STATE_H

#include "base/buf.h"
#include "base/err.h"
#include "seccomp/evidence/evidence.h"

#include <stdbool.h>

#define STATE_EVIDENCE "evidence.json"
#define STATE_DAMAGED  STATE_EVIDENCE ".damaged-"
#define STATE_APPROVED "approved.json"

/* What a key stands for: a program, or the canaries of a runtime ("RUNTIME-ID/SHAPE-HASH"). */
enum state_space { STATE_KEYS, STATE_FLOOR };

/* Opens the key's directory, and creates it if `make`; else a missing one is -ENOENT. Returns the descriptor or a negative
 * errno. */
int state_open_key(const char *state_dir, enum state_space space, const char *key, bool make, struct err *err);

const char *state_space_name(enum state_space space); /* the directory's name: "keys", "floor" */

/* Reads one file of a key, at most max bytes, and appends its full path to *ret_path, for messages. */
int state_read_file(const char *state_dir, enum state_space space, const char *key, const char *file, size_t max,
		    struct buf *ret, struct buf *ret_path, struct err *err);

/* Reads the key's evidence; the caller frees *ret. -ENOENT: there is none. */
int state_load_evidence(const char *state_dir, enum state_space space, const char *key, struct evidence **ret,
			struct err *err);

/* Saves it atomically. */
int state_save_evidence(const char *state_dir, enum state_space space, const struct evidence *ev, struct err *err);

/* Renames the key's evidence file to an unused name, evidence.json.damaged-N, which *ret_name is (the caller frees it). */
int state_set_aside(const char *state_dir, enum state_space space, const char *key, char **ret_name, struct err *err);

/* The number of such files in the key's directory; 0 if there is no such key. */
unsigned state_count_damaged(const char *state_dir, enum state_space space, const char *key);

/* Reads the text of the approved profile. -ENOENT: there is none. */
int state_read_approved(const char *state_dir, const char *key, struct buf *ret, struct err *err);

/* Calls fn for every key with evidence or an approved profile, sorted by name. Stops when fn returns something other than 0,
 * and returns that. */
int state_each_key(const char *state_dir, int (*fn)(const char *key, void *arg, struct err *err), void *arg,
		   struct err *err);

/* The name of a shape: 16 hex digits of its hash. ret has room for 17 bytes. */
void state_shape_name(const char *shape_json, char *ret);

#endif
