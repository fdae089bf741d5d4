#include "base/yaml_scalar.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

void yaml_begin(struct yaml *y, const char *text, size_t len, const char *name)
{
	*y = (struct yaml){.text = text, .name = name, .len = len};
}

static int write_node(struct yaml_parser *p, long parent);

/* A value that begins within the current line, which is read to its end. */
static int write_inline(struct yaml_parser *p, const char *s, long parent)
{
	const char *end = s;
	int r;

	if (*s == '|')
		return yaml_write_block(p, s, parent);
	if (*s == '[') {
		r = yaml_write_flow(p, s, &end);
	} else if (*s == '{' && p->cur.end - s >= 2 && s[1] == '}') {
		yaml_go_to_line(p, p->cur.no);
		buf_adds(p->out, "{}");
		end = s + 2;
		r = 0;
	} else {
		r = yaml_write_scalar(p, s, false, &end);
	}
	if (r == 0)
		r = yaml_end_of_value(p, end);
	if (r == 0)
		r = yaml_advance(p);
	if (r == 0 && p->cur.there && (long)p->cur.indent > parent)
		r = yaml_bad(p, p->cur.no, "indented deeper than what it belongs to; a scalar on several lines is not read");
	return r;
}

static bool is_item(const struct yaml_line *c)
{
	return *c->p == '-' && (c->p + 1 == c->end || yaml_is_blank(c->p[1]));
}

/* A value on the lines below, deeper than the key's or item's own column; a mapping's sequence may stand level with it.
 */
static int write_below(struct yaml_parser *p, size_t column, bool level)
{
	int r = yaml_advance(p);

	if (r < 0)
		return r;
	if (p->cur.there && (p->cur.indent > column || (level && p->cur.indent == column && is_item(&p->cur))))
		return write_node(p, (long)column);
	buf_adds(p->out, "null");
	return 0;
}

/* Reads a key at the current place; *ret is behind its colon and the blanks there. */
static int write_key(struct yaml_parser *p, const char **ret)
{
	cleanup_buf struct buf text = {0};
	const char *s = p->cur.p, *colon = NULL;
	bool quoted = *s == '"' || *s == '\'';
	int r = quoted ? yaml_read_quoted(p, s, &text, &colon) : *s == '{' || *s == '[' ? yaml_check_first(p, '{') : yaml_check_first(p, *s);

	if (r < 0)
		return r;
	if (*s == '?' && (s + 1 == p->cur.end || yaml_is_blank(s[1])))
		return yaml_bad(p, p->cur.no, "a complex key is not read");
	while (quoted && colon < p->cur.end && yaml_is_blank(*colon))
		colon++;
	if (quoted ? colon == p->cur.end || *colon != ':' || (colon + 1 < p->cur.end && !yaml_is_blank(colon[1]))
		   : !yaml_find_colon(s, p->cur.end, &colon))
		return yaml_bad(p, p->cur.no, "\"key: value\" is wanted");
	if (!quoted) {
		const char *end = colon;

		while (end > s && yaml_is_blank(end[-1]))
			end--;
		buf_add(&text, s, (size_t)(end - s));
	}
	if (!quoted && text_streq(text.data, "<<"))
		return yaml_bad(p, p->cur.no, "a merge key is not read");
	yaml_go_to_line(p, p->cur.no);
	yaml_write_string(p, text.data ? text.data : "", text.len);
	buf_addc(p->out, ':');
	for (colon++; colon < p->cur.end && yaml_is_blank(*colon); colon++)
		;
	*ret = colon;
	return 0;
}

static int write_mapping(struct yaml_parser *p)
{
	size_t column = p->cur.indent;
	int r = 0;

	yaml_go_to_line(p, p->cur.no);
	for (char c = '{'; r == 0 && p->cur.there && p->cur.indent == column && !is_item(&p->cur); c = ',') {
		const char *s = NULL;

		buf_addc(p->out, c);
		r = write_key(p, &s);
		if (r < 0)
			return r;
		if (s == p->cur.end || *s == '#')
			r = write_below(p, column, true);
		else
			r = write_inline(p, s, (long)column);
	}
	buf_addc(p->out, '}');
	return r;
}

static int write_sequence(struct yaml_parser *p)
{
	size_t column = p->cur.indent;
	int r = 0;

	yaml_go_to_line(p, p->cur.no);
	for (char c = '['; r == 0 && p->cur.there && p->cur.indent == column && is_item(&p->cur); c = ',') {
		const char *s = p->cur.p + 1, *colon;

		buf_addc(p->out, c);
		while (s < p->cur.end && yaml_is_blank(*s)) {
			if (*s == '\t')
				return yaml_bad(p, p->cur.no, "a tab indents; spaces are wanted");
			s++;
		}
		if (s == p->cur.end || *s == '#') {
			r = write_below(p, column, false);
			continue;
		}
		/* A mapping or sequence that begins on the item's line is indented by where it stands. */
		struct yaml_line inner = {s, p->cur.end, column + (size_t)(s - p->cur.p), p->cur.no, true};
		bool quoted = *s == '"' || *s == '\'';
		cleanup_buf struct buf key = {0};

		if (quoted && yaml_read_quoted(p, s, &key, &s) < 0)
			return -EINVAL;
		if (is_item(&inner) || yaml_find_colon(s, p->cur.end, &colon)) {
			p->cur = inner;
			r = write_node(p, (long)column);
		} else {
			r = write_inline(p, inner.p, (long)column);
		}
	}
	buf_addc(p->out, ']');
	return r;
}

/* The mapping or sequence that begins at the current place, with all its lines. */
static int write_node(struct yaml_parser *p, long parent)
{
	int r;

	if (p->depth == YAML_DEPTH_MAX)
		return err_set(p->err, E2BIG, "%s: line %zu: nested deeper than %d", p->y->name, p->cur.no,
			       YAML_DEPTH_MAX);
	p->depth++;
	r = is_item(&p->cur) ? write_sequence(p) : write_mapping(p);
	p->depth--;
	if (r == 0 && p->cur.there && (long)p->cur.indent > parent)
		r = yaml_bad(p, p->cur.no, "its indent fits nothing above it");
	return r;
}

/* Reads up to the first line of a document; 0 if there is none. */
static int open_document(struct yaml_parser *p)
{
	const char *s;
	size_t len;
	int r;

	while (true) {
		r = yaml_advance(p);
		if (r < 0 || p->cur.there)
			return r < 0 ? r : 1;
		if (!yaml_raw_line(p->y, &s, &len))
			return 0;
		for (size_t i = 3; i < len && s[i] != '#'; i++)
			if (!yaml_is_blank(s[i]))
				return yaml_bad(p, p->y->line, "something follows the mark of a document");
	}
}

int yaml_next(struct yaml *y, struct buf *ret, struct err *err)
{
	struct yaml_parser p = {.y = y, .out = ret, .out_line = 1, .err = err};
	int r;

	buf_clear(ret);
	r = open_document(&p);
	if (r <= 0)
		return r;
	if (p.cur.end - p.cur.p >= 3 && !memcmp(p.cur.p, "\xef\xbb\xbf", 3))
		return yaml_bad(&p, p.cur.no, "a byte order mark stands in front of it: save it as UTF-8 without one");
	if (*p.cur.p == '%')
		return yaml_bad(&p, p.cur.no, "a directive is not read");
	r = write_node(&p, -1);
	if (r == 0 && buf_failed(ret))
		r = err_set(err, ENOMEM, "out of memory");
	return r < 0 ? r : 1;
}
