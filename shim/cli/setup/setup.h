/* The piece of a caller's configuration that makes it call the wrapper: adds it to the caller's file, finds it there, removes it.
 * Pure: texts in, texts out.
 *
 * In TOML, the piece is a block between two lines, "# snug: begin" and "# snug: end"; everything outside is kept byte for byte.
 * In JSON, it is members of one object; all other values are kept byte for byte. */
#ifndef SNUG_SHIM_CLI_SETUP_H
#define SNUG_SHIM_CLI_SETUP_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

/* The value for @NAME@ in a template. */
struct setup_word {
	const char *name, *value;
};

/* Appends the template with its words filled in. `words` must have every @NAME@. */
void setup_fill(const char *template, const struct setup_word *words, size_t count, struct buf *out);

/* What we read from a containerd configuration. */
struct setup_toml {
	unsigned version;      /* 1 if the file has none, as in containerd */
	bool systemd_cgroup;   /* of the default runtime */
	bool renames_default;  /* the default runtime is not runc */
	bool names_default;    /* the default runtime has its own table, outside the block */
	unsigned foreign_line; /* line of a handler with our name outside the block; 0: none */
	char foreign[64];      /* its name */
};

/* Reads it line by line; multi-line strings are not supported. */
void setup_toml_read(const char *text, struct setup_toml *ret);

/* Appends `text` with the block: in place of an old one, else at the end. Returns 0 or a negative errno; -EINVAL: a block has no
 * end. */
int setup_block_put(const char *text, const char *block, const char *name, struct buf *out, struct err *err);

/* Appends `text` without the block. Returns 0 or a negative errno. */
int setup_block_take(const char *text, const char *name, struct buf *out, struct err *err);

/* The same for JSON. `members` is an object with one member, which is an object: its members are added to, or removed from, the
 * member of the same name in `text`. An empty text counts as {}. `name` is the file's name in messages. Return 0 or a negative
 * errno. */
int setup_json_put(const char *text, const char *members, const char *name, struct buf *out, struct err *err);
int setup_json_take(const char *text, const char *members, const char *name, struct buf *out, struct err *err);

#endif
