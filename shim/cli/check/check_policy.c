/* All checks of one profile, in order. */
#include "shim/cli/check/check.h"

#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A profile for other machines. libseccomp adds the machine's native ABI to every filter, listed or not. */
static int check_arch(struct check_view *v)
{
	const struct arch *arch = check_floors_of(v->plan)->arch, *const *arches = NULL;
	size_t n = policy_arches(v->policy, &arches);
	struct check_finding *f = NULL;
	cleanup_buf struct buf fix = {0};
	int r;

	if (!policy_lists_arches(v->policy) || policy_has_arch(v->policy, arch))
		return 0;
	r = check_add(v->result, CHECK_WARNING, CHECK_ARCHITECTURE, &f, v->err,
		      "it lists %s%s but not %s, so it was made for other machines; runtimes apply it here anyway",
		      n ? arches[0]->oci : "other architectures", n > 1 ? " and others" : "", arch->oci);
	if (r < 0)
		return r;
	buf_addf(&fix, "add to \"architectures\": \"%s\"", arch->oci);
	f->fix = buf_steal(&fix);
	return f->fix ? 0 : err_set(v->err, ENOMEM, "out of memory");
}

static int check_view(struct check_view *v, const struct filter_view *how)
{
	int r = filter_new(v->policy, how, &v->filter, v->err);

	if (!r && !v->reader)
		r = check_form(v);
	if (!r && !v->reader)
		r = check_handed_over(v);
	/* The missing base may allow what this part does not. */
	if (!r && !policy_lacks_base(v->policy))
		r = check_floors(v);
	if (!r && !policy_lacks_base(v->policy))
		r = check_fallback(v);
	return r ? r : check_beyond(v);
}

static bool same_calls(const struct check_finding *a, const struct check_finding *b)
{
	if (a->kind != b->kind || a->runtime != b->runtime || a->part != b->part || a->level != b->level ||
	    a->call_count != b->call_count)
		return false;
	for (size_t i = 0; i < a->call_count; i++)
		if (!text_streq(a->calls[i].name, b->calls[i].name) || a->calls[i].answer != b->calls[i].answer)
			return false;
	return a->call_count || text_streq(a->text, b->text);
}

/* Merges findings that both readers share. */
static void unite(struct check_result *r, size_t first_count)
{
	size_t kept = first_count;

	for (size_t i = first_count; i < r->count; i++) {
		size_t k = 0;

		while (k < first_count && !same_calls(&r->findings[k], &r->findings[i]))
			k++;
		if (k < first_count) {
			r->findings[k].reader = NULL;
			check_finding_done(&r->findings[i]);
		} else {
			r->findings[kept++] = r->findings[i];
		}
	}
	r->count = kept;
}

/* Docker evaluates its format's conditions; containerd, and with it Kubernetes, does not. */
static int check_as_containerd(const struct check_plan *plan, const struct policy *p, struct check_result *ret,
			       struct err *err)
{
	const struct filter_view plain = {.plain = true};
	cleanup_free struct check_view *v = calloc(1, sizeof(*v));
	struct check_finding *f = NULL;
	size_t first_count = ret->count;
	int r;

	if (!v)
		return err_set(err, ENOMEM, "out of memory");
	*v = (struct check_view){.plan = plan, .policy = p, .reader = "containerd", .result = ret, .err = err};
	for (size_t i = 0; i < first_count; i++)
		if (ret->findings[i].kind == CHECK_FLOOR || ret->findings[i].kind == CHECK_SCHEDULER ||
		    ret->findings[i].kind == CHECK_ALWAYS || ret->findings[i].kind == CHECK_FALLBACK ||
		    ret->findings[i].kind == CHECK_BEYOND)
			ret->findings[i].reader = "Docker";
	r = check_view(v, &plain);
	filter_free(v->filter);
	if (r < 0)
		return r;
	unite(ret, first_count);
	r = check_add(ret, CHECK_WARNING, CHECK_INEFFECTIVE, &f, err,
		      "it is in Docker's format: containerd, and so Kubernetes, ignores %s\"includes\" and "
		      "\"excludes\" and applies every rule unconditionally",
		      policy_has_arch_map(p) ? "\"archMap\", " : "");
	if (!r && !(f->fix = strdup("for Kubernetes convert it to plain OCI: snug merge --format oci FILE")))
		r = err_set(err, ENOMEM, "out of memory");
	return r;
}

/* That of the node whose runtimes were sampled. Where a released runtime will run, we do not know: it is newer than any. */
static void read_kernel(const struct floor_file *floors, unsigned ret[2])
{
	bool known = floors->runtime_count && floors->kernel;

	for (size_t i = 0; i < floors->runtime_count; i++)
		known &= !floors->runtimes[i].catalogued;
	if (!known || sscanf(floors->kernel, "%u.%u", &ret[0], &ret[1]) != 2)
		ret[0] = ret[1] = 0;
}

int check_policy(const struct check_plan *plan, const struct policy *p, struct check_result *ret, struct err *err)
{
	struct filter_view view = {.machine = check_floors_of(plan)->arch};
	cleanup_free struct check_view *v = calloc(1, sizeof(*v));
	int r;

	if (!v)
		return err_set(err, ENOMEM, "out of memory");
	read_kernel(check_floors_of(plan), view.kernel);
	*v = (struct check_view){.plan = plan, .policy = p, .result = ret, .err = err};
	ret->format = policy_format(p);
	ret->readable = true;
	ret->partial = policy_lacks_base(p);
	r = check_arch(v);
	if (!r)
		r = check_view(v, &view);
	filter_free(v->filter);
	return !r && policy_has_conditions(p) ? check_as_containerd(plan, p, ret, err) : r;
}
