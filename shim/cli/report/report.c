#include "shim/cli/report/report.h"

#include "base/json/json.h"
#include "base/text.h"
#include "seccomp/syscall/names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool report_is_program(const struct evidence_call *c)
{
	return c->count && c->phase != EVIDENCE_RUNTIME;
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
		p.program += report_is_program(calls[i]) && calls[i]->first_ms <= at_ms;
		p.runtime += is_runtime(calls[i]) && calls[i]->first_ms <= at_ms;
	}
	return p;
}

static int count_runs(struct report *r)
{
	const struct evidence_run *const *runs = NULL;
	size_t n = evidence_runs(r->build->evidence, &runs);

	r->by_run = calloc(n + 1, sizeof(*r->by_run));
	if (!r->by_run)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		if (runs[i]->mode != EVIDENCE_LEARN)
			continue;
		r->by_run[r->run_count++] = point_at(r->build->evidence, runs[i]->ended_ms ? runs[i]->ended_ms : text_now_ms());
	}
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

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorts the names and removes duplicates. */
static size_t unique(const char **names, size_t count)
{
	size_t kept = 0;

	qsort(names, count, sizeof(*names), compare_names);
	for (size_t i = 0; i < count; i++)
		if (!kept || strcmp(names[kept - 1], names[i]) != 0)
			names[kept++] = names[i];
	return kept;
}

/* A default names the calls of every arch; a call that this key's containers cannot make is no difference. */
static bool exists(const struct profile *own, const char *name)
{
	const struct arch *const *arches = NULL;
	size_t n = profile_arches(own, &arches);
	uint32_t nr;

	for (size_t i = 0; i < n; i++)
		if (syscall_number(arches[i], name, &nr) == 0)
			return true;
	return false;
}

/* The names that a profile in OCI form allows, with any arguments; the caller frees the array *ret, not the names. */
static int allowed_names(const struct json *seccomp, const struct profile *own, const char ***ret, size_t *ret_count)
{
	const struct json *rules = json_get(seccomp, "syscalls");
	size_t max = 1, n = 0;
	const char **names;

	for (const struct json *v = json_first(rules); v; v = json_next(v))
		max += json_count(json_get(v, "names"));
	names = calloc(max, sizeof(*names));
	if (!names)
		return -ENOMEM;
	for (const struct json *v = json_first(rules); v; v = json_next(v))
		for (const struct json *s = json_first(json_get(v, "names")); s; s = json_next(s))
			if (text_streq(json_text(json_get(v, "action")), "SCMP_ACT_ALLOW") && json_text(s) &&
			    exists(own, json_text(s)))
				names[n++] = json_text(s);
	*ret = names;
	*ret_count = unique(names, n);
	return 0;
}

static int compare_with(struct report_default *d, const struct profile *own, const char **names)
{
	const struct profile_rule *rules = NULL;
	size_t n = profile_rules(own, &rules);

	d->closed = calloc(d->allowed + 1, sizeof(*d->closed));
	d->beyond = calloc(n + 1, sizeof(*d->beyond));
	if (!d->closed || !d->beyond)
		return -ENOMEM;
	for (size_t i = 0; i < d->allowed; i++)
		if (!profile_find(own, names[i]))
			d->closed[d->closed_count++] = names[i];
	for (size_t i = 0; i < n; i++) {
		const char *name = rules[i].name;

		if (!bsearch(&name, names, d->allowed, sizeof(*names), compare_names))
			d->beyond[d->beyond_count++] = name;
	}
	d->beyond_count = unique(d->beyond, d->beyond_count);
	return 0;
}

static int add_default(struct report *r, const struct default_profile *p, struct err *err)
{
	struct report_default *d = &r->defaults[r->default_count++];
	cleanup_free const char **names = NULL;
	int rc = json_parse(p->text, p->len, JSON_FOREIGN, p->name, &d->doc, err);

	d->profile = p;
	if (rc < 0)
		return rc;
	rc = allowed_names(json_get(json_get(json_root(d->doc), "linux"), "seccomp"), r->build->profile, &names, &d->allowed);
	return rc < 0 ? rc : compare_with(d, r->build->profile, names);
}

int report_make(const struct build *b, const char *key, uint64_t learn_for_ms, struct report *ret, struct err *err)
{
	const struct default_profile *defaults = NULL;
	const size_t n = default_profiles(&defaults);
	const struct report_point all = point_at(b->evidence, UINT64_MAX);
	int r;

	*ret = (struct report){
		.build = b, .key = key, .program_calls = all.program, .runtime_calls = all.runtime};
	confidence_evaluate(b->evidence, learn_for_ms, &ret->confidence);
	ret->defaults = calloc(n + 1, sizeof(*ret->defaults));
	r = ret->defaults ? count_runs(ret) : -ENOMEM;
	if (r == 0)
		r = count_times(ret);
	for (size_t i = 0; i < n && r == 0; i++)
		r = add_default(ret, &defaults[i], err);
	return r == -ENOMEM ? err_set(err, ENOMEM, "out of memory") : r;
}

void report_done(struct report *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->default_count; i++) {
		free(r->defaults[i].closed);
		free(r->defaults[i].beyond);
		json_free(r->defaults[i].doc);
	}
	free(r->defaults);
	free(r->by_run);
	free(r->by_time);
	*r = (struct report){0};
}
