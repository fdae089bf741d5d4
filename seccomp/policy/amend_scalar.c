#include "seccomp/policy/amend_scalar.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The scalar, read again with the place of each character in the file. */
struct walk {
	const char *file;
	size_t at, end;
	struct buf text;
	size_t *place; /* of each byte of text */
	size_t cap, indent;
};

static void walk_done(struct walk *w)
{
	buf_done(&w->text);
	free(w->place);
}

static void put(struct walk *w, const char *s, size_t n, size_t place)
{
	for (size_t i = 0; i < n && w->text.len < w->cap; i++) {
		w->place[w->text.len] = place;
		buf_addc(&w->text, s[i]);
	}
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static size_t line_break(const struct walk *w, size_t at)
{
	if (at >= w->end)
		return 0;
	return w->file[at] == '\n' ? 1 : w->file[at] == '\r' ? 1 + (at + 1 < w->end && w->file[at + 1] == '\n') : 0;
}

/* Folds blanks and line breaks in a quoted scalar: the first break is a space, each further one a newline. */
static void take_blanks(struct walk *w)
{
	size_t from = w->at, breaks = 0, first = 0, n = 0;

	while (w->at < w->end && is_blank(w->file[w->at]))
		w->at++;
	if (!line_break(w, w->at)) {
		for (size_t i = from; i < w->at; i++)
			put(w, w->file + i, 1, i);
		return;
	}
	while (w->at < w->end && (is_blank(w->file[w->at]) || (n = line_break(w, w->at)) > 0))
		if (is_blank(w->file[w->at])) {
			w->at++;
		} else {
			first = breaks++ ? first : w->at;
			if (breaks > 1)
				put(w, "\n", 1, w->at);
			w->at += n;
		}
	if (breaks == 1)
		put(w, " ", 1, from < first ? from : first);
}

static size_t utf8(uint32_t c, char out[4])
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

static void take_escape(struct walk *w)
{
	static const char from[] = "0abtnvfre\"/\\ \t", to[] = "\0\a\b\t\n\v\f\r\x1b\"/\\ \t";
	size_t place = w->at++, n = line_break(w, w->at), digits = 0;
	char c = w->at < w->end ? w->file[w->at] : '\0', bytes[4], number[9] = "";
	const char *found = c ? strchr(from, c) : NULL;

	if (n) { /* the text continues after the blanks of the next line */
		for (w->at += n; w->at < w->end && is_blank(w->file[w->at]); w->at++)
			;
		return;
	}
	w->at++;
	if (found) {
		put(w, to + (found - from), 1, place);
		return;
	}
	digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
	if (!digits || w->at + digits > w->end)
		return;
	memcpy(number, w->file + w->at, digits);
	w->at += digits;
	put(w, bytes, utf8((uint32_t)strtoul(number, NULL, 16), bytes), place);
}

static void take_quoted(struct walk *w, char quote)
{
	for (w->at++; w->at < w->end;) {
		char c = w->file[w->at];

		if (c == quote && quote == '\'' && w->at + 1 < w->end && w->file[w->at + 1] == quote) {
			put(w, "'", 1, w->at);
			w->at += 2;
		} else if (c == quote) {
			return;
		} else if (c == '\\' && quote == '"') {
			take_escape(w);
		} else if (is_blank(c) || line_break(w, w->at)) {
			take_blanks(w);
		} else {
			put(w, w->file + w->at, 1, w->at);
			w->at++;
		}
	}
}

static size_t spaces_at(const struct walk *w, size_t at)
{
	size_t n = 0;

	while (at + n < w->end && w->file[at + n] == ' ')
		n++;
	return n;
}

/* The indent is that of the first line that is not blank; a scalar with an indentation indicator is not supported. */
static void take_literal(struct walk *w)
{
	while (w->at < w->end && !line_break(w, w->at))
		w->at++;
	w->at += line_break(w, w->at);
	for (size_t at = w->at; at < w->end; at++) {
		size_t n = spaces_at(w, at);

		if (!line_break(w, at + n)) {
			w->indent = n;
			break;
		}
		at += n;
	}
	while (w->at < w->end && w->text.len < w->cap) {
		size_t n = spaces_at(w, w->at);

		w->at += n < w->indent ? n : w->indent;
		for (; w->at < w->end && !line_break(w, w->at); w->at++)
			put(w, w->file + w->at, 1, w->at);
		put(w, "\n", 1, w->at);
		w->at += line_break(w, w->at);
	}
}

static void add_inserted(const struct walk *w, enum yaml_style style, char c, struct buf *out)
{
	if (style == YAML_STYLE_LITERAL && c == '\n')
		buf_addf(out, "\n%*s", (int)w->indent, "");
	else if (style == YAML_STYLE_LITERAL)
		buf_addc(out, c);
	else if (style == YAML_STYLE_DOUBLE && (c == '"' || c == '\\'))
		buf_addf(out, "\\%c", c);
	else if (style == YAML_STYLE_DOUBLE && (c == '\n' || c == '\t'))
		buf_adds(out, c == '\n' ? "\\n" : "\\t");
	else if (style == YAML_STYLE_SINGLE && c == '\'')
		buf_adds(out, "''");
	else /* white space of JSON, which a single-quoted scalar would fold */
		buf_addc(out, c == '\n' || c == '\t' ? ' ' : c);
}

int amend_scalar(const char *file, size_t len, const struct yaml_node *n, const struct buf *after, size_t *done, struct buf *out,
		 size_t *ret_at, struct err *err)
{
	cleanup_with(walk_done) struct walk w = {.file = file, .at = yaml_byte_offset(file, len, n->start), .end = len, .cap = n->len};
	size_t i = 0;

	w.place = calloc(n->len + 1, sizeof(*w.place));
	if (!w.place)
		return err_set(err, ENOMEM, "out of memory");
	if (n->style == YAML_STYLE_DOUBLE || n->style == YAML_STYLE_SINGLE)
		take_quoted(&w, n->style == YAML_STYLE_DOUBLE ? '"' : '\'');
	else if (n->style == YAML_STYLE_LITERAL)
		take_literal(&w);
	if (w.text.len != n->len || memcmp(w.text.data, n->text, n->len) != 0) {
		yaml_err(n, err, "cannot amend a text of this style in place; move the profile to a file of its own");
		return -ENOTSUP;
	}
	w.place[n->len] = w.at;
	*ret_at = SIZE_MAX;
	for (size_t k = 0; k < after->len; k++)
		if (i < n->len && after->data[k] == n->text[i]) {
			i++;
		} else {
			buf_add(out, file + *done, w.place[i] - *done);
			*done = w.place[i];
			*ret_at = *ret_at == SIZE_MAX ? *done : *ret_at;
			add_inserted(&w, n->style, after->data[k], out);
		}
	return i == n->len ? 0 : err_set(err, EILSEQ, "%s: the profile in it has other changes than additions", yaml_doc_name(n->doc));
}
