/* Two profiles side by side. */
#include "shim/cli/report/page.h"

#include "base/text.h"
#include "shim/cli/key/scope.h"

/* Calls about which the two differ in more than being open or closed. */
static const struct {
	enum diff_kind kind;
	const char *title;
} KINDS[] = {
	{DIFF_ARGUMENTS, "Decided by arguments, differently"},
	{DIFF_HANDED_OVER, "Handed over to a tracer or an agent"},
	{DIFF_ANSWER, "Same decision, other answer"},
};

static void add_count(const char *what, size_t here, size_t there, struct buf *out)
{
	buf_addf(out, "<tr><th scope=\"row\">%s</th><td>%zu</td><td>%zu</td></tr>\n", what, here, there);
}

static size_t count_dangers(const struct diff *d, enum diff_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < d->count; i++)
		n += d->rows[i].kind == kind && d->rows[i].danger;
	return n;
}

static const char *settled(const struct confidence *c, const struct evidence_verdict *v)
{
	return confidence_is_reached(c) && v->complete ? "settled" : "not settled";
}

static void add_words(const char *what, const char *here, const char *there, struct buf *out)
{
	buf_addf(out, "<tr><th scope=\"row\">%s</th><td>%s</td><td>%s</td></tr>\n", what, here, there);
}

/* Appends the name of the page's own profile (0) or of the other (1). */
static void add_side(const struct report *r, const struct against *a, unsigned side, struct buf *out)
{
	page_escape(out, side ? a->name.data : r->key);
	if (!side && r->approval)
		buf_addf(out, "#%u", r->approval);
}

/* The header cells that name the two sides. */
static void add_sides(const char *first, const struct report *r, const struct against *a, struct buf *out)
{
	buf_addf(out, "<th scope=\"col\">%s</th><th scope=\"col\">", first);
	add_side(r, a, 0, out);
	buf_adds(out, "</th><th scope=\"col\">");
	add_side(r, a, 1, out);
	buf_adds(out, "</th>");
}

static void add_figures(const struct report *r, const struct against *a, struct buf *out)
{
	const struct evidence_verdict *own = &r->build->verdict;
	const struct diff *d = &a->diff;
	cleanup_buf struct buf head = {0};

	add_sides("Figure", r, a, &head);
	page_begin_table("The two in figures", head.data ? head.data : "", out);
	add_count("calls allowed", d->allowed[0], d->allowed[1], out);
	add_count("of them allowed only on this side", diff_count(d, DIFF_REFUSED_BY_B),
		  diff_count(d, DIFF_REFUSED_BY_A), out);
	add_count("of these, dangerous", count_dangers(d, DIFF_REFUSED_BY_B), count_dangers(d, DIFF_REFUSED_BY_A), out);
	if (a->has_evidence) {
		add_count("learning runs", own->learn_runs - own->failed_starts, a->verdict.learn_runs - a->verdict.failed_starts, out);
		add_words("evidence", own->complete ? "complete" : "not complete",
			  a->verdict.complete ? "complete" : "not complete", out);
		add_words("new calls", settled(&r->confidence, own), settled(&a->confidence, &a->verdict), out);
	}
	page_end_table(out);
}

/* The name, with its architectures if the main one is not among them. */
static void add_name(const struct diff *d, const struct diff_row *row, struct buf *out)
{
	page_escape(out, row->name);
	for (unsigned i = 0; !(d->first && row->arches >> d->first->id & 1) && i < ARCH_COUNT; i++)
		if (row->arches >> i & 1)
			buf_addf(out, " (%s)", arch_get((enum arch_id)i)->name);
}

/* What only one side opens: dangerous calls with what they open, then the names of the others. */
static void add_only(const struct report *r, const struct against *a, unsigned side, struct buf *out)
{
	const enum diff_kind kind = side ? DIFF_REFUSED_BY_A : DIFF_REFUSED_BY_B;
	const struct diff *d = &a->diff;
	size_t n = diff_count(d, kind), dangers = count_dangers(d, kind);

	buf_adds(out, "<div><h3>Open only in ");
	add_side(r, a, side, out);
	buf_addf(out, " <span class=\"dim\">%zu</span></h3>\n%s", n, n ? "" : "<p>None.</p>\n");
	buf_adds(out, dangers ? "<ul class=\"dangers\">\n" : "");
	for (size_t i = 0; i < d->count; i++) {
		if (d->rows[i].kind != kind || !d->rows[i].danger)
			continue;
		buf_adds(out, "<li><code>");
		add_name(d, &d->rows[i], out);
		buf_adds(out, "</code> ");
		page_escape(out, d->rows[i].danger);
		buf_adds(out, "</li>\n");
	}
	buf_adds(out, dangers ? "</ul>\n" : "");
	buf_adds(out, n > dangers ? "<ul class=\"names\">" : "");
	for (size_t i = 0; i < d->count; i++) {
		if (d->rows[i].kind != kind || d->rows[i].danger)
			continue;
		buf_adds(out, "<li>");
		add_name(d, &d->rows[i], out);
		buf_adds(out, "</li>\n");
	}
	buf_adds(out, n > dangers ? "</ul></div>\n" : "</div>\n");
}

static void add_row(const struct diff *d, const struct diff_row *row, struct buf *out)
{
	buf_adds(out, "<tr><th scope=\"row\" class=\"call\">");
	add_name(d, row, out);
	buf_adds(out, "</th><td>");
	page_escape(out, row->says[0]);
	buf_adds(out, "</td><td>");
	page_escape(out, row->says[1]);
	buf_adds(out, "</td></tr>\n");
}

static void add_kind(const struct report *r, const struct against *a, size_t k, struct buf *out)
{
	cleanup_buf struct buf head = {0}, caption = {0};
	size_t n = diff_count(&a->diff, KINDS[k].kind);

	if (!n)
		return;
	buf_addf(&caption, "%s: %zu", KINDS[k].title, n);
	add_sides("Call", r, a, &head);
	/* Another errno changes nothing about what is open: that is folded away. */
	if (KINDS[k].kind == DIFF_ANSWER)
		buf_addf(out, "<details><summary>%s</summary>\n", caption.data ? caption.data : "");
	page_begin_table(caption.data ? caption.data : "", head.data ? head.data : "", out);
	for (size_t i = 0; i < a->diff.count; i++)
		if (a->diff.rows[i].kind == KINDS[k].kind)
			add_row(&a->diff, &a->diff.rows[i], out);
	page_end_table(out);
	buf_adds(out, KINDS[k].kind == DIFF_ANSWER ? "</details>\n" : "");
}

/* Architectures that only one side lists. */
static void add_arches(const struct report *r, const struct against *a, struct buf *out)
{
	for (unsigned side = 0; side < 2; side++) {
		if (!a->diff.only[side])
			continue;
		buf_adds(out, "<p>Only ");
		add_side(r, a, side, out);
		buf_adds(out, " lists ");
		scope_add_arches(a->diff.only[side], out);
		buf_adds(out, "; ");
		add_side(r, a, !side, out);
		buf_adds(out, " kills programs of those architectures.</p>\n");
	}
}

void page_add_against(const struct report *r, const struct against *a, struct buf *out)
{
	page_begin_section("against", "Side by side", out);
	buf_adds(out, "<p>Against <b>");
	page_escape(out, a->name.data);
	buf_adds(out, "</b>");
	if (a->what.len) {
		buf_adds(out, ": ");
		page_escape(out, a->what.data);
	}
	buf_adds(out, ". What counts is the answer to each call, not how a profile is written.</p>\n");
	add_figures(r, a, out);
	if (diff_is_same(&a->diff))
		buf_adds(out, "<p>Both answer every call alike.</p>\n");
	add_arches(r, a, out);
	buf_adds(out, "<div class=\"sides\">\n");
	add_only(r, a, 0, out);
	add_only(r, a, 1, out);
	buf_adds(out, "</div>\n");
	for (size_t k = 0; k < ARRAY_SIZE(KINDS); k++)
		add_kind(r, a, k, out);
	page_end_section(out);
}
