/* The piece of a caller's configuration that makes it call the wrapper: put into the caller's file, found there again, taken
 * out. Pure: texts in, texts out.
 *
 * In TOML the piece is a block between two lines, "# snug: begin" and "# snug: end"; what stands outside of it is kept
 * byte for byte. In JSON it is members of one object; every other value is kept byte for byte.
 */
#ifndef SNUG_SHIM_CLI_SETUP_H
#define SNUG_SHIM_CLI_SETUP_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

/* What stands in for @NAME@ in a template. */
struct setup_word {
	const char *name, *value;
};

/* Appends the template with its words filled in. Every @NAME@ must be among them. */
void setup_fill(const char *template, const struct setup_word *words, size_t count, struct buf *out);

/* What is read of a containerd configuration. */
struct setup_toml {
	unsigned version;      /* 1 where it is not said, as containerd takes it */
	bool systemd_cgroup;   /* of the default runtime */
	bool renames_default;  /* it is another one than runc */
	bool names_default;    /* the default runtime has a table of its own, outside of the block */
	unsigned foreign_line; /* of a handler of ours outside of the block; 0: none */
	char foreign[64];      /* its name */
};

/* Reads it line by line; strings over several lines are not understood. */
void setup_toml_read(const char *text, struct setup_toml *ret);

/* Appends `text` with the block in it: in its place if it is there, else at the end. -EINVAL for a block without its end. */
int setup_block_put(const char *text, const char *block, const char *name, struct buf *out, struct err *err);

/* Appends `text` without the block. */
int setup_block_take(const char *text, const char *name, struct buf *out, struct err *err);

/* The same for JSON: `members` is an object with one member, an object whose members are put into (taken out of) that of the
 * same name in `text`. An empty text counts as {}. `name` is the file, for messages. */
int setup_json_put(const char *text, const char *members, const char *name, struct buf *out, struct err *err);
int setup_json_take(const char *text, const char *members, const char *name, struct buf *out, struct err *err);

#endif
