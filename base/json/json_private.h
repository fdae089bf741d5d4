/* What parse.c and value.c share; nobody else includes it. */
#ifndef SNUG_BASE_JSON_PRIVATE_H
#define SNUG_BASE_JSON_PRIVATE_H

#include "base/json/json.h"

#include <stdint.h>

#define JSON_NONE UINT32_MAX

/* Values, in the order of the text. Links are indices, since the array moves when it grows. */
struct json {
	const struct json_doc *doc;
	const char *key, *text;
	size_t key_len, text_len;
	size_t key_at, text_at; /* offsets into doc->strings while parsing, SIZE_MAX for none */
	size_t start, end;
	uint32_t parent, next, first, last, count;
	enum json_type type;
};

struct json_doc {
	struct json *v;
	uint32_t count, cap;
	struct buf strings;
	char *name;
	/* The offset of each newline. */
	size_t *lines;
	size_t line_count;
};

static inline const struct json *json_at(const struct json_doc *doc, uint32_t i)
{
	return i == JSON_NONE ? NULL : &doc->v[i];
}

/* The line, counted from 1, of an offset. Only once the text has been read. */
size_t json_line_of(const struct json_doc *doc, size_t offset);

#endif
