#include "shim/cli/setup/setup.h"

#include "base/json/json.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

/* The input: the user's text, and our object that goes into one of its members. */
struct merge {
	const char *text;
	const struct json_doc *doc, *ours_doc;
	const struct json *root;
	const struct json *ours; /* {"runtimes": {...}}: exactly one member */
	const char *ours_text;
	bool put;
};

static void write_raw(struct json_writer *w, const char *text, const struct json *v)
{
	json_write_raw(w, json_key(v), text + json_start(v), json_end(v) - json_start(v));
}

/* Writes the member's other members, then ours. */
static void write_member(struct json_writer *w, const struct merge *m, const struct json *theirs)
{
	bool kept = false;

	for (const struct json *v = json_first(theirs); v; v = json_next(v))
		kept |= !json_get(m->ours, json_key(v));
	if (!kept && !m->put)
		return;
	json_write_object(w, json_key(m->ours));
	for (const struct json *v = json_first(theirs); v; v = json_next(v))
		if (!json_get(m->ours, json_key(v)))
			write_raw(w, m->text, v);
	for (const struct json *v = m->put ? json_first(m->ours) : NULL; v; v = json_next(v))
		write_raw(w, m->ours_text, v);
	json_write_end_object(w);
}

static void write_root(const struct merge *m, struct buf *out)
{
	bool written = false;
	struct json_writer w;

	json_write_begin(&w, out, true);
	json_write_object(&w, NULL);
	for (const struct json *v = json_first(m->root); v; v = json_next(v)) {
		if (text_streq(json_key(v), json_key(m->ours))) {
			write_member(&w, m, v);
			written = true;
		} else {
			write_raw(&w, m->text, v);
		}
	}
	if (!written && m->put)
		write_member(&w, m, NULL);
	json_write_end_object(&w);
	buf_addc(out, '\n');
}

/* True if the user's file has all our members unchanged. */
static bool holds_ours(const struct merge *m)
{
	const struct json *theirs = json_get(m->root, json_key(m->ours));

	for (const struct json *v = json_first(m->ours); v; v = json_next(v)) {
		const struct json *t = json_get(theirs, json_key(v));

		if (json_type(t) != JSON_OBJECT || json_count(t) != json_count(v) ||
		    !text_streq(json_text(json_get(t, "path")), json_text(json_get(v, "path"))))
			return false;
	}
	return true;
}

static bool holds_any(const struct merge *m)
{
	const struct json *theirs = json_get(m->root, json_key(m->ours));

	for (const struct json *v = json_first(m->ours); v; v = json_next(v))
		if (json_get(theirs, json_key(v)))
			return true;
	return false;
}

static int merge(const char *text, const char *members, const char *name, bool put, struct buf *out, struct err *err)
{
	cleanup_json struct json_doc *doc = NULL;
	cleanup_json struct json_doc *ours = NULL;
	struct merge m = {.ours_text = members, .put = put};
	int r;

	m.text = text[strspn(text, " \t\r\n")] ? text : "{}";
	r = json_parse(m.text, strlen(m.text), JSON_OURS, name, &doc, err);
	if (r == 0)
		r = json_parse(members, strlen(members), JSON_OURS, "template", &ours, err);
	if (r < 0)
		return r;
	m.doc = doc;
	m.root = json_root(doc);
	m.ours = json_first(json_root(ours));
	if (json_type(m.root) != JSON_OBJECT)
		return json_err(doc, m.root, err, "expected an object");

	const struct json *theirs = json_get(m.root, json_key(m.ours));

	if (theirs && json_type(theirs) != JSON_OBJECT)
		return json_err(doc, theirs, err, "expected an object");
	if (put ? holds_ours(&m) : !holds_any(&m))
		buf_adds(out, text);
	else
		write_root(&m, out);
	return 0;
}

int setup_json_put(const char *text, const char *members, const char *name, struct buf *out, struct err *err)
{
	return merge(text, members, name, true, out, err);
}

int setup_json_take(const char *text, const char *members, const char *name, struct buf *out, struct err *err)
{
	return merge(text, members, name, false, out, err);
}
