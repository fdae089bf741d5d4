#include "base/yaml.h"

#include "base/cleanup.h"
#include "base/json.h"
#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The line that is being read, from its first character that counts. */
struct current {
	const char *p, *end; /* without the newline and trailing blanks */
	size_t indent;       /* column of p */
	size_t no;
	bool there; /* false: the document has ended */
};

struct parser {
	struct yaml *y;
	struct current cur;
	struct json_writer w;
	struct buf *out;
	size_t out_line;
	unsigned depth;
	struct err *err;
};

void yaml_begin(struct yaml *y, const char *text, size_t len, const char *name)
{
	*y = (struct yaml){.text = text, .name = name, .len = len};
}

static int bad(const struct parser *p, size_t line, const char *what)
{
	return err_set(p->err, EINVAL, "%s: line %zu: %s", p->y->name, line, what);
}

/* One raw line; false at the end of the text. */
static bool raw_line(struct yaml *y, const char **ret, size_t *ret_len)
{
	const char *start = y->text + y->pos, *newline;

	if (y->pos >= y->len)
		return false;
	newline = memchr(start, '\n', y->len - y->pos);
	*ret = start;
	*ret_len = newline ? (size_t)(newline - start) : y->len - y->pos;
	y->pos += *ret_len + (newline != NULL);
	y->line++;
	if (*ret_len && start[*ret_len - 1] == '\r')
		(*ret_len)--;
	return true;
}

static void unread_line(struct yaml *y, const char *start)
{
	y->pos = (size_t)(start - y->text);
	y->line--;
}

static bool is_marker(const char *s, size_t len, const char *marker)
{
	return len >= 3 && memcmp(s, marker, 3) == 0 && (len == 3 || s[3] == ' ' || s[3] == '\t');
}

/* The next line that holds more than a comment. A marker of the document's end is left to be read again. */
static int advance(struct parser *p)
{
	const char *s;
	size_t len, indent;

	p->cur.there = false;
	while (raw_line(p->y, &s, &len)) {
		if (is_marker(s, len, "---") || is_marker(s, len, "...")) {
			unread_line(p->y, s);
			return 0;
		}
		for (indent = 0; indent < len && s[indent] == ' '; indent++)
			;
		if (indent == len || s[indent] == '#')
			continue;
		if (s[indent] == '\t')
			return bad(p, p->y->line, "a tab indents; spaces are wanted");
		for (size_t i = indent; i < len; i++)
			if (((unsigned char)s[i] < 0x20 && s[i] != '\t') || s[i] == 0x7f)
				return bad(p, p->y->line, "holds a control character");
		while (s[len - 1] == ' ' || s[len - 1] == '\t')
			len--;
		p->cur = (struct current){s + indent, s + len, indent, p->y->line, true};
		return 0;
	}
	return 0;
}

/* Values stand on their own line in the JSON too. */
static void go_to_line(struct parser *p, size_t line)
{
	for (; p->out_line < line; p->out_line++)
		buf_addc(p->out, '\n');
}

static void write_string(struct parser *p, const char *s, size_t len)
{
	struct json_writer w;

	json_write_begin(&w, p->out, false);
	json_write_stringn(&w, NULL, s, len);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* What may follow a value on its line: nothing, or a comment. */
static int end_of_value(const struct parser *p, const char *s)
{
	const char *at = s;

	while (at < p->cur.end && is_blank(*at))
		at++;
	if (at == p->cur.end || (*at == '#' && at > s))
		return 0;
	return bad(p, p->cur.no, "something follows a value");
}

static int hex_digits(const char *s, const char *end, int count, uint32_t *ret)
{
	*ret = 0;
	for (int i = 0; i < count; i++) {
		if (s + i >= end || !isxdigit((unsigned char)s[i]))
			return -EINVAL;
		*ret = *ret * 16 + (uint32_t)(isdigit((unsigned char)s[i]) ? s[i] - '0' : (s[i] | 0x20) - 'a' + 10);
	}
	return 0;
}

static void add_utf8(struct buf *b, uint32_t c)
{
	if (c < 0x80) {
		buf_addc(b, (char)c);
		return;
	}
	if (c < 0x800) {
		buf_addc(b, (char)(0xc0 | c >> 6));
	} else {
		buf_addc(b, (char)(0xe0 | c >> 12));
		buf_addc(b, (char)(0x80 | (c >> 6 & 0x3f)));
	}
	buf_addc(b, (char)(0x80 | (c & 0x3f)));
}

/* Behind a backslash; *s is left at the character that ends the escape. */
static int add_escape(const struct parser *p, const char **s, struct buf *out)
{
	static const char from[] = "0abtnvfre\"/\\ ", to[] = "\0\a\b\t\n\v\f\r\x1b\"/\\ ";
	const char *found = **s ? strchr(from, **s) : NULL;
	uint32_t c = 0;

	if (found) {
		buf_addc(out, to[found - from]);
		return 0;
	}
	if (**s != 'x' && **s != 'u')
		return bad(p, p->cur.no, "an escape that is not read");
	if (hex_digits(*s + 1, p->cur.end, **s == 'x' ? 2 : 4, &c) < 0 || (c >= 0xd800 && c < 0xe000))
		return bad(p, p->cur.no, "an escape that is not read");
	*s += **s == 'x' ? 2 : 4;
	add_utf8(out, c);
	return 0;
}

/* A quoted scalar that begins at s; *ret_end is behind its closing quote. */
static int read_quoted(const struct parser *p, const char *s, struct buf *out, const char **ret_end)
{
	char quote = *s++;
	int r = 0;

	for (; s < p->cur.end && r == 0; s++) {
		if (*s == quote && quote == '\'' && s + 1 < p->cur.end && s[1] == '\'') {
			buf_addc(out, *++s - 0);
		} else if (*s == quote) {
			*ret_end = s + 1;
			return 0;
		} else if (*s == '\\' && quote == '"') {
			if (++s == p->cur.end)
				break;
			r = add_escape(p, &s, out);
		} else {
			buf_addc(out, *s);
		}
	}
	return r < 0 ? r : bad(p, p->cur.no, "a quoted scalar does not end on its line");
}

static bool is_word(const char *s, size_t len, const char *const words[], size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(words[i]) == len && strncasecmp(words[i], s, len) == 0)
			return true;
	return false;
}

static bool is_digits(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isdigit((unsigned char)s[i]))
			return false;
	return len > 0;
}

/* -?INT(.DIGITS)?: what JSON and YAML take for the same number. */
static bool is_number(const char *s, size_t len)
{
	const char *dot;
	size_t whole;

	if (len && *s == '-') {
		s++;
		len--;
	}
	dot = memchr(s, '.', len);
	whole = dot ? (size_t)(dot - s) : len;
	if (!is_digits(s, whole) || (whole > 1 && *s == '0'))
		return false;
	return !dot || is_digits(dot + 1, len - whole - 1);
}

/* What is a number to some readers, and not this one. */
static bool is_doubtful(const char *s, size_t len)
{
	static const char *const words[] = {"yes", "no", "on", "off", ".inf", "-.inf", "+.inf", ".nan"};
	size_t sign = len && (*s == '-' || *s == '+'), digits = 0;

	if (is_word(s, len, words, ARRAY_SIZE(words)))
		return true;
	if (len - sign == 0 || !(isdigit((unsigned char)s[sign]) || (s[sign] == '.' && len - sign > 1)))
		return false;
	if (len - sign > 2 && s[sign] == '0' && strchr("xXoObB", s[sign + 1]))
		return true;
	for (size_t i = sign; i < len; i++)
		if (isdigit((unsigned char)s[i]))
			digits++;
		else if (!strchr("._eE+-", s[i]))
			return false;
	/* 1.2.3 and 2024-01-31 are strings to all. */
	return digits && !memchr(s + sign, '-', len - sign) &&
	       (!memchr(s, '.', len) || memchr(s, '.', len) == memrchr(s, '.', len));
}

static int write_plain(struct parser *p, const char *s, size_t len)
{
	static const char *const nulls[] = {"~", "null"}, *const trues[] = {"true"}, *const falses[] = {"false"};

	if (len == 0 || is_word(s, len, nulls, ARRAY_SIZE(nulls)))
		buf_adds(p->out, "null");
	else if (is_word(s, len, trues, 1) || is_word(s, len, falses, 1))
		buf_adds(p->out, is_word(s, len, trues, 1) ? "true" : "false");
	else if (is_number(s, len))
		buf_add(p->out, s, len);
	else if (is_doubtful(s, len))
		return bad(p, p->cur.no, "readers take this for different things; put it between quotes");
	else
		write_string(p, s, len);
	return 0;
}

/* Where a plain scalar ends: before a comment, and in a flow sequence before what structures that. */
static const char *plain_end(const struct parser *p, const char *s, bool flow)
{
	const char *at = s;

	while (at < p->cur.end && !(*at == '#' && at > s && is_blank(at[-1])) && !(flow && strchr(",[]{}", *at)))
		at++;
	while (at > s && is_blank(at[-1]))
		at--;
	return at;
}

static int check_first(const struct parser *p, char c)
{
	static const struct {
		char c;
		const char *what;
	} kinds[] = {
		{'&', "an anchor is not read"},       {'*', "an alias is not read"},
		{'!', "a tag is not read"},           {'>', "a folded scalar is not read"},
		{'{', "a flow mapping is not read"},  {'%', "a directive is not read"},
		{'@', "a reserved character"},        {'`', "a reserved character"},
		{'}', "a bracket that closes none"},  {']', "a bracket that closes none"},
		{',', "a comma that separates none"}, {'|', "a block scalar cannot stand here"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].c == c)
			return bad(p, p->cur.no, kinds[i].what);
	return 0;
}

/* True if s holds the mark of a mapping: a colon before a blank or the end. *ret is that colon. */
static bool find_colon(const char *s, const char *end, const char **ret)
{
	for (const char *at = s; at < end; at++) {
		if (*at == '#' && at > s && is_blank(at[-1]))
			return false;
		if (*at == ':' && (at + 1 == end || is_blank(at[1]))) {
			*ret = at;
			return true;
		}
	}
	return false;
}

/* A scalar within a line; *ret_end is behind it. */
static int write_scalar(struct parser *p, const char *s, bool flow, const char **ret_end)
{
	cleanup_buf struct buf text = {0};
	const char *end, *colon;
	int r;

	go_to_line(p, p->cur.no);
	if (*s == '"' || *s == '\'') {
		r = read_quoted(p, s, &text, ret_end);
		if (r == 0)
			write_string(p, text.data ? text.data : "", text.len);
		return r;
	}
	r = check_first(p, *s);
	if (r < 0)
		return r;
	if ((*s == '?' || *s == '-') && (s + 1 == p->cur.end || is_blank(s[1])))
		return bad(p, p->cur.no, "such a structure is not read");
	end = plain_end(p, s, flow);
	if (find_colon(s, end, &colon))
		return bad(p, p->cur.no, "a mapping cannot stand here");
	*ret_end = end;
	return write_plain(p, s, (size_t)(end - s));
}

/* The next character that counts within a flow sequence, on this line or a later one. */
static int skip_flow_space(struct parser *p, const char **s)
{
	while (true) {
		while (*s < p->cur.end && is_blank(**s))
			(*s)++;
		if (*s < p->cur.end && !(**s == '#' && is_blank((*s)[-1])))
			return 0;
		size_t no = p->cur.no;
		int r = advance(p);

		if (r < 0)
			return r;
		if (!p->cur.there)
			return bad(p, no, "a flow sequence does not end");
		*s = p->cur.p;
	}
}

static int write_flow(struct parser *p, const char *s, const char **ret_end)
{
	bool first = true;
	int r;

	go_to_line(p, p->cur.no);
	buf_addc(p->out, '[');
	s++;
	for (r = skip_flow_space(p, &s); r == 0 && *s != ']'; first = false) {
		if (!first) {
			if (*s != ',')
				return bad(p, p->cur.no, "a comma or a bracket is wanted");
			s++;
			r = skip_flow_space(p, &s);
			if (r < 0 || *s == ']')
				break;
			buf_addc(p->out, ',');
		}
		if (*s == '[')
			return bad(p, p->cur.no, "a flow sequence within another is not read");
		r = write_scalar(p, s, true, &s);
		if (r == 0)
			r = skip_flow_space(p, &s);
	}
	if (r < 0)
		return r;
	buf_addc(p->out, ']');
	*ret_end = s + 1;
	return 0;
}

/* "|", "|-" or "|+", an indentation digit, a comment. */
static int read_block_header(const struct parser *p, const char *s, char *ret_chomp, size_t *ret_indent)
{
	for (s++; s < p->cur.end && !is_blank(*s); s++)
		if ((*s == '-' || *s == '+') && !*ret_chomp)
			*ret_chomp = *s;
		else if (*s >= '1' && *s <= '9' && !*ret_indent)
			*ret_indent = (size_t)(*s - '0');
		else
			return bad(p, p->cur.no, "a block scalar's head that is not read");
	return end_of_value(p, s);
}

static size_t count_spaces(const char *s, size_t len)
{
	size_t n = 0;

	while (n < len && s[n] == ' ')
		n++;
	return n;
}

/* The lines below that are indented deeper than `parent` (-1: the document itself). */
static int read_block_lines(struct parser *p, long parent, size_t indent, struct buf *out)
{
	const char *s;
	size_t len;

	while (raw_line(p->y, &s, &len)) {
		size_t spaces = count_spaces(s, len);

		if (spaces == len) { /* blank: one that is longer keeps what is beyond the indent */
			if (indent && len > indent)
				buf_add(out, s + indent, len - indent);
			buf_addc(out, '\n');
			continue;
		}
		if (!indent && (long)spaces > parent)
			indent = spaces;
		if ((long)spaces <= parent || spaces < indent) {
			unread_line(p->y, s);
			return 0;
		}
		for (size_t i = indent; i < len; i++)
			if (((unsigned char)s[i] < 0x20 && s[i] != '\t') || s[i] == 0x7f)
				return bad(p, p->y->line, "holds a control character");
		buf_add(out, s + indent, len - indent);
		buf_addc(out, '\n');
	}
	return 0;
}

static int write_block(struct parser *p, const char *s, long parent)
{
	cleanup_buf struct buf text = {0};
	size_t indent = 0, len;
	char chomp = 0;
	int r = read_block_header(p, s, &chomp, &indent);

	if (r == 0)
		r = read_block_lines(p, parent, indent ? (size_t)(parent < 0 ? 0 : parent) + indent : 0, &text);
	if (r < 0)
		return r;
	for (len = text.len; chomp != '+' && len && text.data[len - 1] == '\n'; len--)
		;
	len += !chomp && len && len < text.len;
	go_to_line(p, p->cur.no);
	write_string(p, text.data ? text.data : "", len);
	return advance(p);
}

static int write_node(struct parser *p, long parent);

/* A value that begins within the current line, which is read to its end. */
static int write_inline(struct parser *p, const char *s, long parent)
{
	const char *end = s;
	int r;

	if (*s == '|')
		return write_block(p, s, parent);
	if (*s == '[') {
		r = write_flow(p, s, &end);
	} else if (*s == '{' && p->cur.end - s >= 2 && s[1] == '}') {
		go_to_line(p, p->cur.no);
		buf_adds(p->out, "{}");
		end = s + 2;
		r = 0;
	} else {
		r = write_scalar(p, s, false, &end);
	}
	if (r == 0)
		r = end_of_value(p, end);
	if (r == 0)
		r = advance(p);
	if (r == 0 && p->cur.there && (long)p->cur.indent > parent)
		r = bad(p, p->cur.no, "indented deeper than what it belongs to; a scalar on several lines is not read");
	return r;
}

static bool is_item(const struct current *c)
{
	return *c->p == '-' && (c->p + 1 == c->end || is_blank(c->p[1]));
}

/* A value on the lines below, deeper than the key's or item's own column; a mapping's sequence may stand level with it.
 */
static int write_below(struct parser *p, size_t column, bool level)
{
	int r = advance(p);

	if (r < 0)
		return r;
	if (p->cur.there && (p->cur.indent > column || (level && p->cur.indent == column && is_item(&p->cur))))
		return write_node(p, (long)column);
	buf_adds(p->out, "null");
	return 0;
}

/* Reads a key at the current place; *ret is behind its colon and the blanks there. */
static int write_key(struct parser *p, const char **ret)
{
	cleanup_buf struct buf text = {0};
	const char *s = p->cur.p, *colon = NULL;
	bool quoted = *s == '"' || *s == '\'';
	int r = quoted ? read_quoted(p, s, &text, &colon) : *s == '{' || *s == '[' ? check_first(p, '{') : check_first(p, *s);

	if (r < 0)
		return r;
	if (*s == '?' && (s + 1 == p->cur.end || is_blank(s[1])))
		return bad(p, p->cur.no, "a complex key is not read");
	while (quoted && colon < p->cur.end && is_blank(*colon))
		colon++;
	if (quoted ? colon == p->cur.end || *colon != ':' || (colon + 1 < p->cur.end && !is_blank(colon[1]))
		   : !find_colon(s, p->cur.end, &colon))
		return bad(p, p->cur.no, "\"key: value\" is wanted");
	if (!quoted) {
		const char *end = colon;

		while (end > s && is_blank(end[-1]))
			end--;
		buf_add(&text, s, (size_t)(end - s));
	}
	if (!quoted && text_streq(text.data, "<<"))
		return bad(p, p->cur.no, "a merge key is not read");
	go_to_line(p, p->cur.no);
	write_string(p, text.data ? text.data : "", text.len);
	buf_addc(p->out, ':');
	for (colon++; colon < p->cur.end && is_blank(*colon); colon++)
		;
	*ret = colon;
	return 0;
}

static int write_mapping(struct parser *p)
{
	size_t column = p->cur.indent;
	int r = 0;

	go_to_line(p, p->cur.no);
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

static int write_sequence(struct parser *p)
{
	size_t column = p->cur.indent;
	int r = 0;

	go_to_line(p, p->cur.no);
	for (char c = '['; r == 0 && p->cur.there && p->cur.indent == column && is_item(&p->cur); c = ',') {
		const char *s = p->cur.p + 1, *colon;

		buf_addc(p->out, c);
		while (s < p->cur.end && is_blank(*s)) {
			if (*s == '\t')
				return bad(p, p->cur.no, "a tab indents; spaces are wanted");
			s++;
		}
		if (s == p->cur.end || *s == '#') {
			r = write_below(p, column, false);
			continue;
		}
		/* A mapping or sequence that begins on the item's line is indented by where it stands. */
		struct current inner = {s, p->cur.end, column + (size_t)(s - p->cur.p), p->cur.no, true};
		bool quoted = *s == '"' || *s == '\'';
		cleanup_buf struct buf key = {0};

		if (quoted && read_quoted(p, s, &key, &s) < 0)
			return -EINVAL;
		if (is_item(&inner) || find_colon(s, p->cur.end, &colon)) {
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
static int write_node(struct parser *p, long parent)
{
	int r;

	if (p->depth == YAML_DEPTH_MAX)
		return err_set(p->err, E2BIG, "%s: line %zu: nested deeper than %d", p->y->name, p->cur.no,
			       YAML_DEPTH_MAX);
	p->depth++;
	r = is_item(&p->cur) ? write_sequence(p) : write_mapping(p);
	p->depth--;
	if (r == 0 && p->cur.there && (long)p->cur.indent > parent)
		r = bad(p, p->cur.no, "its indent fits nothing above it");
	return r;
}

/* Reads up to the first line of a document; 0 if there is none. */
static int open_document(struct parser *p)
{
	const char *s;
	size_t len;
	int r;

	while (true) {
		r = advance(p);
		if (r < 0 || p->cur.there)
			return r < 0 ? r : 1;
		if (!raw_line(p->y, &s, &len))
			return 0;
		for (size_t i = 3; i < len && s[i] != '#'; i++)
			if (!is_blank(s[i]))
				return bad(p, p->y->line, "something follows the mark of a document");
	}
}

int yaml_next(struct yaml *y, struct buf *ret, struct err *err)
{
	struct parser p = {.y = y, .out = ret, .out_line = 1, .err = err};
	int r;

	buf_clear(ret);
	r = open_document(&p);
	if (r <= 0)
		return r;
	if (*p.cur.p == '%')
		return bad(&p, p.cur.no, "a directive is not read");
	r = write_node(&p, -1);
	if (r == 0 && buf_failed(ret))
		r = err_set(err, ENOMEM, "out of memory");
	return r < 0 ? r : 1;
}
