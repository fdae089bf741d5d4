/* Aligned columns for people. Cells are safe for a terminal: anything but printable ASCII becomes '?'. */
#ifndef SNUG_SHIM_CLI_TABLE_H
#define SNUG_SHIM_CLI_TABLE_H

#include "base/buf.h"
#include "base/cleanup.h"

#include <stddef.h>
#include <stdint.h>

#define TABLE_COLUMNS_MAX 12

struct table {
	size_t columns;
	size_t cells;                    /* so far */
	size_t width[TABLE_COLUMNS_MAX]; /* widest cell */
	struct buf text;                 /* the cells, each NUL-terminated */
};

/* Begins a table of 1..TABLE_COLUMNS_MAX columns. */
void table_begin(struct table *t, size_t columns);

/* Adds the next cell, row by row. A failure shows in table_write(). */
void table_add(struct table *t, const char *s);
void table_addf(struct table *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Adds a time, given in ms since the epoch: "2026-01-31 12:00:00" (UTC); "-" for 0. */
void table_add_time(struct table *t, uint64_t ms);

/* Appends the rows, each line after `indent`; the last column is not padded. If the table ran out of memory, `out` fails. */
void table_write(const struct table *t, const char *indent, struct buf *out);

void table_done(struct table *t);
#define cleanup_table cleanup_with(table_done)

#endif
