/* A YAML text as one tree per document: libyaml's events, with the place of every node. Only nodes.c includes libyaml.
 *
 * Depth and size are limited while the tree is built. An alias is a node that points to its target; a target that contains
 * the alias itself is refused, so that following aliases ends. Nothing is resolved here: yaml/scalar.h decides what a
 * plain scalar means.
 */
#ifndef SNUG_YAML_NODES_H
#define SNUG_YAML_NODES_H

#include "base/cleanup.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define YAML_DEPTH_MAX 64
#define YAML_NODES_MAX (1u << 20) /* in one document */

enum yaml_kind { YAML_KIND_SCALAR, YAML_KIND_SEQUENCE, YAML_KIND_MAPPING, YAML_KIND_ALIAS };

enum yaml_style {
	YAML_STYLE_PLAIN,
	YAML_STYLE_SINGLE, /* 'quoted' */
	YAML_STYLE_DOUBLE, /* "quoted" */
	YAML_STYLE_LITERAL, /* | */
	YAML_STYLE_FOLDED,  /* > */
	YAML_STYLE_BLOCK,   /* a mapping or sequence by indentation */
	YAML_STYLE_FLOW,    /* one in brackets */
};

struct yaml_doc;

struct yaml_node {
	const struct yaml_doc *doc;
	enum yaml_kind kind;
	enum yaml_style style;
	const char *text; /* of a scalar, NUL-terminated */
	size_t len;
	const char *tag; /* "tag:yaml.org,2002:str" or "!", as libyaml returns it; NULL: none */
	bool anchored;
	size_t line;          /* on which it begins, from 1 */
	size_t start, end;    /* in characters, not bytes; a block may end on a later line */
	uint32_t first, next; /* in a mapping, keys and values alternate */
	uint32_t last, count, target;
	size_t text_at, tag_at; /* while the tree is built */
};

/* A text being read. text and name must outlive it. */
struct yaml;
int yaml_open(const char *text, size_t len, const char *name, struct yaml **ret, struct err *err);
void yaml_close(struct yaml *y); /* NULL is allowed */
DEFINE_CLEANUP(yaml, struct yaml *, yaml_close)
#define cleanup_yaml cleanup_with(yaml_cleanup)

/* Reads the next document. Returns 1; 0 at the end of the text; -EINVAL, or -E2BIG beyond a limit, with input and line. A
 * document without content is an empty plain scalar. */
int yaml_next(struct yaml *y, struct yaml_doc **ret, struct err *err);

/* True if another document follows, or something unreadable. */
bool yaml_more(const struct yaml *y);

void yaml_doc_free(struct yaml_doc *doc); /* NULL is allowed */
DEFINE_CLEANUP(yaml_doc, struct yaml_doc *, yaml_doc_free)
#define cleanup_yaml_doc cleanup_with(yaml_doc_cleanup)

const char *yaml_doc_name(const struct yaml_doc *doc);
const struct yaml_node *yaml_root(const struct yaml_doc *doc);

/* All of these accept NULL. */
const struct yaml_node *yaml_first(const struct yaml_node *n); /* first key or element */
const struct yaml_node *yaml_sibling(const struct yaml_node *n);
const struct yaml_node *yaml_target(const struct yaml_node *n); /* follows aliases to the end; any other node is its own target */
/* The value of a key of a mapping, without following aliases; the last one of that name, or NULL. */
const struct yaml_node *yaml_get(const struct yaml_node *mapping, const char *key);
/* True for the root of a document without content. */
bool yaml_is_nothing(const struct yaml_node *n);

/* Sets *err to "NAME: line N: sentence" for this node. Returns -EINVAL. */
int yaml_err(const struct yaml_node *n, struct err *err, const char *what);

/* The byte offset of a character of the text; len if there are fewer. */
size_t yaml_byte_offset(const char *text, size_t len, size_t character);

/* The version of libyaml that this process uses, "0.2.5". */
const char *yaml_parser_version(void);

#endif
