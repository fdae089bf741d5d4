#include "yaml/json.h"

#include "base/json/json.h"
#include "base/text.h"
#include "yaml/scalar.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define VALUES_MAX  (1u << 20) /* values written, including those of aliases */
#define COMPARE_MAX (1u << 24) /* key comparisons when merging mappings */

struct writer {
	struct buf *out;
	size_t from, line;
	size_t values, compared;
	unsigned depth;
	struct err *err;
};

static int write_node(struct writer *w, const struct yaml_node *n);

static int too_big(const struct writer *w, const struct yaml_node *n, const char *what)
{
	return err_set(w->err, E2BIG, "%s: line %zu: %s", yaml_doc_name(n->doc), n->line, what);
}

/* The target of an alias or a merge may be further up: line numbers only grow. */
static void go_to_line(struct writer *w, size_t line)
{
	for (; w->line < line; w->line++)
		buf_addc(w->out, '\n');
}

static void write_string(struct writer *w, const char *s, size_t len)
{
	struct json_writer json;

	json_write_begin(&json, w->out, false);
	json_write_stringn(&json, NULL, s, len);
}

static int write_scalar(struct writer *w, const struct yaml_node *n)
{
	enum yaml_type type = YAML_TYPE_STRING;
	cleanup_buf struct buf number = {0};
	int r = yaml_resolve(n, &type, &number, w->err);

	if (r < 0)
		return r;
	switch (type) {
	case YAML_TYPE_NULL:
		buf_adds(w->out, "null");
		break;
	case YAML_TYPE_TRUE:
	case YAML_TYPE_FALSE:
		buf_adds(w->out, type == YAML_TYPE_TRUE ? "true" : "false");
		break;
	case YAML_TYPE_INTEGER:
	case YAML_TYPE_FLOAT:
		buf_add(w->out, number.data, number.len);
		break;
	default:
		write_string(w, n->text, n->len);
		break;
	}
	return 0;
}

/* A key's text: numbers and booleans become strings. */
static int key_text(const struct writer *w, const struct yaml_node *key, struct buf *ret, enum yaml_type *ret_type)
{
	const struct yaml_node *n = yaml_target(key);
	int r;

	if (n->kind != YAML_KIND_SCALAR)
		return yaml_err(key, w->err, "a key must be a word, not a mapping or a list");
	r = yaml_resolve(n, ret_type, ret, w->err);
	if (r < 0 || *ret_type == YAML_TYPE_INTEGER)
		return r;
	buf_clear(ret);
	if (*ret_type == YAML_TYPE_NULL || *ret_type == YAML_TYPE_FLOAT)
		return yaml_err(key, w->err, "a key must be a word; quote it");
	if (*ret_type == YAML_TYPE_TRUE || *ret_type == YAML_TYPE_FALSE)
		buf_adds(ret, *ret_type == YAML_TYPE_TRUE ? "true" : "false");
	else
		buf_add(ret, n->text, n->len);
	return 0;
}

/* The members of a mapping after its merges. */
struct members {
	struct member {
		const struct yaml_node *key, *value;
		bool merged;
	} *at;
	size_t count, cap;
};

static void members_done(struct members *m)
{
	free(m->at);
}

static int add_member(struct writer *w, struct members *m, const struct member *new)
{
	if (m->count == m->cap) {
		size_t cap = m->cap ? m->cap * 2 : 16;
		struct member *all = reallocarray(m->at, cap, sizeof(*all));

		if (!all)
			return err_set(w->err, ENOMEM, "out of memory");
		m->at = all;
		m->cap = cap;
	}
	m->at[m->count++] = *new;
	return 0;
}

/* Finds the member of that key; NULL if there is none. */
static int find_member(struct writer *w, const struct members *m, const struct yaml_node *key, const struct member **ret)
{
	const struct yaml_node *n = yaml_target(key);

	*ret = NULL;
	w->compared += m->count + 1;
	if (w->compared > COMPARE_MAX)
		return too_big(w, key, "mappings are merged too often");
	for (size_t i = 0; i < m->count; i++) {
		const struct yaml_node *other = yaml_target(m->at[i].key);

		if (other->kind == YAML_KIND_SCALAR && n->kind == YAML_KIND_SCALAR && other->len == n->len &&
		    memcmp(other->text, n->text, n->len) == 0)
			*ret = &m->at[i];
	}
	return 0;
}

static bool is_merge(const struct yaml_node *key)
{
	return key->kind == YAML_KIND_SCALAR && key->style == YAML_STYLE_PLAIN && key->len == 2 && memcmp(key->text, "<<", 2) == 0 &&
	       (!key->tag || text_streq(key->tag, "tag:yaml.org,2002:merge"));
}

static int collect(struct writer *w, const struct yaml_node *mapping, unsigned depth, struct members *m);

/* Of several, the earlier wins; the mapping's own members win over all. */
static int merge_mapping(struct writer *w, const struct yaml_node *value, unsigned depth, struct members *m)
{
	cleanup_with(members_done) struct members from = {0};
	const struct yaml_node *mapping = yaml_target(value);
	int r;

	if (mapping->kind != YAML_KIND_MAPPING)
		return yaml_err(value, w->err, "only mappings can be merged");
	if (depth == YAML_DEPTH_MAX)
		return too_big(w, value, "nested deeper than 64");
	r = collect(w, mapping, depth + 1, &from);
	for (size_t i = 0; r == 0 && i < from.count; i++) {
		const struct member *there = NULL;

		r = find_member(w, m, from.at[i].key, &there);
		from.at[i].merged = true;
		/* In kubectl a merged member wins over one above the merge key; by the YAML specification it never does. */
		if (r == 0 && there && !there->merged)
			r = yaml_err(there->key, w->err, "readers differ in whether this or the merge below it counts; put the merge key first");
		else if (r == 0 && !there)
			r = add_member(w, m, &from.at[i]);
	}
	return r;
}

static int merge(struct writer *w, const struct yaml_node *value, unsigned depth, struct members *m)
{
	const struct yaml_node *list = yaml_target(value);
	int r = 0;

	if (list->kind != YAML_KIND_SEQUENCE)
		return merge_mapping(w, value, depth, m);
	for (const struct yaml_node *e = yaml_first(list); r == 0 && e; e = yaml_sibling(e))
		r = merge_mapping(w, e, depth, m);
	return r;
}

static int collect(struct writer *w, const struct yaml_node *mapping, unsigned depth, struct members *m)
{
	bool merges = false;
	int r = 0;

	for (const struct yaml_node *k = yaml_first(mapping); r == 0 && k; k = yaml_sibling(yaml_sibling(k))) {
		struct member own = {k, yaml_sibling(k), false};
		const struct member *there = NULL;

		if (is_merge(k)) {
			merges = true;
			r = merge(w, own.value, depth, m);
			continue;
		}
		/* Without a merge key, duplicates are left to the JSON reader, which refuses them. */
		if (merges)
			r = find_member(w, m, k, &there);
		if (r == 0 && there && there->merged)
			m->at[there - m->at] = own;
		else if (r == 0)
			r = add_member(w, m, &own);
	}
	return r;
}

static int write_mapping(struct writer *w, const struct yaml_node *n)
{
	cleanup_with(members_done) struct members m = {0};
	int r = collect(w, n, w->depth, &m);

	buf_addc(w->out, '{');
	for (size_t i = 0; r == 0 && i < m.count; i++) {
		cleanup_buf struct buf key = {0};
		enum yaml_type type = YAML_TYPE_STRING;

		buf_adds(w->out, i ? "," : "");
		go_to_line(w, m.at[i].key->line);
		r = key_text(w, m.at[i].key, &key, &type);
		if (r < 0)
			return r;
		write_string(w, key.data ? key.data : "", key.len);
		buf_addc(w->out, ':');
		r = write_node(w, m.at[i].value);
	}
	buf_addc(w->out, '}');
	return r;
}

static int write_sequence(struct writer *w, const struct yaml_node *n)
{
	int r = 0;

	buf_addc(w->out, '[');
	for (const struct yaml_node *e = yaml_first(n); r == 0 && e; e = yaml_sibling(e)) {
		if (e != yaml_first(n))
			buf_addc(w->out, ',');
		r = write_node(w, e);
	}
	buf_addc(w->out, ']');
	return r;
}

static int write_node(struct writer *w, const struct yaml_node *n)
{
	const struct yaml_node *to = yaml_target(n);
	int r;

	if (++w->values > VALUES_MAX || w->out->len - w->from > YAML_JSON_MAX)
		return too_big(w, n, "too large once its aliases are expanded");
	if (w->depth == YAML_DEPTH_MAX)
		return too_big(w, n, "nested deeper than 64");
	go_to_line(w, n->line);
	if (to->kind == YAML_KIND_SCALAR)
		return write_scalar(w, to);
	w->depth++;
	r = to->kind == YAML_KIND_MAPPING ? write_mapping(w, to) : write_sequence(w, to);
	w->depth--;
	return r;
}

int yaml_write_json(const struct yaml_doc *doc, struct buf *out, struct err *err)
{
	struct writer w = {.out = out, .from = out->len, .line = 1, .err = err};
	int r = write_node(&w, yaml_root(doc));

	return r == 0 && buf_failed(out) ? err_set(err, ENOMEM, "out of memory") : r;
}
