#include "seccomp/policy/amend.h"

#include "base/json/json.h"
#include "base/text.h"
#include "seccomp/policy/amend_objects.h"
#include "seccomp/policy/read.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* A copy of a text with insertions, made in one pass. */
struct splice {
	const char *text;
	size_t len, done;
	struct buf *out;
};

static void splice_at(struct splice *s, size_t at)
{
	buf_add(s->out, s->text + s->done, at - s->done);
	s->done = at;
}

static void add_string(struct splice *s, const char *name)
{
	buf_addf(s->out, "\"%s\"", name);
}

/* The separator of two elements: ", ", or a comma and the indent of the next line. */
static void add_separator(struct splice *s, const struct json *array)
{
	const struct json *first = json_first(array), *second = json_next(first);
	size_t from = second ? json_end(first) : json_start(array) + 1, to = json_start(second ? second : first);
	bool newline = memchr(s->text + from, '\n', to - from);

	if (!second)
		buf_addc(s->out, ',');
	if (second || newline)
		buf_add(s->out, s->text + from, to - from);
	else
		buf_addc(s->out, ' ');
}

static bool in_order(const struct json *array)
{
	for (const struct json *e = json_first(array); e && json_next(e); e = json_next(e))
		if (strcmp(json_text(e), json_text(json_next(e))) > 0)
			return false;
	return true;
}

/* Adds to a names array that is not empty. */
static void add_to_names(struct splice *s, const struct json *array, const char *const names[], size_t count)
{
	bool sorted = in_order(array);
	const struct json *last = NULL;
	size_t i = 0;

	for (const struct json *e = json_first(array); e; last = e, e = json_next(e))
		for (; sorted && i < count && strcmp(names[i], json_text(e)) < 0; i++) {
			splice_at(s, json_start(e));
			add_string(s, names[i]);
			add_separator(s, array);
		}
	splice_at(s, json_end(last));
	for (; i < count; i++) {
		add_separator(s, array);
		add_string(s, names[i]);
	}
}

static void add_list(struct splice *s, const char *const names[], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		buf_adds(s->out, i ? ", " : "");
		add_string(s, names[i]);
	}
}

/* Adds a rule after the others. */
static void add_rule(struct splice *s, const struct json *rules, const char *const names[], size_t count)
{
	const struct json *last = NULL;

	for (const struct json *e = json_first(rules); e; e = json_next(e))
		last = e;
	splice_at(s, last ? json_end(last) : json_start(rules) + 1);
	if (last)
		add_separator(s, rules);
	buf_adds(s->out, "{\"names\": [");
	add_list(s, names, count);
	buf_adds(s->out, "], \"action\": \"SCMP_ACT_ALLOW\"}");
}

static size_t line_at(const char *text, size_t offset)
{
	size_t n = 1;

	for (size_t i = 0; i < offset; i++)
		n += text[i] == '\n';
	return n;
}

/* True if a rule just allows calls, without arguments or conditions. */
static bool is_plain_allow(const struct json *rule)
{
	const char *action = json_text(json_get(rule, "action"));

	return text_streq(action, "SCMP_ACT_ALLOW") && json_type(json_get(rule, "names")) == JSON_ARRAY &&
	       !json_count(json_get(rule, "args")) && !json_count(json_get(rule, "includes")) &&
	       !json_count(json_get(rule, "excludes"));
}

int amend_profile(const char *text, size_t len, const char *name, const char *const names[], size_t count,
		 struct buf *out, size_t *ret_line, struct err *err)
{
	struct splice s = {.text = text, .len = len, .out = out};
	cleanup_json struct json_doc *doc = NULL;
	const struct json *section, *rules, *rule, *array = NULL;
	enum policy_format format;
	size_t blank = 0;
	int r;

	while (blank < len && isspace((unsigned char)text[blank]))
		blank++;
	if (blank < len && text[blank] == '[')
		return err_set(err, EINVAL, "%s: cannot add to a systemd unit; write a drop-in", name);
	/* Not JSON, or the profile is nested: Kubernetes objects. */
	r = blank < len && text[blank] == '{' ? json_parse(text, len, JSON_FOREIGN, name, &doc, NULL) : -EINVAL;
	section = r == 0 ? policy_find_section(doc, &format) : NULL;
	if (!section)
		return amend_objects(text, len, name, names, count, amend_profile, out, ret_line, err);
	rules = json_get(section, "syscalls");
	if (json_type(rules) != JSON_ARRAY) {
		json_err(doc, section, err, "has no \"syscalls\" array to add to");
		return -ENOENT;
	}
	for (rule = json_first(rules); rule && !array; rule = json_next(rule))
		array = is_plain_allow(rule) ? json_get(rule, "names") : NULL;
	*ret_line = line_at(text, json_start(array ? array : rules));
	if (!array) {
		add_rule(&s, rules, names, count);
	} else if (json_count(array)) {
		add_to_names(&s, array, names, count);
	} else {
		splice_at(&s, json_start(array) + 1);
		add_list(&s, names, count);
	}
	splice_at(&s, len);
	return buf_failed(out) ? err_set(err, ENOMEM, "out of memory") : 0;
}

#define CONTEXT   3
#define LINES_MAX 2000 /* lines from the first to the last change; if there are more, all count as changed */

struct lines {
	const char **at; /* count + 1 pointers: the last is the end */
	size_t count;
};

static bool split_lines(const struct buf *b, struct lines *ret)
{
	const char *end = b->data + b->len;
	size_t n = 0;

	ret->at = calloc(b->len + 2, sizeof(*ret->at));
	if (!ret->at)
		return false;
	for (const char *p = b->data; p < end;) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));

		ret->at[n++] = p;
		p = newline ? newline + 1 : end;
	}
	ret->at[n] = end;
	ret->count = n;
	return true;
}

static bool same_line(const struct lines *a, size_t i, const struct lines *b, size_t k)
{
	size_t n = (size_t)(a->at[i + 1] - a->at[i]);

	return n == (size_t)(b->at[k + 1] - b->at[k]) && memcmp(a->at[i], b->at[k], n) == 0;
}

struct diff {
	struct lines a, b;
	char *script; /* one of ' ', '-', '+' per line */
	size_t len;
};

/* The longest common subsequence of a[from..a_end) and b[from..b_end). */
static bool compare(struct diff *d, size_t from, size_t a_end, size_t b_end)
{
	size_t n = a_end - from, m = b_end - from, w = m + 1, i = 0, k = 0;
	cleanup_free uint16_t *length = NULL;

	if (n <= LINES_MAX && m <= LINES_MAX && !(length = calloc((n + 1) * w, sizeof(*length))))
		return false;
	for (size_t x = n; length && x-- > 0;)
		for (size_t y = m; y-- > 0;) {
			uint16_t down = length[(x + 1) * w + y], right = length[x * w + y + 1];

			length[x * w + y] = same_line(&d->a, from + x, &d->b, from + y)
						    ? (uint16_t)(length[(x + 1) * w + y + 1] + 1)
						    : (down > right ? down : right);
		}
	while (i < n || k < m) {
		if (length && i < n && k < m && same_line(&d->a, from + i, &d->b, from + k)) {
			d->script[d->len++] = ' ';
			i++, k++;
		} else if (i < n && (k == m || !length || length[(i + 1) * w + k] >= length[i * w + k + 1])) {
			d->script[d->len++] = '-';
			i++;
		} else {
			d->script[d->len++] = '+';
			k++;
		}
	}
	return true;
}

static bool make_script(struct diff *d)
{
	size_t from = 0, a_end = d->a.count, b_end = d->b.count;

	d->script = malloc(a_end + b_end + 1);
	if (!d->script)
		return false;
	while (from < a_end && from < b_end && same_line(&d->a, from, &d->b, from))
		d->script[from++] = ' ';
	d->len = from;
	while (a_end > from && b_end > from && same_line(&d->a, a_end - 1, &d->b, b_end - 1))
		a_end--, b_end--;
	if (!compare(d, from, a_end, b_end))
		return false;
	for (; a_end < d->a.count; a_end++)
		d->script[d->len++] = ' ';
	return true;
}

static void add_line(const struct lines *l, size_t i, char mark, struct buf *out)
{
	size_t n = (size_t)(l->at[i + 1] - l->at[i]);
	bool newline = n && l->at[i][n - 1] == '\n';

	buf_addc(out, mark);
	/* A profile's strings may contain anything; a tab is common and safe. */
	for (const char *p = l->at[i]; p < l->at[i] + n - newline; p++)
		if (*p == '\t')
			buf_addc(out, '\t');
		else
			buf_addc(out, *p < 0x20 || *p > 0x7e ? '?' : *p);
	buf_adds(out, newline ? "\n" : "\n\\ No newline at end of file\n");
}

/* One hunk: the script from `i` to `end`, which begins at line a of the one text and b of the other. */
static void add_hunk(const struct diff *d, size_t i, size_t end, size_t a, size_t b, struct buf *out)
{
	size_t a_count = 0, b_count = 0;

	for (size_t k = i; k < end; k++) {
		a_count += d->script[k] != '+';
		b_count += d->script[k] != '-';
	}
	buf_addf(out, "@@ -%zu,%zu +%zu,%zu @@\n", a + (a_count > 0), a_count, b + (b_count > 0), b_count);
	for (; i < end; i++) {
		add_line(d->script[i] == '+' ? &d->b : &d->a, d->script[i] == '+' ? b : a, d->script[i], out);
		a += d->script[i] != '+';
		b += d->script[i] != '-';
	}
}

static void add_hunks(const struct diff *d, struct buf *out)
{
	size_t a = 0, b = 0, i = 0;

	while (i < d->len) {
		size_t change = i, end, last;

		while (change < d->len && d->script[change] == ' ')
			change++;
		if (change == d->len)
			return;
		size_t start = change - i > CONTEXT ? change - CONTEXT : i;

		a += start - i;
		b += start - i;
		for (last = end = change; end < d->len && end - last <= 2 * CONTEXT; end++)
			last = d->script[end] == ' ' ? last : end;
		end = d->len - last > CONTEXT + 1 ? last + CONTEXT + 1 : d->len;
		add_hunk(d, start, end, a, b, out);
		for (i = start; i < end; i++) {
			a += d->script[i] != '+';
			b += d->script[i] != '-';
		}
	}
}

void amend_add_enosys_rule(const char *const names[], size_t count, struct buf *out)
{
	buf_adds(out, "{\"names\": [");
	for (size_t i = 0; i < count; i++)
		buf_addf(out, "%s\"%s\"", i ? ", " : "", names[i]);
	buf_adds(out, "], \"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": 38}");
}

void amend_diff(const struct buf *before, const struct buf *after, const char *before_name, const char *after_name,
	       struct buf *out)
{
	struct diff d = {0};

	if (split_lines(before, &d.a) && split_lines(after, &d.b) && make_script(&d)) {
		buf_addf(out, "--- %s\n+++ %s\n", before_name, after_name);
		add_hunks(&d, out);
	} else {
		out->failed = true;
	}
	free(d.a.at);
	free(d.b.at);
	free(d.script);
}
