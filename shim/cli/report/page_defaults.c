/* What is closed against the default profiles. */
#include "shim/cli/report/page.h"

#include "base/text.h"
#include "seccomp/syscall/sets.h"

static void add_title(const struct report_default *d, struct buf *out)
{
	cleanup_buf struct buf title = {0};

	default_add_title(d->profile, &title);
	page_escape(out, title.data ? title.data : "");
}

/* A piece of the bar, in per cent of its width. */
static void add_piece(const char *class, double from, double width, struct buf *out)
{
	if (width > 0)
		buf_addf(out, "<rect class=\"%s\" x=\"%.2f\" y=\"0\" width=\"%.2f\" height=\"4\"/>", class, from,
			 width);
}

static void add_key(const char *class, size_t n, const char *what, struct buf *out)
{
	buf_addf(out,
		 "<li><svg viewBox=\"0 0 4 4\" aria-hidden=\"true\"><rect class=\"%s\" width=\"4\" "
		 "height=\"4\"/></svg><b>%zu</b> %s</li>\n",
		 class, n, what);
}

static void add_bar(const struct report *r, struct buf *out)
{
	const struct report_default *d = r->measure;
	const size_t closed = d ? d->closed_count : 0,
		     both = r->known > r->open + closed ? r->known - r->open - closed : 0;
	const double unit = r->known ? 100.0 / (double)r->known : 0;
	cleanup_buf struct buf here = {0};

	buf_addf(out,
		 "<svg class=\"bar\" viewBox=\"0 0 100 4\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"Of "
		 "%zu system calls, %zu are open",
		 r->known, r->open);
	if (d)
		buf_addf(out, ", %zu are closed that the default leaves open, and %zu are closed by both", closed,
			 both);
	buf_adds(out, "\">");
	add_piece("open", 0, unit * (double)r->open, out);
	add_piece("closed", unit * (double)r->open, unit * (double)closed, out);
	add_piece("both", unit * (double)(r->open + closed), unit * (double)both, out);
	buf_adds(out, "</svg>\n<ul class=\"key\">\n");
	add_key("open", r->open, "open", out);
	if (d) {
		buf_adds(&here, "closed here, open under the default of ");
		add_title(d, &here);
		add_key("closed", closed, here.data ? here.data : "", out);
	}
	add_key("both", both, d ? "closed by both" : "closed", out);
	buf_adds(out, "</ul>\n");
}

/* A runtime leaves out names that its libseccomp does not know. */
static void add_left_out(const struct report_default *d, struct buf *out)
{
	char version[SYSCALL_LIBSECCOMP_MAX];
	size_t n = 0;

	for (size_t i = 0; i < d->allowed; i++)
		n += !syscall_known_to_libseccomp(d->allows[i]);
	if (!n)
		return;
	syscall_libseccomp(version);
	buf_addf(out,
		 "<p class=\"dim\">The default names these %zu calls. libseccomp %s, which is here, cannot name %zu of "
		 "them and leaves them out; "
		 "<code>snug diff</code> counts the other %zu.</p>\n",
		 d->allowed, version, n, d->allowed - n);
}

void page_add_closed(const struct report *r, struct buf *out)
{
	const struct report_default *d = r->measure;

	page_begin_section("closed", "What is closed", out);
	buf_addf(out, "<p class=\"big\"><b>%zu</b> of %zu system calls are open", r->open, r->known);
	if (d) {
		buf_adds(out, "; the default of ");
		add_title(d, out);
		buf_addf(out, " leaves <b>%zu</b> open", d->allowed);
	}
	buf_adds(out, ".</p>\n");
	add_bar(r, out);
	if (d)
		add_left_out(d, out);
	if (r->narrow)
		buf_addf(out, "<p>%zu of the open calls only with certain arguments.</p>\n", r->narrow);
	if (d && d->beyond_count) {
		buf_addf(out, "<p>%zu of the open calls are refused by that default:</p>\n", d->beyond_count);
		page_add_names(d->beyond, d->beyond_count, NULL, out);
	}
	if (d && !r->measure_is_engine)
		buf_adds(out, "<p class=\"dim\">The evidence does not tell which engine starts these containers; "
			      "Docker's default is the measure.</p>\n");
	page_end_section(out);
}

static void add_default(const struct report_default *d, struct buf *out)
{
	buf_adds(out, "<tr><th scope=\"row\">");
	add_title(d, out);
	buf_adds(out, "<div class=\"dim\">");
	page_escape(out, d->profile->version);
	buf_addf(out,
		 "</div></th><td class=\"n\">%zu</td><td class=\"n\">%zu</td><td class=\"n\">%zu</td><td "
		 "class=\"n\">%zu</td></tr>\n",
		 d->allowed, d->allowed - d->closed_count, d->closed_count, d->beyond_count);
}

static size_t count_group(const char *const names[], size_t count, const char *group)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		n += text_streq(set_group_of(names[i]), group);
	return n;
}

/* Lists the names for one default only: the others differ by a handful. */
static void add_closed(const struct report_default *d, struct buf *out)
{
	const struct page_group *groups;
	size_t count = page_groups(&groups);

	buf_addf(out, "<details><summary>The %zu calls that are closed here and open under the default of ",
		 d->closed_count);
	add_title(d, out);
	buf_adds(out, "</summary>\n");
	for (size_t g = 0; g < count; g++) {
		size_t n = count_group(d->closed, d->closed_count, groups[g].code);

		if (!n)
			continue;
		buf_addf(out, "<h3>%s <span class=\"dim\">%zu</span></h3>\n", groups[g].title, n);
		page_add_names(d->closed, d->closed_count, groups[g].code, out);
	}
	buf_adds(out, "</details>\n");
}

void page_add_defaults(const struct report *r, struct buf *out)
{
	if (!r->default_count)
		return;
	page_begin_section("defaults", "Compared with the defaults", out);
	page_begin_table(
		"The profiles of containers that ask for none, by names of calls",
		"<th scope=\"col\">Default of</th><th scope=\"col\" class=\"n\">It allows</th><th scope=\"col\" "
		"class=\"n\">Kept open here</th>"
		"<th scope=\"col\" class=\"n\">Closed here</th><th scope=\"col\" class=\"n\">Open here only</th>",
		out);
	for (size_t i = 0; i < r->default_count; i++)
		add_default(&r->defaults[i], out);
	page_end_table(out);
	if (r->measure)
		add_closed(r->measure, out);
	page_end_section(out);
}
