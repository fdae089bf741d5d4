/* The known calls over runs and over time, and what each run added. */
#include "shim/cli/report/page.h"

#include "base/cleanup.h"

#define RUNS_TOLD 30 /* in the text that stands for the picture */

/* In SVG units. */
#define WIDTH  640.0
#define HEIGHT 190.0
#define LEFT   44.0
#define RIGHT  12.0
#define TOP    20.0
#define BOTTOM 34.0

static double x_of(const struct report_point *points, size_t count, size_t i, bool over_time)
{
	double span = over_time ? (double)(points[count - 1].at_ms - points[0].at_ms) : (double)(count - 1);
	double at = over_time ? (double)(points[i].at_ms - points[0].at_ms) : (double)i;

	return LEFT + (span > 0 ? at / span : 0.0) * (WIDTH - LEFT - RIGHT);
}

static double y_of(size_t value, size_t top)
{
	return HEIGHT - BOTTOM - (double)value / (double)top * (HEIGHT - TOP - BOTTOM);
}

static size_t value_of(const struct report_point *p, bool program)
{
	return program ? p->program : p->runtime;
}

/* Draws steps: a known call stays known. A single point is drawn over the whole width. The last value is written at the
 * end. */
static void add_line(const struct report_point *points, size_t count, bool over_time, bool program, size_t top,
		     struct buf *out)
{
	buf_addf(out, "<path class=\"%s\" d=\"M%.1f %.1f", program ? "program" : "runtime", LEFT,
		 y_of(value_of(&points[0], program), top));
	for (size_t i = 1; i < count; i++)
		buf_addf(out, "H%.1fV%.1f", x_of(points, count, i, over_time),
			 y_of(value_of(&points[i], program), top));
	buf_addf(out, "H%.1f\"/>\n", WIDTH - RIGHT);
	buf_addf(out, "<text class=\"left\" x=\"%.1f\" y=\"%.1f\">%zu</text>\n", WIDTH - RIGHT,
		 y_of(value_of(&points[count - 1], program), top) - 5, value_of(&points[count - 1], program));
}

static size_t highest(const struct report_point *points, size_t count)
{
	size_t top = 1;

	for (size_t i = 0; i < count; i++) {
		top = points[i].program > top ? points[i].program : top;
		top = points[i].runtime > top ? points[i].runtime : top;
	}
	return top;
}

/* 1, 2 or 5 times a power of ten, such that about four steps fill the height. */
static size_t step_of(size_t top)
{
	static const size_t factors[] = {1, 2, 5};

	for (size_t power = 1;; power *= 10)
		for (size_t i = 0; i < ARRAY_SIZE(factors); i++)
			if (top <= 5 * factors[i] * power)
				return factors[i] * power;
}

static void add_grid(size_t top, struct buf *out)
{
	for (size_t v = 0, step = step_of(top); v <= top; v += step) {
		buf_addf(out, "<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>", LEFT,
			 WIDTH - RIGHT, y_of(v, top), y_of(v, top));
		buf_addf(out, "<text class=\"left\" x=\"%.1f\" y=\"%.1f\">%zu</text>\n", LEFT - 8, y_of(v, top) + 4, v);
	}
}

static void add_ends(const struct report_point *points, size_t count, bool over_time, struct buf *out)
{
	buf_addf(out, "<text x=\"%.1f\" y=\"%.1f\">", LEFT, HEIGHT - 10);
	if (over_time)
		page_add_time(out, points[0].at_ms);
	else
		buf_adds(out, "1st run");
	buf_addf(out, "</text><text class=\"left\" x=\"%.1f\" y=\"%.1f\">", WIDTH - RIGHT, HEIGHT - 10);
	if (over_time)
		page_add_time(out, points[count - 1].at_ms);
	else
		buf_addf(out, "run %zu", count);
	buf_adds(out, "</text>\n");
}

/* A bar for each run that showed something new; a mark below each run that is not complete, and where the key settled.
 */
static void add_runs(const struct report *r, size_t top, struct buf *out)
{
	const double step = (WIDTH - LEFT - RIGHT) / (double)r->run_count, width = step > 16 ? 16 : step < 1 ? 1 : step;

	for (size_t i = 0; i < r->run_count; i++) {
		const struct report_point *p = &r->by_run[i];
		double x = x_of(r->by_run, r->run_count, i, false) - width / 2;

		x = x < LEFT ? LEFT : x > WIDTH - RIGHT - width ? WIDTH - RIGHT - width : x;
		if (p->fresh)
			buf_addf(out, "<rect class=\"fresh\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>", x,
				 y_of((size_t)p->fresh, top), width, HEIGHT - BOTTOM - y_of((size_t)p->fresh, top));
		if (!p->complete)
			buf_addf(out, "<rect class=\"lost\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"5\"/>", x,
				 HEIGHT - BOTTOM + 2, width);
	}
	if (!r->settled_run)
		return;
	double x = x_of(r->by_run, r->run_count, r->settled_run - 1, false);

	buf_addf(out, "<path class=\"settled\" d=\"M%.1f %.1fV%.1f\"/><text%s x=\"%.1f\" y=\"%.1f\">settled</text>\n",
		 x, TOP - 6, HEIGHT - BOTTOM, x > WIDTH / 2 ? " class=\"left\"" : "", x > WIDTH / 2 ? x - 4 : x + 4,
		 TOP - 8);
}

/* What the picture shows, in words: "new calls in each run: 12, 0, 3 (not complete)". */
static void add_words(const struct report *r, struct buf *out)
{
	size_t from = r->run_count > RUNS_TOLD ? r->run_count - RUNS_TOLD : 0;

	buf_addf(out, "Calls known after %zu learning run%s: %zu of the program, %zu of the runtime. New calls in %s: ",
		 r->run_count, r->run_count == 1 ? "" : "s", r->by_run[r->run_count - 1].program,
		 r->by_run[r->run_count - 1].runtime, from ? "the newest of these runs" : "each run");
	for (size_t i = from; i < r->run_count; i++)
		buf_addf(out, "%s%llu%s", i > from ? ", " : "", (unsigned long long)r->by_run[i].fresh,
			 r->by_run[i].complete ? "" : " (not complete)");
	if (r->settled_run)
		buf_addf(out, ". Settled with run %zu of these", r->settled_run);
	buf_adds(out, ".");
}

static void add_chart(const struct report *r, bool over_time, struct buf *out)
{
	const struct report_point *points = over_time ? r->by_time : r->by_run;
	size_t count = over_time ? r->time_count : r->run_count, top = highest(points, count);

	for (size_t i = 0; !over_time && i < count; i++)
		top = points[i].fresh > top ? (size_t)points[i].fresh : top;
	top = top ? top : 1;
	buf_addf(out, "<svg class=\"chart%s\" viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-label=\"",
		 over_time ? " time" : "", WIDTH, HEIGHT);
	if (over_time)
		buf_adds(out, "The same over time");
	else
		add_words(r, out);
	buf_adds(out, "\">\n");
	add_grid(top, out);
	add_ends(points, count, over_time, out);
	if (!over_time)
		add_runs(r, top, out);
	add_line(points, count, over_time, false, top, out);
	add_line(points, count, over_time, true, top, out);
	buf_adds(out, "</svg>\n");
}

static void add_key(struct buf *out)
{
	buf_adds(out, "<ul class=\"key\">\n"
		      "<li><svg viewBox=\"0 0 32 10\" aria-hidden=\"true\"><path class=\"program\" d=\"M0 "
		      "5H32\"/></svg>known of the program</li>\n"
		      "<li><svg viewBox=\"0 0 32 10\" aria-hidden=\"true\"><path class=\"runtime\" d=\"M0 "
		      "5H32\"/></svg>known of the runtime</li>\n"
		      "<li><svg viewBox=\"0 0 4 4\" aria-hidden=\"true\"><rect class=\"fresh\" width=\"4\" "
		      "height=\"4\"/></svg>new in a run</li>\n"
		      "<li><svg viewBox=\"0 0 4 4\" aria-hidden=\"true\"><rect class=\"lost\" width=\"4\" "
		      "height=\"4\"/></svg>run not complete</li>\n</ul>\n");
}

void page_add_trend(const struct report *r, struct buf *out)
{
	if (!r->run_count)
		return;
	page_begin_section("trend", "New calls over learning runs", out);
	buf_adds(out, "<p class=\"screen\">Distinct calls known at the end of each learning run, and those that the "
		      "run was the first "
		      "to show. A flat line means nothing new.</p>\n");
	add_key(out);
	add_chart(r, false, out);
	buf_adds(out, "<p class=\"dim\">");
	add_words(r, out);
	buf_adds(out, "</p>\n<details class=\"screen\"><summary>The same over time</summary>\n");
	add_chart(r, true, out);
	buf_adds(out, "</details>\n");
	page_end_section(out);
}
