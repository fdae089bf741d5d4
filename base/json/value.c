/* Parsed values, their places, and the messages about a value that is not as expected. */
#include "base/json/json_private.h"

#include "base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* limits of the path in a message */
#define PATH_STEPS  16
#define PATH_KEY    80
#define PATH_LENGTH 240

const struct json *json_root(const struct json_doc *doc)
{
	return &doc->v[0];
}

enum json_type json_type(const struct json *v)
{
	return v ? v->type : JSON_NULL;
}

const char *json_key(const struct json *v)
{
	return v ? v->key : NULL;
}

size_t json_key_len(const struct json *v)
{
	return v && v->key ? v->key_len : 0;
}

const char *json_text(const struct json *v)
{
	return v ? v->text : NULL;
}

size_t json_text_len(const struct json *v)
{
	return v ? v->text_len : 0;
}

const struct json *json_first(const struct json *v)
{
	return v ? json_at(v->doc, v->first) : NULL;
}

const struct json *json_next(const struct json *v)
{
	return v ? json_at(v->doc, v->next) : NULL;
}

size_t json_count(const struct json *v)
{
	return v ? v->count : 0;
}

const struct json *json_get(const struct json *obj, const char *key)
{
	const struct json *found = NULL;
	size_t len = strlen(key);

	if (json_type(obj) != JSON_OBJECT)
		return NULL;
	for (const struct json *m = json_first(obj); m; m = json_next(m))
		if (m->key_len == len && memcmp(m->key, key, len) == 0)
			found = m;
	return found;
}

size_t json_start(const struct json *v)
{
	return v ? v->start : 0;
}

size_t json_end(const struct json *v)
{
	return v ? v->end : 0;
}

static size_t index_in_parent(const struct json *v)
{
	size_t i = 0;

	for (const struct json *e = json_first(json_at(v->doc, v->parent)); e && e != v; e = json_next(e))
		i++;
	return i;
}

/* Deep paths keep their inner end, where the reader has to look; the sentence after it needs room too. */
void json_add_path(const struct json *v, struct buf *out)
{
	cleanup_buf struct buf path = {0};
	const struct json *chain[PATH_STEPS];
	size_t n = 0, skip;

	for (; v && v->parent != JSON_NONE && n < PATH_STEPS; v = json_at(v->doc, v->parent))
		chain[n++] = v;
	while (n--) {
		if (!chain[n]->key)
			buf_addf(&path, "[%zu]", index_in_parent(chain[n]));
		else if (path.len)
			buf_addc(&path, '.');
		if (chain[n]->key)
			text_add_safe(&path, chain[n]->key, chain[n]->key_len < PATH_KEY ? chain[n]->key_len : PATH_KEY);
	}
	skip = path.len > PATH_LENGTH ? path.len - PATH_LENGTH : 0;
	if (skip || (v && v->parent != JSON_NONE))
		buf_adds(out, "...");
	if (path.data)
		buf_adds(out, path.data + skip);
}

size_t json_line(const struct json_doc *doc, const struct json *v)
{
	return json_line_of(doc, v->start);
}

int json_err(const struct json_doc *doc, const struct json *v, struct err *err, const char *fmt, ...)
{
	cleanup_buf struct buf path = {0};
	char what[ERR_MSG_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	json_add_path(v, &path);
	return err_set(err, EINVAL, "%s: %s%sline %zu: %s", doc->name, path.len ? path.data : "", path.len ? ", " : "",
		       json_line_of(doc, v->start), what);
}

int json_want_string(const struct json_doc *doc, const struct json *parent, const char *what, const char **ret,
		     struct err *err)
{
	const struct json *v = json_get(parent, what);

	if (!v)
		return json_err(doc, parent, err, "\"%s\" is missing", what);
	if (v->type != JSON_STRING)
		return json_err(doc, v, err, "expected a string");
	if (strlen(v->text) != v->text_len)
		return json_err(doc, v, err, "contains a NUL character");
	*ret = v->text;
	return 0;
}

int json_want_u64(const struct json_doc *doc, const struct json *parent, const char *what, uint64_t *ret, struct err *err)
{
	const struct json *v = json_get(parent, what);

	if (!v)
		return json_err(doc, parent, err, "\"%s\" is missing", what);
	if (json_u64(v, ret) < 0)
		return json_err(doc, v, err, "expected a whole number from 0 to 2^64-1");
	return 0;
}

int json_want_bool(const struct json_doc *doc, const struct json *parent, const char *what, bool *ret, struct err *err)
{
	const struct json *v = json_get(parent, what);

	if (!v)
		return json_err(doc, parent, err, "\"%s\" is missing", what);
	if (json_type(v) != JSON_TRUE && json_type(v) != JSON_FALSE)
		return json_err(doc, v, err, "expected true or false");
	*ret = json_type(v) == JSON_TRUE;
	return 0;
}

int json_want_array(const struct json_doc *doc, const struct json *parent, const char *what, const struct json **ret,
		    struct err *err)
{
	const struct json *v = json_get(parent, what);

	if (!v)
		return json_err(doc, parent, err, "\"%s\" is missing", what);
	if (json_type(v) != JSON_ARRAY)
		return json_err(doc, v, err, "expected an array");
	*ret = v;
	return 0;
}

int json_u64(const struct json *v, uint64_t *ret)
{
	if (json_type(v) != JSON_NUMBER)
		return -EINVAL;
	return text_parse_u64(v->text, ret);
}

size_t json_line_of(const struct json_doc *doc, size_t offset)
{
	size_t lo = 0, hi = doc->line_count;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (doc->lines[mid] < offset)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo + 1;
}
