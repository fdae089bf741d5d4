#include "base/json/json.h"

#include <assert.h>
#include <string.h>

void json_write_begin(struct json_writer *w, struct buf *out, bool indent)
{
	*w = (struct json_writer){.out = out, .first = true, .indent = indent};
}

static void quote(struct buf *b, const char *s, size_t len)
{
	buf_addc(b, '"');
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c == '"' || c == '\\')
			buf_addc(b, '\\');
		if (c < 0x20 || c == 0x7f)
			buf_addf(b, "\\u%04x", c);
		else
			buf_addc(b, (char)c);
	}
	buf_addc(b, '"');
}

static bool on_own_lines(const struct json_writer *w)
{
	return w->indent && !w->flat;
}

static void new_line(struct json_writer *w)
{
	buf_addc(w->out, '\n');
	for (unsigned i = 0; i < w->depth; i++)
		buf_adds(w->out, "  ");
}

/* What comes before a value: comma, newline, key. */
static void lead(struct json_writer *w, const char *key)
{
	if (!w->first)
		buf_adds(w->out, on_own_lines(w) || !w->indent ? "," : ", ");
	if (w->depth && on_own_lines(w))
		new_line(w);
	w->first = false;
	if (key) {
		quote(w->out, key, strlen(key));
		buf_adds(w->out, w->indent ? ": " : ":");
	}
}

static void open_container(struct json_writer *w, const char *key, char bracket, bool flat)
{
	lead(w, key);
	buf_addc(w->out, bracket);
	w->depth++;
	w->first = true;
	if (flat && !w->flat)
		w->flat = w->depth;
}

static void close_container(struct json_writer *w, char bracket)
{
	assert(w->depth > 0);
	bool own = on_own_lines(w);

	if (w->flat == w->depth)
		w->flat = 0;
	w->depth--;
	if (own && !w->first)
		new_line(w);
	buf_addc(w->out, bracket);
	w->first = false;
}

void json_write_object(struct json_writer *w, const char *key)
{
	open_container(w, key, '{', false);
}

void json_write_array(struct json_writer *w, const char *key)
{
	open_container(w, key, '[', false);
}

void json_write_object_flat(struct json_writer *w, const char *key)
{
	open_container(w, key, '{', true);
}

void json_write_array_flat(struct json_writer *w, const char *key)
{
	open_container(w, key, '[', true);
}

void json_write_end_object(struct json_writer *w)
{
	close_container(w, '}');
}

void json_write_end_array(struct json_writer *w)
{
	close_container(w, ']');
}

void json_write_string(struct json_writer *w, const char *key, const char *s)
{
	json_write_stringn(w, key, s, strlen(s));
}

void json_write_stringn(struct json_writer *w, const char *key, const char *s, size_t len)
{
	lead(w, key);
	quote(w->out, s, len);
}

void json_write_u64(struct json_writer *w, const char *key, uint64_t v)
{
	lead(w, key);
	buf_addu(w->out, v);
}

void json_write_bool(struct json_writer *w, const char *key, bool v)
{
	lead(w, key);
	buf_adds(w->out, v ? "true" : "false");
}

void json_write_null(struct json_writer *w, const char *key)
{
	lead(w, key);
	buf_adds(w->out, "null");
}

void json_write_raw(struct json_writer *w, const char *key, const char *json, size_t len)
{
	lead(w, key);
	buf_add(w->out, json, len);
}
