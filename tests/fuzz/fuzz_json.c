/* Feeds any bytes to the JSON reader: each value's byte range is that value, and what the writer makes of it reads alike. */
#include "base/json/json.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_value(struct json_writer *w, const struct json *v)
{
	static const char *const words[] = {"null", "false", "true"};
	const char *key = json_key(v);
	if (json_type(v) == JSON_STRING)
		json_write_stringn(w, key, json_text(v), json_text_len(v));
	else if (json_type(v) < JSON_STRING)
		json_write_raw(w, key, json_text(v) ? json_text(v) : words[json_type(v)],
			       json_text(v) ? json_text_len(v) : strlen(words[json_type(v)]));
	else
		(json_type(v) == JSON_OBJECT ? json_write_object : json_write_array)(w, key);
	for (const struct json *m = json_first(v); m; m = json_next(m))
		write_value(w, m);
	if (json_type(v) > JSON_STRING)
		(json_type(v) == JSON_OBJECT ? json_write_end_object : json_write_end_array)(w);
}

/* Keys are NUL-terminated for the writer: one that holds a NUL is told by the return value. */
static bool same(const struct json *a, const struct json *b)
{
	const struct json *x = json_first(a), *y = json_first(b);
	bool whole = !json_key(a) || strlen(json_key(a)) == json_key_len(a);
	if (json_type(a) != json_type(b) || json_count(a) != json_count(b) || json_text_len(a) != json_text_len(b) ||
	    (json_text(a) && memcmp(json_text(a), json_text(b), json_text_len(a)) != 0))
		abort();
	for (; x; x = json_next(x), y = json_next(y))
		whole &= same(x, y);
	return whole;
}

static void check_ranges(const struct json *v, const char *text, size_t from, size_t to, unsigned flags)
{
	size_t start = json_start(v), end = json_end(v);
	if (start < from || end > to || start >= end || (json_type(v) == JSON_STRING && text[start] != '"'))
		abort();
	for (const struct json *m = json_first(v); m; start = json_end(m), m = json_next(m))
		check_ranges(m, text, start + 1, json_end(v) - 1, flags);
	cleanup_json struct json_doc *part = NULL;
	if (json_parse(text + json_start(v), end - json_start(v), flags, "part", &part, NULL) != 0)
		abort();
	same(v, json_root(part));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	cleanup_json struct json_doc *foreign = NULL, *ours = NULL, *again = NULL;
	cleanup_buf struct buf b = {0};
	struct json_writer w;
	if (json_parse(text, size, JSON_FOREIGN, "fuzz", &foreign, NULL) == 0)
		check_ranges(json_root(foreign), text, 0, size, JSON_FOREIGN);
	if (json_parse(text, size, JSON_OURS, "fuzz", &ours, NULL) != 0)
		return 0;
	if (!foreign)
		abort();
	same(json_root(foreign), json_root(ours));
	check_ranges(json_root(ours), text, 0, size, JSON_OURS);
	json_write_begin(&w, &b, size % 2);
	write_value(&w, json_root(ours));
	if (json_parse(b.data, b.len, JSON_FOREIGN, "again", &again, NULL) != 0)
		abort();
	same(json_root(ours), json_root(again));
	return 0;
}
