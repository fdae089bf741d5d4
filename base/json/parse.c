#include "base/json/json_private.h"

#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>
#include <yajl/yajl_version.h>

struct parser {
	struct json_doc *doc;
	yajl_handle yajl;
	unsigned flags, depth;
	uint32_t open; /* innermost open container */
	size_t key_at, key_len;
	int code; /* why a callback stopped */
	uint32_t bad;
	const char *bad_what;
};

static size_t keep_string(struct json_doc *doc, const unsigned char *s, size_t len)
{
	size_t where = doc->strings.len;

	buf_add(&doc->strings, s, len);
	buf_add(&doc->strings, "", 1);
	return where;
}

/* Moving what has been read costs more than room that is not used in the end, and memory that is not written to costs
 * nothing. */
#define VALUES_FIRST_MAX  1024
#define STRINGS_FIRST_MAX 65536

/* For as much as a text of this length usually holds. */
static bool make_room(struct json_doc *doc, size_t len)
{
	doc->cap = len / 8 < 64 ? 64 : len / 8 > VALUES_FIRST_MAX ? VALUES_FIRST_MAX : (uint32_t)(len / 8);
	doc->v = malloc(doc->cap * sizeof(*doc->v));
	return doc->v && buf_room(&doc->strings, len < STRINGS_FIRST_MAX ? len : STRINGS_FIRST_MAX);
}

static struct json *grow(struct json_doc *doc)
{
	if (doc->count == doc->cap) {
		uint32_t cap = doc->cap * 2;
		struct json *v = cap < doc->cap ? NULL : realloc(doc->v, cap * sizeof(*v));

		if (!v)
			return NULL;
		doc->v = v;
		doc->cap = cap;
	}
	return &doc->v[doc->count];
}

static int stop(struct parser *p, int code, uint32_t bad, const char *what)
{
	p->code = code;
	p->bad = bad;
	p->bad_what = what;
	return 0;
}

/* Adds a value to the open container; token_len is the length of its token in the input. Returns 1 to go on, 0 to stop. */
static int add_value(struct parser *p, enum json_type type, size_t token_len, struct json **ret)
{
	struct json_doc *doc = p->doc;
	struct json *v = grow(doc);
	uint32_t i = doc->count;

	if (!v)
		return stop(p, -ENOMEM, JSON_NONE, "out of memory");
	*v = (struct json){.type = type, .parent = p->open, .next = JSON_NONE, .first = JSON_NONE, .last = JSON_NONE};
	v->end = yajl_get_bytes_consumed(p->yajl);
	v->start = v->end - token_len;
	v->key_at = p->key_at;
	v->key_len = p->key_len;
	v->text_at = SIZE_MAX;
	p->key_at = SIZE_MAX;
	doc->count++;
	if (p->open != JSON_NONE) {
		struct json *parent = &doc->v[p->open];

		if (parent->last != JSON_NONE)
			doc->v[parent->last].next = i;
		else
			parent->first = i;
		parent->last = i;
		parent->count++;
	}
	if (ret)
		*ret = v;
	return 1;
}

static int on_null(void *arg)
{
	return add_value(arg, JSON_NULL, 4, NULL);
}

static int on_boolean(void *arg, int value)
{
	return add_value(arg, value ? JSON_TRUE : JSON_FALSE, value ? 4 : 5, NULL);
}

static int add_text(struct parser *p, enum json_type type, const unsigned char *s, size_t len, size_t token_len)
{
	struct json *v = NULL;

	if (!add_value(p, type, token_len, &v))
		return 0;
	v->text_at = keep_string(p->doc, s, len);
	v->text_len = len;
	return p->doc->strings.failed ? stop(p, -ENOMEM, JSON_NONE, "out of memory") : 1;
}

static int on_number(void *arg, const char *s, size_t len)
{
	return add_text(arg, JSON_NUMBER, (const unsigned char *)s, len, len);
}

static int on_string(void *arg, const unsigned char *s, size_t len)
{
	/* yajl does not say how long the token was; json_parse() finds its start in the text. */
	return add_text(arg, JSON_STRING, s, len, 0);
}

static int on_key(void *arg, const unsigned char *s, size_t len)
{
	struct parser *p = arg;

	p->key_at = keep_string(p->doc, s, len);
	p->key_len = len;
	return p->doc->strings.failed ? stop(p, -ENOMEM, JSON_NONE, "out of memory") : 1;
}

static int on_open(struct parser *p, enum json_type type)
{
	if (!add_value(p, type, 1, NULL))
		return 0;
	p->open = p->doc->count - 1;
	if (++p->depth > JSON_DEPTH_MAX)
		return stop(p, -E2BIG, p->open, "nested too deep");
	return 1;
}

static int on_close(void *arg)
{
	struct parser *p = arg;
	struct json *v = &p->doc->v[p->open];

	v->end = yajl_get_bytes_consumed(p->yajl);
	p->open = v->parent;
	p->depth--;
	return 1;
}

static int on_map(void *arg)
{
	return on_open(arg, JSON_OBJECT);
}

static int on_array(void *arg)
{
	return on_open(arg, JSON_ARRAY);
}

static const yajl_callbacks callbacks = {
	.yajl_null = on_null,
	.yajl_boolean = on_boolean,
	.yajl_number = on_number,
	.yajl_string = on_string,
	.yajl_start_map = on_map,
	.yajl_map_key = on_key,
	.yajl_end_map = on_close,
	.yajl_start_array = on_array,
	.yajl_end_array = on_close,
};

/* A string's opening quote, given the offset after its closing one: the nearest earlier quote that is not escaped. */
static size_t string_start(const char *text, size_t end)
{
	size_t i = end - 1; /* the closing quote */

	for (;;) {
		size_t slashes = 0;

		while (text[--i] != '"')
			;
		while (i > slashes && text[i - 1 - slashes] == '\\')
			slashes++;
		if (slashes % 2 == 0)
			return i;
	}
}

/* Turns offsets into pointers, now that nothing moves any more. */
static void settle(struct json_doc *doc, const char *text)
{
	for (uint32_t i = 0; i < doc->count; i++) {
		struct json *v = &doc->v[i];

		v->doc = doc;
		if (v->key_at != SIZE_MAX)
			v->key = doc->strings.data + v->key_at;
		if (v->text_at != SIZE_MAX)
			v->text = doc->strings.data + v->text_at;
		if (v->type == JSON_STRING)
			v->start = string_start(text, v->end);
	}
}

static int index_lines(struct json_doc *doc, const char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += text[i] == '\n';
	doc->lines = malloc((n + 1) * sizeof(*doc->lines));
	if (!doc->lines)
		return -ENOMEM;
	for (size_t i = 0; i < len; i++)
		if (text[i] == '\n')
			doc->lines[doc->line_count++] = i;
	return 0;
}

static int key_order(const void *a, const void *b)
{
	const struct json *x = *(const struct json *const *)a, *y = *(const struct json *const *)b;
	size_t n = x->key_len < y->key_len ? x->key_len : y->key_len;
	int c = memcmp(x->key, y->key, n);

	if (c)
		return c;
	if (x->key_len != y->key_len)
		return x->key_len < y->key_len ? -1 : 1;
	return x->start < y->start ? -1 : 1;
}

static int refuse_duplicates(const struct json_doc *doc, const struct json *obj, struct err *err)
{
	cleanup_free const struct json **members = NULL;
	size_t n = 0;

	if (obj->count < 2)
		return 0;
	members = malloc(obj->count * sizeof(const struct json *));
	if (!members)
		return err_set(err, ENOMEM, "%s: out of memory", doc->name);
	for (const struct json *m = json_first(obj); m; m = json_next(m))
		members[n++] = m;
	qsort(members, n, sizeof(const struct json *), key_order);
	for (size_t i = 1; i < n; i++)
		if (members[i]->key_len == members[i - 1]->key_len &&
		    memcmp(members[i]->key, members[i - 1]->key, members[i]->key_len) == 0)
			return json_err(doc, members[i], err, "appears twice");
	return 0;
}

/* The message for a failed parse, with the place as far as it is known. */
static int parse_error(struct parser *p, const char *text, size_t len, bool at_end, struct err *err)
{
	struct json_doc *doc = p->doc;
	size_t where = at_end ? len : yajl_get_bytes_consumed(p->yajl);
	unsigned char *why;
	char *end;

	/* The last line that is not blank. */
	while (at_end && where && strchr(" \t\r\n", text[where - 1]))
		where--;
	settle(doc, text);
	if (index_lines(doc, text, len) < 0)
		return err_set(err, ENOMEM, "%s: out of memory", doc->name);
	if (p->code == -ENOMEM)
		return err_set(err, ENOMEM, "%s: out of memory", doc->name);
	if (p->code) {
		json_err(doc, json_at(doc, p->bad), err, "%s (at most %d levels)", p->bad_what, JSON_DEPTH_MAX);
		return err ? (err->code = p->code) : p->code;
	}
	why = yajl_get_error(p->yajl, 0, NULL, 0);
	end = why ? strchr((char *)why, '\n') : NULL;
	if (end)
		*end = '\0';
	err_set(err, EINVAL, "%s: line %zu: not JSON (%s)", doc->name, json_line_of(doc, where),
		why ? (const char *)why : "unexpected end");
	if (why)
		yajl_free_error(p->yajl, why);
	return -EINVAL;
}

/* yajl reports a number at the very end of the text only now, and counts its place from a byte that it adds. */
static yajl_status complete(struct parser *p, size_t len)
{
	bool before = p->doc->count;
	yajl_status st = yajl_complete_parse(p->yajl);

	if (!before && p->doc->count) {
		p->doc->v[0].start = len - p->doc->v[0].text_len;
		p->doc->v[0].end = len;
	}
	return st;
}

static int run_parser(struct parser *p, const char *text, size_t len, struct err *err)
{
	yajl_status st;
	bool at_end = false;

	yajl_config(p->yajl, yajl_allow_comments, 0);
	if (p->flags & JSON_FOREIGN) {
		yajl_config(p->yajl, yajl_dont_validate_strings, 1);
		yajl_config(p->yajl, yajl_allow_trailing_garbage, 1);
	}
	st = yajl_parse(p->yajl, (const unsigned char *)text, len);
	/* Once the value is complete, bytes after it do not matter: a Go decoder stops there too. */
	if ((p->flags & JSON_FOREIGN) && p->doc->count && p->open == JSON_NONE && !p->code)
		st = yajl_status_ok;
	else if (st == yajl_status_ok) {
		st = complete(p, len);
		at_end = true;
	}
	if (st != yajl_status_ok)
		return parse_error(p, text, len, at_end, err);
	if (p->doc->count == 0)
		return err_set(err, EINVAL, "%s: empty, expected JSON", p->doc->name);
	return 0;
}

static int build(struct parser *p, const char *text, size_t len, struct err *err)
{
	struct json_doc *doc = p->doc;
	int r = run_parser(p, text, len, err);

	if (r < 0)
		return r;
	settle(doc, text);
	if (index_lines(doc, text, len) < 0)
		return err_set(err, ENOMEM, "%s: out of memory", doc->name);
	if (p->flags & JSON_FOREIGN)
		return 0;
	for (uint32_t i = 0; i < doc->count; i++) {
		r = doc->v[i].type == JSON_OBJECT ? refuse_duplicates(doc, &doc->v[i], err) : 0;
		if (r < 0)
			return r;
	}
	return 0;
}

int json_parse(const char *text, size_t len, unsigned flags, const char *name, struct json_doc **ret, struct err *err)
{
	cleanup_json struct json_doc *doc = calloc(1, sizeof(*doc));
	struct parser p = {.doc = doc, .flags = flags, .open = JSON_NONE, .key_at = SIZE_MAX, .bad = JSON_NONE};
	int r;

	if (!doc || !(doc->name = strdup(name)) || !make_room(doc, len))
		return err_set(err, ENOMEM, "%s: out of memory", name);
	p.yajl = yajl_alloc(&callbacks, NULL, &p);
	if (!p.yajl)
		return err_set(err, ENOMEM, "%s: out of memory", name);
	r = build(&p, text, len, err);
	yajl_free(p.yajl);
	if (r == 0)
		*ret = steal_ptr(&doc);
	return r;
}

void json_free(struct json_doc *doc)
{
	if (!doc)
		return;
	free(doc->v);
	free(doc->name);
	free(doc->lines);
	buf_done(&doc->strings);
	free(doc);
}

void json_parser_version(char ret[JSON_PARSER_VERSION_MAX])
{
	int v = yajl_version();

	snprintf(ret, JSON_PARSER_VERSION_MAX, "%d.%d.%d", v / 10000, v / 100 % 100, v % 100);
}
