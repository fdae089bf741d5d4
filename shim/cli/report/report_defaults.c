#include "shim/cli/report/report.h"

#include "base/json/json.h"
#include "base/text.h"
#include "seccomp/syscall/names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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

bool report_default_allows(const struct report_default *d, const char *name)
{
	return bsearch(&name, d->allows, d->allowed, sizeof(*d->allows), compare_names) != NULL;
}

bool report_default_is_narrow(const struct report_default *d, const char *name)
{
	const struct json *rules = json_get(json_get(json_get(json_root(d->doc), "linux"), "seccomp"), "syscalls");
	bool found = false;

	for (const struct json *v = json_first(rules); v; v = json_next(v)) {
		if (!text_streq(json_text(json_get(v, "action")), "SCMP_ACT_ALLOW"))
			continue;
		for (const struct json *s = json_first(json_get(v, "names")); s; s = json_next(s)) {
			if (!text_streq(json_text(s), name))
				continue;
			if (!json_count(json_get(v, "args")))
				return false;
			found = true;
		}
	}
	return found;
}

static int compare_with(struct report_default *d, const struct profile *own)
{
	const struct profile_rule *rules = NULL;
	size_t n = profile_rules(own, &rules);

	d->closed = calloc(d->allowed + 1, sizeof(*d->closed));
	d->beyond = calloc(n + 1, sizeof(*d->beyond));
	if (!d->closed || !d->beyond)
		return -ENOMEM;
	for (size_t i = 0; i < d->allowed; i++)
		if (!profile_find(own, d->allows[i]))
			d->closed[d->closed_count++] = d->allows[i];
	for (size_t i = 0; i < n; i++)
		if (!report_default_allows(d, rules[i].name))
			d->beyond[d->beyond_count++] = rules[i].name;
	d->beyond_count = unique(d->beyond, d->beyond_count);
	return 0;
}

static int add_default(struct report *r, const struct default_profile *p, struct err *err)
{
	struct report_default *d = &r->defaults[r->default_count++];
	int rc = json_parse(p->text, p->len, JSON_FOREIGN, p->name, &d->doc, err);

	d->profile = p;
	if (rc < 0)
		return rc;
	rc = allowed_names(json_get(json_get(json_root(d->doc), "linux"), "seccomp"), r->build->profile, &d->allows,
			   &d->allowed);
	return rc < 0 ? rc : compare_with(d, r->build->profile);
}

/* Which engine keeps its containers' state there: containerd at /run/containerd/runc/NAMESPACE, Docker at
 * .../runtime-runc/moby. */
static const char *engine_of(const char *root)
{
	if (strstr(root, "/runtime-runc/moby"))
		return "moby";
	return strstr(root, "/containerd/") ? "containerd" : NULL;
}

static void choose_measure(struct report *r)
{
	const struct evidence_run *const *runs = NULL;
	size_t n = evidence_runs(r->build->evidence, &runs);
	const char *engine = n ? engine_of(runs[n - 1]->root) : NULL;

	for (size_t i = 0; i < r->default_count; i++)
		if (text_streq(r->defaults[i].profile->name, engine ? engine : "moby")) {
			r->measure = &r->defaults[i];
			r->measure_is_engine = engine != NULL;
		}
}

bool report_exists(const struct report *r, const char *name)
{
	return exists(r->build->profile, name);
}

int report_add_defaults(struct report *r, struct err *err)
{
	const struct default_profile *defaults = NULL;
	const struct arch *const *arches = NULL;
	const bool any = profile_arches(r->build->profile, &arches);
	const size_t n = default_profiles(any ? arch_machine(arches[0])->name : NULL, &defaults);
	int rc = 0;

	r->defaults = calloc(n + 1, sizeof(*r->defaults));
	if (!r->defaults)
		return -ENOMEM;
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = add_default(r, &defaults[i], err);
	choose_measure(r);
	return rc;
}
