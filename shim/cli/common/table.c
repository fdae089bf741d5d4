#include "shim/cli/common/table.h"

#include "base/text.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
	/* The date, a space for the T, the time without its fraction. */
	if (ms && !buf_failed(&b))
		table_addf(t, "%.10s %.8s", b.data, b.data + 11);
	else
		table_add(t, "-");
}

void table_write(const struct table *t, const char *indent, struct buf *out)
{
	const char *s = t->text.data;

	if (buf_failed(&t->text)) {
		out->failed = true;
		return;
	}
	for (size_t i = 0; i < t->cells; i++, s += strlen(s) + 1) {
		size_t column = i % t->columns;

		if (!column)
			buf_adds(out, indent);
		if (column + 1 == t->columns)
			buf_addf(out, "%s\n", s);
		else
			buf_addf(out, "%-*s  ", (int)t->width[column], s);
	}
}

void table_done(struct table *t)
{
	buf_done(&t->text);
}
