/* JSON (RFC 8259): read by yajl's streaming parser into a flat tree with byte offsets, and written.
 *
 * The tree keeps numbers as text, and the byte range of every value in the input, so that a reader can replace one value
 * and leave every other byte unchanged. Depth is limited before anything is built; callers limit the size. No recursion.
 */
#ifndef SNUG_BASE_JSON_H
#define SNUG_BASE_JSON_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum json_type { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json;     /* one value; owned by its document */
struct json_doc; /* a parsed text; its values and strings live as long as it does */

#define JSON_DEPTH_MAX 512

enum json_flags {
	JSON_OURS = 0,        /* our own files: a duplicate key anywhere is an error, and so is anything after the value */
	JSON_FOREIGN = 1 << 0 /* files of others: duplicates are kept (json_get returns the last), strings need not be
				 UTF-8, text after the value is ignored: what Go's json.Decoder and crun accept */
};

/* Parses len bytes of text, which need not outlive the call. `name`, which is copied, is what messages call the input (a
 * path). Errors (-EINVAL; -E2BIG for the depth; -ENOMEM) name the input, the line and, if known, the JSON path. */
int json_parse(const char *text, size_t len, unsigned flags, const char *name, struct json_doc **ret, struct err *err);
void json_free(struct json_doc *doc); /* NULL is allowed */
DEFINE_CLEANUP(json_doc, struct json_doc *, json_free)
#define cleanup_json cleanup_with(json_doc_cleanup)

const struct json *json_root(const struct json_doc *doc);

/* All of these accept NULL: its type is JSON_NULL, and it has no members. */
enum json_type json_type(const struct json *v);
const char *json_key(const struct json *v);  /* the member's name, unescaped, NUL-terminated; NULL outside an object */
size_t json_key_len(const struct json *v);   /* its true length: a name may contain NULs (\u0000) */
const char *json_text(const struct json *v); /* a string (unescaped) or a number (as written); NULL for other types */
size_t json_text_len(const struct json *v);
const struct json *json_first(const struct json *v); /* first member or element, or NULL */
const struct json *json_next(const struct json *v);  /* next sibling */
size_t json_count(const struct json *v);             /* members or elements */
const struct json *json_get(const struct json *obj, const char *key); /* the last member of that name, or NULL */

/* The byte range of the value in the input: [json_start, json_end); of a container, brackets included. v is not NULL. */
size_t json_start(const struct json *v);
size_t json_end(const struct json *v);

/* Sets *err to "NAME: PATH, line N: sentence" for this value; PATH is like linux.seccomp.syscalls[3].names[0].
 * Returns -EINVAL. v must not be NULL. */
int json_err(const struct json_doc *doc, const struct json *v, struct err *err, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* The line of the value in the input, counted from 1. */
size_t json_line(const struct json_doc *doc, const struct json *v);

/* Appends the value's path as in messages; a deep one loses its outer steps. */
void json_add_path(const struct json *v, struct buf *out);

/* Read the member `what` of `parent`, which must be there and of this type: else -EINVAL with a message that names it.
 * Strings belong to the document, and contain no NUL. */
int json_want_string(const struct json_doc *doc, const struct json *parent, const char *what, const char **ret,
		     struct err *err);
int json_want_u64(const struct json_doc *doc, const struct json *parent, const char *what, uint64_t *ret,
		  struct err *err);
int json_want_bool(const struct json_doc *doc, const struct json *parent, const char *what, bool *ret, struct err *err);
int json_want_array(const struct json_doc *doc, const struct json *parent, const char *what, const struct json **ret,
		    struct err *err);

/* A number as an unsigned integer. Returns 0, -EINVAL (not a plain non-negative integer) or -ERANGE. */
int json_u64(const struct json *v, uint64_t *ret);

/* The writer appends to a buffer, indented by two spaces, keys in the order of the calls; a `_flat` container stays on one
 * line. key is NULL in arrays and at the root. Strings must be UTF-8; control characters are escaped. Every object and
 * array must be ended (asserted); a failed allocation shows in the buffer. */
struct json_writer {
	struct buf *out;
	unsigned depth;
	unsigned flat;  /* depth at which one-line mode began, 0 for none */
	bool first;     /* nothing written yet in this container */
	bool indent;    /* false: everything on one line */
};
void json_write_begin(struct json_writer *w, struct buf *out, bool indent);
void json_write_object(struct json_writer *w, const char *key);
void json_write_array(struct json_writer *w, const char *key);
void json_write_object_flat(struct json_writer *w, const char *key);
void json_write_array_flat(struct json_writer *w, const char *key);
void json_write_end_object(struct json_writer *w);
void json_write_end_array(struct json_writer *w);
void json_write_string(struct json_writer *w, const char *key, const char *s);
void json_write_stringn(struct json_writer *w, const char *key, const char *s, size_t len);
void json_write_u64(struct json_writer *w, const char *key, uint64_t v);
void json_write_bool(struct json_writer *w, const char *key, bool v);
void json_write_null(struct json_writer *w, const char *key);
void json_write_raw(struct json_writer *w, const char *key, const char *json, size_t len); /* JSON text, copied as it is */

/* The version of yajl that this process uses, "2.1.0". */
#define JSON_PARSER_VERSION_MAX 36
void json_parser_version(char ret[JSON_PARSER_VERSION_MAX]);

#endif
