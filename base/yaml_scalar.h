/* The lines of a YAML text, and what stands within them: scalars, flow sequences, block scalars. Each is written as JSON. Only base/yaml.c,
 * which reads the tree of mappings and sequences, includes this. The functions return 0, or -EINVAL with a sentence that names the line.
 */
#ifndef SNUG_BASE_YAML_SCALAR_H
#define SNUG_BASE_YAML_SCALAR_H

#include "base/buf.h"
#include "base/err.h"
#include "base/yaml.h"

#include <stdbool.h>
#include <stddef.h>

/* The line that is being read, from its first character that counts. */
struct yaml_line {
	const char *p, *end; /* without the newline and trailing blanks */
	size_t indent;       /* column of p */
	size_t no;
	bool there; /* false: the document has ended */
};

struct yaml_parser {
	struct yaml *y;
	struct yaml_line cur;
	struct buf *out;
	size_t out_line;
	unsigned depth;
	struct err *err;
};

static inline bool yaml_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Returns -EINVAL, with a sentence about that line. */
int yaml_bad(const struct yaml_parser *p, size_t line, const char *what);

/* One raw line; false at the end of the text. */
bool yaml_raw_line(struct yaml *y, const char **ret, size_t *ret_len);

/* The next line that holds more than a comment. A marker of the document's end is left to be read again. */
int yaml_advance(struct yaml_parser *p);

/* Values stand on their own line in the JSON too. */
void yaml_go_to_line(struct yaml_parser *p, size_t line);

/* Appends a JSON string. */
void yaml_write_string(struct yaml_parser *p, const char *s, size_t len);

/* What may follow a value on its line: nothing, or a comment. */
int yaml_end_of_value(const struct yaml_parser *p, const char *s);

/* A quoted scalar that begins at s; *ret_end is behind its closing quote. */
int yaml_read_quoted(const struct yaml_parser *p, const char *s, struct buf *out, const char **ret_end);

/* Refuses what begins no plain scalar that is read here. */
int yaml_check_first(const struct yaml_parser *p, char c);

/* True if s holds the mark of a mapping: a colon before a blank or the end. *ret is that colon. */
bool yaml_find_colon(const char *s, const char *end, const char **ret);

/* A scalar within a line, of a flow sequence or not; *ret_end is behind it. */
int yaml_write_scalar(struct yaml_parser *p, const char *s, bool flow, const char **ret_end);

/* A flow sequence of scalars, on one line or several; *ret_end is behind its bracket on the then current line. */
int yaml_write_flow(struct yaml_parser *p, const char *s, const char **ret_end);

/* A literal block scalar with its lines, which are indented deeper than `parent` (-1: the document itself). */
int yaml_write_block(struct yaml_parser *p, const char *s, long parent);

#endif
