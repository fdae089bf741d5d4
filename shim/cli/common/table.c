#include "shim/cli/common/table.h"

#include "base/text.h"
#include "shim/cli/common/width.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMN_MIN 12

void table_begin(struct table *t, size_t columns)
{
	assert(columns && columns <= TABLE_COLUMNS_MAX);
	*t = (struct table){.columns = columns};
}

void table_add(struct table *t, const char *s)
{
	size_t len = strlen(s), column = t->cells++ % t->columns;

	for (size_t i = 0; i < len; i++)
		buf_addc(&t->text, s[i] < 0x20 || s[i] > 0x7e ? '?' : s[i]);
	buf_addc(&t->text, 0);
	if (len > t->width[column])
		t->width[column] = len;
}

void table_addf(struct table *t, const char *fmt, ...)
{
	cleanup_free char *s = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	if (n < 0) {
		s = NULL;
		t->text.failed = true;
		return;
	}
	table_add(t, s);
}

void table_add_time(struct table *t, uint64_t ms)
{
	cleanup_buf struct buf b = {0};

	if (ms)
		text_add_time(&b, ms);
	/* The date, a space instead of the T, and the time without its fraction. */
	if (ms && !buf_failed(&b))
		table_addf(t, "%.10s %.8s", b.data, b.data + 11);
	else
		table_add(t, "-");
}

static size_t longest_word(const char *s)
{
	size_t longest = 0;

	while (*s) {
		size_t len = strcspn(s, " ");

		longest = len > longest ? len : longest;
		s += len + strspn(s + len, " ");
	}
	return longest;
}

/* Narrows the widest columns, none below its minimum, until a row fits in `most`. */
static bool narrow(const struct table *t, size_t total, size_t most, const size_t least[], size_t width[])
{
	while (total > most) {
		size_t widest = t->columns;

		for (size_t i = 0; i < t->columns; i++)
			if (width[i] > least[i] && (widest == t->columns || width[i] > width[widest]))
				widest = i;
		if (widest == t->columns)
			return false;
		width[widest]--;
		total--;
	}
	return true;
}

/* Fits the table into the width: breaks lines between words; on a terminal that is too narrow, also within words. */
static void fit(const struct table *t, size_t indent, size_t width[TABLE_COLUMNS_MAX])
{
	bool is_terminal = false;
	size_t least[TABLE_COLUMNS_MAX] = {0}, most = width_of_terminal(&is_terminal), total = indent + 2 * (t->columns - 1);
	const char *s = t->text.data;

	for (size_t i = 0; i < t->columns; i++) {
		width[i] = t->width[i];
		total += width[i];
	}
	for (size_t i = 0; i < t->cells; i++, s += strlen(s) + 1) {
		size_t longest = longest_word(s), column = i % t->columns;

		least[column] = longest > least[column] ? longest : least[column];
	}
	if (narrow(t, total, most, least, width) || !is_terminal)
		return;
	total = indent + 2 * (t->columns - 1);
	for (size_t i = 0; i < t->columns; i++) {
		least[i] = least[i] < COLUMN_MIN ? least[i] : COLUMN_MIN;
		total += width[i];
	}
	(void)narrow(t, total, most, least, width);
}

/* How much of the text goes on one line of its cell: whole words, unless the first is too long. */
static size_t line_of(const char *s, size_t width)
{
	size_t len = strlen(s), at = width;

	if (len <= width)
		return len;
	while (at > 0 && s[at] != ' ')
		at--;
	return at ? at : width;
}

/* Writes one row, with as many lines as its longest cell needs. */
static void write_row(const struct table *t, const char *cell[], const size_t width[], const char *indent, struct buf *out)
{
	bool more = true;

	while (more) {
		size_t pad = 0;

		more = false;
		buf_adds(out, indent);
		for (size_t i = 0; i < t->columns; i++) {
			size_t len = line_of(cell[i], width[i]);

			if (len) {
				buf_addf(out, "%*s", (int)pad, "");
				pad = 0;
			}
			buf_add(out, cell[i], len);
			pad += width[i] - len + 2;
			cell[i] += len + strspn(cell[i] + len, " ");
			more |= *cell[i] != '\0';
		}
		buf_addc(out, '\n');
	}
}

void table_write(const struct table *t, const char *indent, struct buf *out)
{
	size_t width[TABLE_COLUMNS_MAX];
	const char *s = t->text.data;

	if (buf_failed(&t->text)) {
		out->failed = true;
		return;
	}
	fit(t, strlen(indent), width);
	for (size_t i = 0; i + t->columns <= t->cells; i += t->columns) {
		const char *cell[TABLE_COLUMNS_MAX];

		for (size_t k = 0; k < t->columns; k++, s += strlen(s) + 1)
			cell[k] = s;
		write_row(t, cell, width, indent, out);
	}
}

void table_done(struct table *t)
{
	buf_done(&t->text);
}
