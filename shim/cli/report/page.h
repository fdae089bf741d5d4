/* The HTML of `snug report`. Names that containers chose are escaped wherever they stand; nothing runs, nothing is
 * loaded. */
#ifndef SNUG_SHIM_CLI_REPORT_PAGE_H
#define SNUG_SHIM_CLI_REPORT_PAGE_H

#include "shim/cli/report/against.h"
#include "shim/cli/report/report.h"

/* Appends the page. against: NULL: it compares with nothing but the defaults. */
void page_write(const struct report *r, const struct against *against, struct buf *out);

/* Its sections, in order. */
void page_add_evidence(const struct report *r, struct buf *out);
void page_add_closed(const struct report *r, struct buf *out);
void page_add_dangers(const struct report *r, struct buf *out);
void page_add_against(const struct report *r, const struct against *a, struct buf *out);
void page_add_calls(const struct report *r, struct buf *out);
void page_add_trend(const struct report *r, struct buf *out);
void page_add_defaults(const struct report *r, struct buf *out);
void page_add_floor(const struct report *r, struct buf *out);
void page_add_denials(const struct report *r, struct buf *out);
void page_add_approvals(const struct report *r, struct buf *out);
void page_add_runs(const struct report *r, struct buf *out);
void page_add_use(const struct report *r, struct buf *out);

/* Appends text with HTML's special characters escaped. */
void page_escape(struct buf *out, const char *s);

/* Appends a time (ms since the epoch) in seconds, UTC; "-" for 0. */
void page_add_time(struct buf *out, uint64_t ms);

/* Begins a section with its heading; the id is what links and landmarks name. Ended by page_end_section(). */
void page_begin_section(const char *id, const char *title, struct buf *out);
void page_end_section(struct buf *out);

/* Begins a table in a region that scrolls by keyboard if it is too wide; head: its header cells as HTML. */
void page_begin_table(const char *caption, const char *head, struct buf *out);
void page_end_table(struct buf *out);

/* Appends names as a list, dangerous ones marked; group: only those of this group (seccomp/syscall/groups.csv), NULL:
 * all. */
void page_add_names(const char *const names[], size_t count, const char *group, struct buf *out);

/* The groups of calls, in the order of the page: code of groups.csv, and title. */
struct page_group {
	const char *code, *title;
};
size_t page_groups(const struct page_group **ret);

#endif
