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

/* What a key names: an ordinary one, or the canaries of a runtime ("RUNTIME-ID/SHAPE-HASH"). */
enum state_space { STATE_KEYS, STATE_FLOOR };

/* Opens the key's directory; with make false a missing one is -ENOENT. Returns the descriptor or a negative errno. */
int state_open_key(const char *state_dir, enum state_space space, const char *key, bool make, struct err *err);

const char *state_space_name(enum state_space space); /* the directory's name: "keys", "floor" */

/* Reads one file of a key, at most max bytes; its whole path is appended to *ret_path, for messages. */
int state_read_file(const char *state_dir, enum state_space space, const char *key, const char *file, size_t max,
		    struct buf *ret, struct buf *ret_path, struct err *err);

/* Reads the key's evidence; -ENOENT if there is none. */
int state_load_evidence(const char *state_dir, enum state_space space, const char *key, struct evidence **ret,
			struct err *err);

/* Saves it atomically. */
int state_save_evidence(const char *state_dir, enum state_space space, const struct evidence *ev, struct err *err);

/* Gives the key's evidence file another name, evidence.json.damaged-N, that nothing has yet; *ret_name (free) is that name. */
int state_set_aside(const char *state_dir, enum state_space space, const char *key, char **ret_name, struct err *err);

/* How many such files lie in the key's directory; a key that is not there has none. */
unsigned state_count_damaged(const char *state_dir, enum state_space space, const char *key);

/* Reads the approved profile's text; -ENOENT if there is none. */
int state_read_approved(const char *state_dir, const char *key, struct buf *ret, struct err *err);

/* Calls fn for every key that has a directory with evidence or an approved profile, in order of name; stops at the first
 * non-zero return and returns it. */
int state_each_key(const char *state_dir, int (*fn)(const char *key, void *arg, struct err *err), void *arg,
		   struct err *err);

/* The name of a shape: 16 hex digits of its hash. ret holds 17 bytes. */
void state_shape_name(const char *shape_json, char *ret);

#endif
