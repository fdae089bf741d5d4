#include "shim/cli/report/report.h"

#include "base/cleanup.h"

#include <time.h>

void report_add_time(struct buf *out, uint64_t ms)
{
	time_t t = (time_t)(ms / 1000);
	char text[32] = "-";
	struct tm tm;

	if (ms && gmtime_r(&t, &tm))
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	buf_adds(out, text);
}

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

/* Draws steps: a known call stays known. A single point is drawn over the whole width. The last value is written at the end. */
static void add_line(const struct report_point *points, size_t count, bool over_time, bool program, size_t top, struct buf *out)
{
	buf_addf(out, "<path class=\"%s\" d=\"M%.1f %.1f", program ? "program" : "runtime", LEFT,
		 y_of(value_of(&points[0], program), top));
	for (size_t i = 1; i < count; i++)
		buf_addf(out, "H%.1fV%.1f", x_of(points, count, i, over_time), y_of(value_of(&points[i], program), top));
	buf_addf(out, "H%.1f\"/>\n", WIDTH - RIGHT);
	buf_addf(out, "<text class=\"left\" x=\"%.1f\" y=\"%.1f\">%zu</text>\n", WIDTH - RIGHT, y_of(value_of(&points[count - 1], program), top) - 5,
		 value_of(&points[count - 1], program));
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
		buf_addf(out, "<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>", LEFT, WIDTH - RIGHT,
			 y_of(v, top), y_of(v, top));
		buf_addf(out, "<text class=\"left\" x=\"%.1f\" y=\"%.1f\">%zu</text>\n", LEFT - 8, y_of(v, top) + 4, v);
	}
}

static void add_ends(const struct report_point *points, size_t count, bool over_time, struct buf *out)
{
	buf_addf(out, "<text x=\"%.1f\" y=\"%.1f\">", LEFT, HEIGHT - 10);
	if (over_time)
		report_add_time(out, points[0].at_ms);
	else
		buf_adds(out, "1st run");
	buf_addf(out, "</text><text class=\"left\" x=\"%.1f\" y=\"%.1f\">", WIDTH - RIGHT, HEIGHT - 10);
	if (over_time)
		report_add_time(out, points[count - 1].at_ms);
	else
		buf_addf(out, "run %zu", count);
	buf_adds(out, "</text>\n");
}

void report_chart(const struct report_point *points, size_t count, bool over_time, struct buf *out)
{
	size_t top = highest(points, count);

	if (!count)
		return;
	buf_addf(out, "<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-label=\"Distinct calls known, over %s\">\n", WIDTH, HEIGHT,
		 over_time ? "time" : "runs");
	add_grid(top, out);
	add_ends(points, count, over_time, out);
	add_line(points, count, over_time, false, top, out);
	add_line(points, count, over_time, true, top, out);
	buf_adds(out, "</svg>\n");
}
