#include "shim/cli/report/report.h"

#include "base/text.h"

#include <errno.h>
#include <stdlib.h>

bool report_is_program(const struct evidence *ev, const struct evidence_call *c)
{
	return c->count && c->phase != EVIDENCE_RUNTIME && (!evidence_is_exec(c->phase) || evidence_is_alone(ev, c));
}

static bool is_runtime(const struct evidence_call *c)
{
	return c->count && c->phase == EVIDENCE_RUNTIME;
}

/* The number of calls known at that time. */
static struct report_point point_at(const struct evidence *ev, uint64_t at_ms)
{
	const struct evidence_call *const *calls = NULL;
	struct report_point p = {.at_ms = at_ms};

	for (size_t n = evidence_calls(ev, &calls), i = 0; i < n; i++) {
		p.program += report_is_program(ev, calls[i]) && calls[i]->first_ms <= at_ms;
		p.runtime += is_runtime(calls[i]) && calls[i]->first_ms <= at_ms;
	}
	return p;
}

/* The number of the run with which the key had been silent long enough. */
static size_t find_settled(const struct report *r)
{
	size_t silent = 0;

	for (size_t i = r->run_count; i > 0 && !r->by_run[i - 1].fresh; i--)
		silent += r->by_run[i - 1].complete;
	for (size_t i = r->run_count; i > 0 && silent >= CONFIDENCE_SILENT_RUNS; i--) {
		if (silent == CONFIDENCE_SILENT_RUNS && r->by_run[i - 1].complete)
			return i;
		silent -= r->by_run[i - 1].complete;
	}
	return 0;
}

static int count_runs(struct report *r)
{
	const struct evidence_run *const *runs = NULL;
	size_t n = evidence_runs(r->build->evidence, &runs);

	r->by_run = calloc(n + 1, sizeof(*r->by_run));
	if (!r->by_run)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		struct report_point *p = &r->by_run[r->run_count];

		if (runs[i]->mode != EVIDENCE_LEARN)
			continue;
		*p = point_at(r->build->evidence, runs[i]->ended_ms ? runs[i]->ended_ms : text_now_ms());
		p->fresh = runs[i]->fresh;
		p->complete = !runs[i]->reasons;
		r->run_count++;
	}
	if (confidence_is_reached(&r->confidence))
		r->settled_run = find_settled(r);
	return 0;
}

static int compare_times(const void *a, const void *b)
{
	const struct report_point *x = a, *y = b;

	return x->at_ms < y->at_ms ? -1 : x->at_ms > y->at_ms;
}

/* From the start of the first run to the end of the last, with a point for each time that something new was seen. */
static int count_times(struct report *r)
{
	const struct evidence *ev = r->build->evidence;
	const struct evidence_call *const *calls = NULL;
	const struct evidence_run *const *runs = NULL;
	size_t n = evidence_calls(ev, &calls), run_count = evidence_runs(ev, &runs);

	r->by_time = calloc(n + run_count + 2, sizeof(*r->by_time));
	if (!r->by_time)
		return -ENOMEM;
	for (size_t i = 0; i < run_count; i++) {
		if (runs[i]->mode != EVIDENCE_LEARN)
			continue;
		if (!r->time_count)
			r->by_time[r->time_count++] = point_at(ev, runs[i]->started_ms);
		if (runs[i]->ended_ms)
			r->by_time[r->time_count++] = point_at(ev, runs[i]->ended_ms);
	}
	for (size_t i = 0; i < n; i++)
		if (calls[i]->count)
			r->by_time[r->time_count++] = point_at(ev, calls[i]->first_ms);
	qsort(r->by_time, r->time_count, sizeof(*r->by_time), compare_times);
	return 0;
}

size_t report_run_number(const struct evidence *ev, size_t index)
{
	return (size_t)evidence_runs_dropped(ev) + index + 1;
}

int report_add_runs(struct report *r)
{
	const struct report_point all = point_at(r->build->evidence, UINT64_MAX);
	int rc = count_runs(r);

	r->program_calls = all.program;
	r->runtime_calls = all.runtime;
	return rc ? rc : count_times(r);
}
