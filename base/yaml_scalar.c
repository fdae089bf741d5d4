#include "base/yaml_scalar.h"

#include "base/cleanup.h"
#include "base/json/json.h"
#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

int yaml_bad(const struct yaml_parser *p, size_t line, const char *what)
{
	return err_set(p->err, EINVAL, "%s: line %zu: %s", p->y->name, line, what);
}

bool yaml_raw_line(struct yaml *y, const char **ret, size_t *ret_len)
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

int yaml_advance(struct yaml_parser *p)
{
	const char *s;
	size_t len, indent;

	p->cur.there = false;
	while (yaml_raw_line(p->y, &s, &len)) {
		if (is_marker(s, len, "---") || is_marker(s, len, "...")) {
			unread_line(p->y, s);
			return 0;
		}
		for (indent = 0; indent < len && s[indent] == ' '; indent++)
			;
		if (indent == len || s[indent] == '#')
			continue;
		if (s[indent] == '\t')
			return yaml_bad(p, p->y->line, "a tab indents; spaces are wanted");
		for (size_t i = indent; i < len; i++)
			if (((unsigned char)s[i] < 0x20 && s[i] != '\t') || s[i] == 0x7f)
				return yaml_bad(p, p->y->line, "holds a control character");
		while (s[len - 1] == ' ' || s[len - 1] == '\t')
			len--;
		p->cur = (struct yaml_line){s + indent, s + len, indent, p->y->line, true};
		return 0;
	}
	return 0;
}

void yaml_go_to_line(struct yaml_parser *p, size_t line)
{
	for (; p->out_line < line; p->out_line++)
		buf_addc(p->out, '\n');
}

void yaml_write_string(struct yaml_parser *p, const char *s, size_t len)
{
	struct json_writer w;

	json_write_begin(&w, p->out, false);
	json_write_stringn(&w, NULL, s, len);
}

int yaml_end_of_value(const struct yaml_parser *p, const char *s)
{
	const char *at = s;

	while (at < p->cur.end && yaml_is_blank(*at))
		at++;
	if (at == p->cur.end || (*at == '#' && at > s))
		return 0;
	return yaml_bad(p, p->cur.no, "something follows a value");
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
static int add_escape(const struct yaml_parser *p, const char **s, struct buf *out)
{
	static const char from[] = "0abtnvfre\"/\\ ", to[] = "\0\a\b\t\n\v\f\r\x1b\"/\\ ";
	const char *found = **s ? strchr(from, **s) : NULL;
	uint32_t c = 0;

	if (found) {
		buf_addc(out, to[found - from]);
		return 0;
	}
	if (**s != 'x' && **s != 'u')
		return yaml_bad(p, p->cur.no, "an escape that is not read");
	if (hex_digits(*s + 1, p->cur.end, **s == 'x' ? 2 : 4, &c) < 0 || (c >= 0xd800 && c < 0xe000))
		return yaml_bad(p, p->cur.no, "an escape that is not read");
	*s += **s == 'x' ? 2 : 4;
	add_utf8(out, c);
	return 0;
}

int yaml_read_quoted(const struct yaml_parser *p, const char *s, struct buf *out, const char **ret_end)
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
	return r < 0 ? r : yaml_bad(p, p->cur.no, "a quoted scalar does not end on its line");
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

static int write_plain(struct yaml_parser *p, const char *s, size_t len)
{
	static const char *const nulls[] = {"~", "null"}, *const trues[] = {"true"}, *const falses[] = {"false"};

	if (len == 0 || is_word(s, len, nulls, ARRAY_SIZE(nulls)))
		buf_adds(p->out, "null");
	else if (is_word(s, len, trues, 1) || is_word(s, len, falses, 1))
		buf_adds(p->out, is_word(s, len, trues, 1) ? "true" : "false");
	else if (is_number(s, len))
		buf_add(p->out, s, len);
	else if (is_doubtful(s, len))
		return yaml_bad(p, p->cur.no, "readers take this for different things; put it between quotes");
	else
		yaml_write_string(p, s, len);
	return 0;
}

/* Where a plain scalar ends: before a comment, and in a flow sequence before what structures that. */
static const char *plain_end(const struct yaml_parser *p, const char *s, bool flow)
{
	const char *at = s;

	while (at < p->cur.end && !(*at == '#' && at > s && yaml_is_blank(at[-1])) && !(flow && strchr(",[]{}", *at)))
		at++;
	while (at > s && yaml_is_blank(at[-1]))
		at--;
	return at;
}

int yaml_check_first(const struct yaml_parser *p, char c)
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
			return yaml_bad(p, p->cur.no, kinds[i].what);
	return 0;
}

bool yaml_find_colon(const char *s, const char *end, const char **ret)
{
	for (const char *at = s; at < end; at++) {
		if (*at == '#' && at > s && yaml_is_blank(at[-1]))
			return false;
		if (*at == ':' && (at + 1 == end || yaml_is_blank(at[1]))) {
			*ret = at;
			return true;
		}
	}
	return false;
}

int yaml_write_scalar(struct yaml_parser *p, const char *s, bool flow, const char **ret_end)
{
	cleanup_buf struct buf text = {0};
	const char *end, *colon;
	int r;

	yaml_go_to_line(p, p->cur.no);
	if (*s == '"' || *s == '\'') {
		r = yaml_read_quoted(p, s, &text, ret_end);
		if (r == 0)
			yaml_write_string(p, text.data ? text.data : "", text.len);
		return r;
	}
	r = yaml_check_first(p, *s);
	if (r < 0)
		return r;
	if ((*s == '?' || *s == '-') && (s + 1 == p->cur.end || yaml_is_blank(s[1])))
		return yaml_bad(p, p->cur.no, "such a structure is not read");
	end = plain_end(p, s, flow);
	if (yaml_find_colon(s, end, &colon))
		return yaml_bad(p, p->cur.no, "a mapping cannot stand here");
	*ret_end = end;
	return write_plain(p, s, (size_t)(end - s));
}

/* The next character that counts within a flow sequence, on this line or a later one. */
static int skip_flow_space(struct yaml_parser *p, const char **s)
{
	while (true) {
		while (*s < p->cur.end && yaml_is_blank(**s))
			(*s)++;
		if (*s < p->cur.end && !(**s == '#' && yaml_is_blank((*s)[-1])))
			return 0;
		size_t no = p->cur.no;
		int r = yaml_advance(p);

		if (r < 0)
			return r;
		if (!p->cur.there)
			return yaml_bad(p, no, "a flow sequence does not end");
		*s = p->cur.p;
	}
}

int yaml_write_flow(struct yaml_parser *p, const char *s, const char **ret_end)
{
	bool first = true;
	int r;

	yaml_go_to_line(p, p->cur.no);
	buf_addc(p->out, '[');
	s++;
	for (r = skip_flow_space(p, &s); r == 0 && *s != ']'; first = false) {
		if (!first) {
			if (*s != ',')
				return yaml_bad(p, p->cur.no, "a comma or a bracket is wanted");
			s++;
			r = skip_flow_space(p, &s);
			if (r < 0 || *s == ']')
				break;
			buf_addc(p->out, ',');
		}
		if (*s == '[')
			return yaml_bad(p, p->cur.no, "a flow sequence within another is not read");
		r = yaml_write_scalar(p, s, true, &s);
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
static int read_block_header(const struct yaml_parser *p, const char *s, char *ret_chomp, size_t *ret_indent)
{
	for (s++; s < p->cur.end && !yaml_is_blank(*s); s++)
		if ((*s == '-' || *s == '+') && !*ret_chomp)
			*ret_chomp = *s;
		else if (*s >= '1' && *s <= '9' && !*ret_indent)
			*ret_indent = (size_t)(*s - '0');
		else
			return yaml_bad(p, p->cur.no, "a block scalar's head that is not read");
	return yaml_end_of_value(p, s);
}

static size_t count_spaces(const char *s, size_t len)
{
	size_t n = 0;

	while (n < len && s[n] == ' ')
		n++;
	return n;
}

/* The lines below that are indented deeper than `parent` (-1: the document itself). */
static int read_block_lines(struct yaml_parser *p, long parent, size_t indent, struct buf *out)
{
	const char *s;
	size_t len;

	while (yaml_raw_line(p->y, &s, &len)) {
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
				return yaml_bad(p, p->y->line, "holds a control character");
		buf_add(out, s + indent, len - indent);
		buf_addc(out, '\n');
	}
	return 0;
}

int yaml_write_block(struct yaml_parser *p, const char *s, long parent)
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
	yaml_go_to_line(p, p->cur.no);
	yaml_write_string(p, text.data ? text.data : "", len);
	return yaml_advance(p);
}
