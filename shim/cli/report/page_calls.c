/* The calls: dangerous ones, closed and open, and why each is in the profile. */
#include "shim/cli/report/page.h"

#include "base/text.h"
#include "seccomp/syscall/sets.h"

#include <string.h>

static void add_reason(const char *name, const char *danger, struct buf *out)
{
	buf_adds(out, "<li><code>");
	page_escape(out, name);
	buf_adds(out, "</code> ");
	page_escape(out, danger);
}

static size_t count_dangers(const char *const names[], size_t count)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		n += set_danger_of(names[i]) != NULL;
	return n;
}

/* The first line of why a call is in the profile. */
static void add_first_reason(const struct report_call *c, struct buf *out)
{
	cleanup_buf struct buf line = {0};

	buf_add(&line, c->why.data, strcspn(c->why.data, "\n"));
	buf_adds(&line, "");
	page_escape(out, line.data ? line.data : "");
}

static void add_now_closed(const struct report *r, struct buf *out)
{
	const struct report_default *d = r->measure;
	size_t n = d ? count_dangers(d->closed, d->closed_count) : 0;

	buf_addf(out, "<h3>Now closed <span class=\"dim\">%zu</span></h3>\n", n);
	if (!n) {
		buf_adds(out, "<p>None that a default leaves open.</p>\n");
		return;
	}
	buf_adds(out, "<p>The default of ");
	default_add_title(d->profile, out);
	buf_adds(out, " leaves these open.</p>\n<ul class=\"dangers\">\n");
	for (size_t i = 0; i < d->closed_count; i++) {
		const char *danger = set_danger_of(d->closed[i]);

		if (!danger)
			continue;
		add_reason(d->closed[i], danger, out);
		buf_adds(out, report_default_is_narrow(d, d->closed[i]) ? " (there only with certain arguments)</li>\n"
									: "</li>\n");
	}
	buf_adds(out, "</ul>\n");
}

/* Dangerous calls that exist here and that neither allows. */
static void add_closed_by_both(const struct report *r, struct buf *out)
{
	const struct report_default *d = r->measure;
	const struct set_danger *dangers = NULL;
	size_t n = 0;

	for (size_t count = set_dangers(&dangers), i = 0; d && i < count; i++) {
		if (!report_exists(r, dangers[i].name) || profile_find(r->build->profile, dangers[i].name) ||
		    report_default_allows(d, dangers[i].name))
			continue;
		buf_addf(out, "%s<code>%s</code>",
			 n++ ? ", " : "<p class=\"dim\">Closed here, and under that default too: ", dangers[i].name);
	}
	buf_adds(out, n ? ".</p>\n" : "");
}

static void add_still_open(const struct report *r, struct buf *out)
{
	size_t n = 0;

	for (size_t i = 0; i < r->call_count; i++)
		n += r->calls[i].open && r->calls[i].danger;
	buf_addf(out, "<h3>Still open <span class=\"dim\">%zu</span></h3>\n%s", n,
		 n ? "<ul class=\"dangers\">\n" : "<p>None.</p>\n");
	for (size_t i = 0; i < r->call_count; i++) {
		const struct report_call *c = &r->calls[i];

		if (!c->open || !c->danger)
			continue;
		add_reason(c->name, c->danger, out);
		buf_adds(out, ". Why: ");
		add_first_reason(c, out);
		if (c->masked)
			buf_adds(out, ". Only with certain arguments");
		if (r->measure && !report_default_allows(r->measure, c->name))
			buf_adds(out, ". <b>That default refuses it</b>");
		buf_adds(out, "</li>\n");
	}
	buf_adds(out, n ? "</ul>\n" : "");
}

void page_add_dangers(const struct report *r, struct buf *out)
{
	page_begin_section("dangers", "Dangerous calls", out);
	add_now_closed(r, out);
	add_closed_by_both(r, out);
	add_still_open(r, out);
	page_end_section(out);
}

/* Each line of the text in its own element; all but the first are further sources. */
static void add_lines(const char *text, struct buf *out)
{
	for (size_t n = 0; *text; n++) {
		cleanup_buf struct buf line = {0};
		size_t len = strcspn(text, "\n");

		buf_add(&line, text, len);
		buf_adds(&line, "");
		buf_adds(out, n ? "<div class=\"also\">" : "<div>");
		page_escape(out, line.data ? line.data : "");
		buf_adds(out, "</div>");
		text += len + (text[len] == '\n');
	}
}

static void add_moment(const char *what, size_t run, uint64_t ms, struct buf *out)
{
	buf_addf(out, "<div>%s ", what);
	if (run)
		buf_addf(out, "in run %zu, ", run);
	buf_adds(out, "<span class=\"date\">");
	page_add_time(out, ms);
	buf_adds(out, "</span></div>");
}

static void add_seen(const struct report_call *c, struct buf *out)
{
	if (!c->first_ms) {
		buf_adds(out, "not seen");
		return;
	}
	add_moment("first", c->first_run, c->first_ms, out);
	if (c->last_ms != c->first_ms)
		add_moment("last", c->last_run, c->last_ms, out);
	buf_addf(out, "<div>in %llu run%s</div>", (unsigned long long)c->runs, c->runs == 1 ? "" : "s");
	/* For paper and phones. */
	if (c->first_run && c->last_run && c->first_run != c->last_run)
		buf_addf(out, "<div class=\"short\">runs %zu-%zu</div>", c->first_run, c->last_run);
	else if (c->first_run)
		buf_addf(out, "<div class=\"short\">run %zu</div>", c->first_run);
}

static void add_call(const struct report_call *c, struct buf *out)
{
	buf_addf(out, "<tr%s><th scope=\"row\" class=\"call\">", c->open ? "" : " class=\"shut\"");
	page_escape(out, c->name);
	buf_adds(out, c->danger ? " <span class=\"bad\">&#9888; dangerous</span></th><td>" : "</th><td>");
	add_lines(c->why.data, out);
	buf_adds(out, "</td><td class=\"seen\">");
	add_seen(c, out);
	buf_adds(out, "</td></tr>\n");
}

static bool is_shown(const struct report_call *c, bool open, const char *group)
{
	return c->open == open && (!group || text_streq(set_group_of(c->name), group));
}

static void add_table(const struct report *r, const char *title, bool open, const char *group, struct buf *out)
{
	size_t n = 0;

	for (size_t i = 0; i < r->call_count; i++)
		n += is_shown(&r->calls[i], open, group);
	if (!n)
		return;
	buf_addf(out,
		 "<table class=\"why\"><caption>%s <span class=\"dim\">%zu</span></caption><thead><tr><th "
		 "scope=\"col\">Call</th>"
		 "<th scope=\"col\">Why</th><th scope=\"col\">Seen while learning (UTC)</th></tr></thead><tbody>\n",
		 title, n);
	for (size_t i = 0; i < r->call_count; i++)
		if (is_shown(&r->calls[i], open, group))
			add_call(&r->calls[i], out);
	buf_adds(out, "</tbody></table>\n");
}

static bool has_unlogged_runs(const struct evidence *ev)
{
	const struct evidence_run *const *runs = NULL;

	for (size_t n = evidence_runs(ev, &runs), i = 0; i < n; i++)
		if (runs[i]->unlogged.count || runs[i]->unlogged.assumed.count)
			return true;
	return false;
}

void page_add_calls(const struct report *r, struct buf *out)
{
	const struct page_group *groups;
	size_t n = page_groups(&groups);

	page_begin_section("why", "Why each call is in the profile", out);
	buf_adds(out,
		 "<p class=\"dim screen\">Programs by the names that their processes give themselves, with their "
		 "files; a call that the kernel "
		 "counted instead of logging it has no name. The floor is what the runtime itself "
		 "was seen to call by sampling. A name that ends in .csv is a table of snug, quoted with its reason.");
	if (has_unlogged_runs(r->build->evidence))
		buf_adds(out, " Later runs do not log calls that are already known, so when a call was last seen, and "
			      "in how many runs, is what was "
			      "logged.");
	buf_adds(out, "</p>\n<div class=\"columns\">\n");
	for (size_t i = 0; i < n; i++)
		add_table(r, groups[i].title, true, groups[i].code, out);
	add_table(r, "Seen, but not in the profile", false, NULL, out);
	buf_adds(out, "</div>\n");
	page_end_section(out);
}
