#include "yaml/scalar.h"

#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_MAX 400 /* characters; anything longer is outside the range of JSON numbers */

static const struct {
	const char *word;
	enum yaml_type type;
} WORDS[] = {
	{"", YAML_TYPE_NULL},      {"~", YAML_TYPE_NULL},      {"null", YAML_TYPE_NULL},  {"Null", YAML_TYPE_NULL},
	{"NULL", YAML_TYPE_NULL},  {"y", YAML_TYPE_TRUE},      {"Y", YAML_TYPE_TRUE},     {"yes", YAML_TYPE_TRUE},
	{"Yes", YAML_TYPE_TRUE},   {"YES", YAML_TYPE_TRUE},    {"true", YAML_TYPE_TRUE},  {"True", YAML_TYPE_TRUE},
	{"TRUE", YAML_TYPE_TRUE},  {"on", YAML_TYPE_TRUE},     {"On", YAML_TYPE_TRUE},    {"ON", YAML_TYPE_TRUE},
	{"n", YAML_TYPE_FALSE},    {"N", YAML_TYPE_FALSE},     {"no", YAML_TYPE_FALSE},   {"No", YAML_TYPE_FALSE},
	{"NO", YAML_TYPE_FALSE},   {"false", YAML_TYPE_FALSE}, {"False", YAML_TYPE_FALSE}, {"FALSE", YAML_TYPE_FALSE},
	{"off", YAML_TYPE_FALSE},  {"Off", YAML_TYPE_FALSE},   {"OFF", YAML_TYPE_FALSE},  {"<<", YAML_TYPE_MERGE},
};
static const char *const NO_NUMBERS[] = {".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF"};

static bool find_word(const struct yaml_node *n, enum yaml_type *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(WORDS); i++)
		if (strlen(WORDS[i].word) == n->len && memcmp(WORDS[i].word, n->text, n->len) == 0) {
			*ret = WORDS[i].type;
			return true;
		}
	return false;
}

/* strconv.ParseInt and ParseUint with base 0. */
static bool parse_integer(const char *s, bool *ret_negative, uint64_t *ret)
{
	unsigned base = 10;
	uint64_t value = 0;
	bool sign = *s == '-' || *s == '+';

	*ret_negative = *s == '-';
	s += sign;
	if (*s == '0' && s[1]) {
		char c = (char)tolower((unsigned char)s[1]);

		base = c == 'x' ? 16 : c == 'b' ? 2 : 8;
		s += c == 'x' || c == 'b' || c == 'o' ? 2 : 1;
	}
	if (!*s)
		return false;
	for (; *s; s++) {
		unsigned digit = isdigit((unsigned char)*s) ? (unsigned)(*s - '0')
				 : isxdigit((unsigned char)*s) ? (unsigned)(tolower((unsigned char)*s) - 'a' + 10) : 99;

		if (digit >= base || __builtin_mul_overflow(value, base, &value) || __builtin_add_overflow(value, digit, &value))
			return false;
	}
	*ret = value;
	/* Beyond int64, only unsigned and without a sign. */
	return !sign || value <= (uint64_t)INT64_MAX + *ret_negative;
}

/* ^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$ */
static bool is_float(const char *s)
{
	size_t whole, part = 0;

	s += *s == '-' || *s == '+';
	whole = strspn(s, "0123456789");
	s += whole;
	if (*s == '.') {
		part = strspn(s + 1, "0123456789");
		s += 1 + part;
	}
	if (!whole && !part)
		return false;
	if (*s == 'e' || *s == 'E') {
		s += 1 + (s[1] == '-' || s[1] == '+');
		if (!isdigit((unsigned char)*s))
			return false;
		s += strspn(s, "0123456789");
	}
	return !*s;
}

/* As encoding/json writes it: the fewest digits that read back as the same number, with an exponent only for very large or small ones. */
static void add_float(double value, struct buf *out)
{
	char text[40], digits[24] = "";
	int precision = 0, exponent, count = 0;

	do
		snprintf(text, sizeof(text), "%.*e", precision, value);
	while (strtod(text, NULL) != value && precision++ < 17);
	exponent = atoi(strchr(text, 'e') + 1);
	if (value != 0 && (exponent < -6 || exponent >= 21)) {
		/* Go writes e-9 for e-09. */
		buf_addf(out, "%.*se%+d", (int)(strchr(text, 'e') - text), text, exponent);
		return;
	}
	for (const char *s = text; *s != 'e'; s++)
		if (isdigit((unsigned char)*s))
			digits[count++] = *s;
	buf_adds(out, value < 0 ? "-" : "");
	if (exponent < 0)
		buf_adds(out, "0.");
	for (int i = -1; i > exponent; i--)
		buf_addc(out, '0');
	for (int i = 0; i < count || i <= exponent; i++) {
		if (exponent >= 0 && i == exponent + 1)
			buf_addc(out, '.');
		buf_addc(out, i < count ? digits[i] : '0');
	}
}

/* In a float that begins with a dot, an underscore must be between digits; elsewhere it may be anywhere. */
static bool may_drop(const char *text, const char *at, bool dot)
{
	return !dot || (at > text && isdigit((unsigned char)at[-1]) && isdigit((unsigned char)at[1]));
}

/* Reads a number in any form; false for a string. */
static bool take_number(const struct yaml_node *n, enum yaml_type *ret, struct buf *number)
{
	char plain[NUMBER_MAX];
	bool negative = false, dot = *n->text == '.';
	uint64_t value = 0;
	size_t len = 0;
	double real;

	if (!n->len || n->len >= sizeof(plain) || !strchr("+-.0123456789", *n->text) || strlen(n->text) != n->len)
		return false;
	for (const char *s = n->text; *s; s++)
		if (*s != '_' || !may_drop(n->text, s, dot))
			plain[len++] = *s;
	plain[len] = '\0';
	if (!dot && parse_integer(plain, &negative, &value)) {
		buf_addf(number, "%s%" PRIu64, negative && value ? "-" : "", value);
		*ret = YAML_TYPE_INTEGER;
		return true;
	}
	if (!is_float(plain))
		return false;
	real = strtod(plain, NULL);
	if (!isfinite(real))
		return false;
	add_float(real, number);
	*ret = YAML_TYPE_FLOAT;
	return true;
}

#define TAGS "tag:yaml.org,2002:"

/* True if a YAML tag (given by its last word) allows the type. */
static bool tag_allows(const char *tag, enum yaml_type type)
{
	return text_streq(tag, "null")    ? type == YAML_TYPE_NULL
	       : text_streq(tag, "bool")  ? type == YAML_TYPE_TRUE || type == YAML_TYPE_FALSE
	       : text_streq(tag, "int")   ? type == YAML_TYPE_INTEGER
	       : text_streq(tag, "float") ? type == YAML_TYPE_INTEGER || type == YAML_TYPE_FLOAT
	       : text_streq(tag, "merge") ? type == YAML_TYPE_MERGE
					  : true;
}

int yaml_resolve(const struct yaml_node *n, enum yaml_type *ret, struct buf *number, struct err *err)
{
	const char *tag = n->tag && text_starts(n->tag, TAGS) ? n->tag + strlen(TAGS) : NULL;

	*ret = YAML_TYPE_STRING;
	if (tag && text_streq(tag, "binary"))
		return yaml_err(n, err, "a !!binary value is not read");
	/* Quoted scalars are strings, and so are those with a string tag or an application's own tag. */
	if (n->tag ? !tag || text_streq(tag, "str") || text_streq(tag, "timestamp") : n->style != YAML_STYLE_PLAIN)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(NO_NUMBERS); i++)
		if (text_streq(NO_NUMBERS[i], n->text))
			return yaml_err(n, err, "JSON has no such number");
	if (!find_word(n, ret))
		(void)take_number(n, ret, number);
	return !tag || tag_allows(tag, *ret) ? 0 : yaml_err(n, err, "it is not of the type that its tag names");
}
