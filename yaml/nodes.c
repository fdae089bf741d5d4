#include "yaml/nodes.h"

#include "base/buf.h"
#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#define NONE UINT32_MAX

struct yaml {
	yaml_parser_t parser;
	yaml_event_t ahead; /* read but not yet used */
	bool has_ahead;
	const char *name;
};

struct anchor {
	size_t name_at;
	uint32_t node;
};

struct yaml_doc {
	struct yaml_node *nodes;
	uint32_t count, cap;
	struct buf strings;
	char *name;
};

/* A document being read. */
struct builder {
	struct yaml *y;
	struct yaml_doc *doc;
	struct anchor *anchors;
	size_t anchor_count, anchor_cap;
	uint32_t open[YAML_DEPTH_MAX];
	unsigned depth;
	struct err *err;
};

static int no_memory(struct err *err)
{
	return err_set(err, ENOMEM, "out of memory");
}

int yaml_open(const char *text, size_t len, const char *name, struct yaml **ret, struct err *err)
{
	struct yaml *y = calloc(1, sizeof(*y));

	if (!y || !yaml_parser_initialize(&y->parser)) {
		free(y);
		return no_memory(err);
	}
	yaml_parser_set_input_string(&y->parser, (const unsigned char *)text, len);
	y->name = name;
	*ret = y;
	return 0;
}

void yaml_close(struct yaml *y)
{
	if (!y)
		return;
	if (y->has_ahead)
		yaml_event_delete(&y->ahead);
	yaml_parser_delete(&y->parser);
	free(y);
}

/* libyaml's message, with its line. */
static int parser_error(const struct yaml *y, struct err *err)
{
	const yaml_parser_t *p = &y->parser;
	size_t line = p->problem_mark.line + 1;

	if (p->error == YAML_MEMORY_ERROR)
		return no_memory(err);
	/* The byte reader reports no line. */
	if (p->error == YAML_READER_ERROR)
		line = p->mark.line + 1;
	return err_set(err, EINVAL, "%s: line %zu: not YAML (%s%s%s)", y->name, line, p->problem ? p->problem : "unreadable",
		       p->context ? " " : "", p->context ? p->context : "");
}

/* Reads the next event into y->ahead. */
static int look_ahead(struct yaml *y, struct err *err)
{
	if (y->has_ahead)
		return 0;
	if (!yaml_parser_parse(&y->parser, &y->ahead))
		return parser_error(y, err);
	y->has_ahead = true;
	return 0;
}

static void drop(struct yaml *y)
{
	yaml_event_delete(&y->ahead);
	y->has_ahead = false;
}

static size_t keep(struct yaml_doc *doc, const void *s, size_t len)
{
	size_t at = doc->strings.len;

	buf_add(&doc->strings, s, len);
	buf_add(&doc->strings, "", 1);
	return at;
}

static enum yaml_style style_of(const yaml_event_t *e)
{
	if (e->type == YAML_SEQUENCE_START_EVENT)
		return e->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE ? YAML_STYLE_FLOW : YAML_STYLE_BLOCK;
	if (e->type == YAML_MAPPING_START_EVENT)
		return e->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE ? YAML_STYLE_FLOW : YAML_STYLE_BLOCK;
	if (e->type != YAML_SCALAR_EVENT)
		return YAML_STYLE_PLAIN;
	switch (e->data.scalar.style) {
	case YAML_SINGLE_QUOTED_SCALAR_STYLE:
		return YAML_STYLE_SINGLE;
	case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
		return YAML_STYLE_DOUBLE;
	case YAML_LITERAL_SCALAR_STYLE:
		return YAML_STYLE_LITERAL;
	case YAML_FOLDED_SCALAR_STYLE:
		return YAML_STYLE_FOLDED;
	default:
		return YAML_STYLE_PLAIN;
	}
}

static int put_node(struct builder *b, enum yaml_kind kind, uint32_t *ret)
{
	const yaml_event_t *e = &b->y->ahead;
	struct yaml_doc *doc = b->doc;
	struct yaml_node *n, *parent;

	if (doc->count == YAML_NODES_MAX)
		return err_set(b->err, E2BIG, "%s: line %zu: the document has more than %u values", b->y->name, e->start_mark.line + 1,
			       YAML_NODES_MAX);
	if (doc->count == doc->cap) {
		uint32_t cap = doc->cap ? doc->cap * 2 : 64;

		n = reallocarray(doc->nodes, cap, sizeof(*n));
		if (!n)
			return no_memory(b->err);
		doc->nodes = n;
		doc->cap = cap;
	}
	*ret = doc->count++;
	n = &doc->nodes[*ret];
	*n = (struct yaml_node){.kind = kind, .style = style_of(e), .line = e->start_mark.line + 1, .start = e->start_mark.index,
				.end = e->end_mark.index, .first = NONE, .next = NONE, .last = NONE, .target = NONE,
				.text_at = SIZE_MAX, .tag_at = SIZE_MAX};
	if (!b->depth)
		return 0;
	parent = &doc->nodes[b->open[b->depth - 1]];
	if (parent->last == NONE)
		parent->first = *ret;
	else
		doc->nodes[parent->last].next = *ret;
	parent->last = *ret;
	parent->count++;
	return 0;
}

/* A redefined anchor means the later node from there on. */
static int put_anchor(struct builder *b, const unsigned char *name, uint32_t node)
{
	if (!name)
		return 0;
	b->doc->nodes[node].anchored = true;
	if (b->anchor_count == b->anchor_cap) {
		size_t cap = b->anchor_cap ? b->anchor_cap * 2 : 8;
		struct anchor *all = reallocarray(b->anchors, cap, sizeof(*all));

		if (!all)
			return no_memory(b->err);
		b->anchors = all;
		b->anchor_cap = cap;
	}
	b->anchors[b->anchor_count++] = (struct anchor){keep(b->doc, name, strlen((const char *)name)), node};
	return buf_failed(&b->doc->strings) ? no_memory(b->err) : 0;
}

static int bad(const struct builder *b, const char *what)
{
	return err_set(b->err, EINVAL, "%s: line %zu: %s", b->y->name, b->y->ahead.start_mark.line + 1, what);
}

static bool is_open(const struct builder *b, uint32_t node)
{
	for (unsigned i = 0; i < b->depth; i++)
		if (b->open[i] == node)
			return true;
	return false;
}

#define ANCHORS_MAX 1024 /* every alias is searched among them */

static int put_alias(struct builder *b)
{
	const char *name = (const char *)b->y->ahead.data.alias.anchor;
	uint32_t node = NONE;
	int r = put_node(b, YAML_KIND_ALIAS, &node);

	if (r < 0)
		return r;
	if (b->anchor_count > ANCHORS_MAX)
		return err_set(b->err, E2BIG, "%s: line %zu: aliases, and more than %d anchors", b->y->name,
			       b->y->ahead.start_mark.line + 1, ANCHORS_MAX);
	for (size_t i = b->anchor_count; i-- > 0;)
		if (text_streq(b->doc->strings.data + b->anchors[i].name_at, name)) {
			if (is_open(b, b->anchors[i].node))
				return bad(b, "an alias refers to itself");
			b->doc->nodes[node].target = b->anchors[i].node;
			return 0;
		}
	return bad(b, "an alias without an anchor");
}

static int put_scalar(struct builder *b)
{
	const yaml_event_t *e = &b->y->ahead;
	struct yaml_node *n;
	uint32_t node = NONE;
	int r = put_node(b, YAML_KIND_SCALAR, &node);

	if (r == 0)
		r = put_anchor(b, e->data.scalar.anchor, node);
	if (r < 0)
		return r;
	n = &b->doc->nodes[node];
	n->text_at = keep(b->doc, e->data.scalar.value, e->data.scalar.length);
	n->len = e->data.scalar.length;
	if (e->data.scalar.tag)
		n->tag_at = keep(b->doc, e->data.scalar.tag, strlen((const char *)e->data.scalar.tag));
	return buf_failed(&b->doc->strings) ? no_memory(b->err) : 0;
}

static int open_node(struct builder *b, enum yaml_kind kind, const unsigned char *anchor)
{
	uint32_t node = NONE;
	int r;

	if (b->depth == YAML_DEPTH_MAX)
		return err_set(b->err, E2BIG, "%s: line %zu: nested deeper than %d", b->y->name, b->y->ahead.start_mark.line + 1,
			       YAML_DEPTH_MAX);
	r = put_node(b, kind, &node);
	if (r == 0)
		r = put_anchor(b, anchor, node);
	b->open[b->depth++] = node;
	return r;
}

static int take_event(struct builder *b)
{
	const yaml_event_t *e = &b->y->ahead;

	switch (e->type) {
	case YAML_ALIAS_EVENT:
		return put_alias(b);
	case YAML_SCALAR_EVENT:
		return put_scalar(b);
	case YAML_SEQUENCE_START_EVENT:
		return open_node(b, YAML_KIND_SEQUENCE, e->data.sequence_start.anchor);
	case YAML_MAPPING_START_EVENT:
		return open_node(b, YAML_KIND_MAPPING, e->data.mapping_start.anchor);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		b->doc->nodes[b->open[--b->depth]].end = e->end_mark.index;
		return 0;
	default:
		return 0;
	}
}

static int build(struct builder *b)
{
	int r = 0;

	for (bool end = false; r == 0 && !end;) {
		r = look_ahead(b->y, b->err);
		if (r < 0)
			return r;
		end = b->y->ahead.type == YAML_DOCUMENT_END_EVENT;
		r = take_event(b);
		drop(b->y);
	}
	return r;
}

/* Turns offsets into pointers, now that nothing moves any more. */
static void settle(struct yaml_doc *doc)
{
	for (uint32_t i = 0; i < doc->count; i++) {
		struct yaml_node *n = &doc->nodes[i];

		n->doc = doc;
		n->text = n->text_at == SIZE_MAX ? NULL : doc->strings.data + n->text_at;
		n->tag = n->tag_at == SIZE_MAX ? NULL : doc->strings.data + n->tag_at;
	}
}

int yaml_next(struct yaml *y, struct yaml_doc **ret, struct err *err)
{
	cleanup_yaml_doc struct yaml_doc *doc = NULL;
	struct builder b = {.y = y, .err = err};
	int r = look_ahead(y, err);

	if (r == 0 && y->ahead.type == YAML_STREAM_START_EVENT) {
		drop(y);
		r = look_ahead(y, err);
	}
	if (r < 0)
		return r;
	if (y->ahead.type != YAML_DOCUMENT_START_EVENT)
		return 0;
	b.doc = doc = calloc(1, sizeof(*doc));
	if (!doc || !(doc->name = strdup(y->name)))
		return no_memory(err);
	drop(y);
	r = build(&b);
	free(b.anchors);
	if (r < 0)
		return r;
	settle(doc);
	/* An error in what follows is reported by the next call. */
	(void)look_ahead(y, NULL);
	*ret = steal_ptr(&doc);
	return 1;
}

bool yaml_more(const struct yaml *y)
{
	return !y->has_ahead || y->ahead.type != YAML_STREAM_END_EVENT;
}

void yaml_doc_free(struct yaml_doc *doc)
{
	if (!doc)
		return;
	free(doc->nodes);
	free(doc->name);
	buf_done(&doc->strings);
	free(doc);
}

const char *yaml_doc_name(const struct yaml_doc *doc)
{
	return doc->name;
}

static const struct yaml_node *node_at(const struct yaml_doc *doc, uint32_t i)
{
	return i == NONE ? NULL : &doc->nodes[i];
}

const struct yaml_node *yaml_root(const struct yaml_doc *doc)
{
	return &doc->nodes[0];
}

const struct yaml_node *yaml_first(const struct yaml_node *n)
{
	return n ? node_at(n->doc, n->first) : NULL;
}

const struct yaml_node *yaml_sibling(const struct yaml_node *n)
{
	return n ? node_at(n->doc, n->next) : NULL;
}

const struct yaml_node *yaml_target(const struct yaml_node *n)
{
	while (n && n->kind == YAML_KIND_ALIAS)
		n = node_at(n->doc, n->target);
	return n;
}

const struct yaml_node *yaml_get(const struct yaml_node *mapping, const char *key)
{
	const struct yaml_node *found = NULL;

	if (!mapping || mapping->kind != YAML_KIND_MAPPING)
		return NULL;
	for (const struct yaml_node *k = yaml_first(mapping); k; k = yaml_sibling(yaml_sibling(k)))
		if (k->kind == YAML_KIND_SCALAR && k->len == strlen(key) && memcmp(k->text, key, k->len) == 0)
			found = yaml_sibling(k);
	return found;
}

bool yaml_is_nothing(const struct yaml_node *n)
{
	return n->kind == YAML_KIND_SCALAR && n->style == YAML_STYLE_PLAIN && n->len == 0 && !n->tag;
}

int yaml_err(const struct yaml_node *n, struct err *err, const char *what)
{
	return err_set(err, EINVAL, "%s: line %zu: %s", n->doc->name, n->line, what);
}

/* libyaml counts characters, not bytes, and no byte order mark. */
size_t yaml_byte_offset(const char *text, size_t len, size_t character)
{
	size_t at = len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

	for (; character && at < len; character--)
		for (at++; at < len && ((unsigned char)text[at] & 0xc0) == 0x80; at++)
			;
	return at;
}

const char *yaml_parser_version(void)
{
	return yaml_get_version_string();
}
