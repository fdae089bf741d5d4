/* Proves that the compiled result gives the answers that follow from its inputs. */
#include "seccomp/combine/combine_private.h"

#include "seccomp/syscall/names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NUMBERS_MAX 1024 /* more than any ABI has, counted from its base */

struct proof {
	const struct combine *c;
	struct filter *out;
	struct filter **all; /* the inputs' filters, then `out` */
	struct combine_call call;
};

static int clash(const struct proof *p, uint32_t got, uint32_t want)
{
	cleanup_buf struct buf has = {0}, wanted = {0};

	filter_add_answer(got, &has);
	filter_add_answer(want, &wanted);
	return err_set(p->c->err, EDOM,
		       "%s (%s): what these profiles say together is no profile that libseccomp compiles as it is meant: for some "
		       "arguments it answers %s, and %s is wanted; make one of them plainer there",
		       p->call.name, p->call.arch->name, has.data ? has.data : "?", wanted.data ? wanted.data : "?");
}

static int prove_at(const uint64_t args[POLICY_ARGS_MAX], void *arg)
{
	struct proof *p = arg;
	uint32_t got = 0, want = 0;
	int r = filter_answer(p->out, p->call.arch, p->call.nr, args, &got, p->c->err);

	if (!r)
		r = combine_answer(p->c, &p->call, args, &want, NULL);
	return !r && got != want ? clash(p, got, want) : r;
}

/* In a union, an ABI that only some inputs list gets the calls of all, so it has no exact answer. */
static bool is_exact(const struct combine *c, const struct arch *arch)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->kind == COMBINE_UNION && !(filter_arches(c->filter[i]) >> arch->id & 1))
			return false;
	return true;
}

static int prove_arch(struct proof *p, const struct arch *arch)
{
	const struct filter_refusal *refusals = NULL;
	uint32_t base = arch_number_base(arch);
	size_t refused = 0;
	int r = filter_refusals(p->out, arch, &refusals, &refused, p->c->err);

	if (!r && refused)
		return err_set(p->c->err, EDOM, "%s: libseccomp refuses the combination of these profiles' rules for it; resolve that in one of them first",
			       refusals[0].name);
	for (uint32_t i = 0; !r && i < NUMBERS_MAX; i++) {
		char name[SYSCALL_NAME_MAX];

		p->call = (struct combine_call){name, arch, base + i};
		if (syscall_name(arch, base + i, name))
			r = filter_each_point(p->all, p->c->count + 1, arch, base + i, prove_at, p);
	}
	return r;
}

int combine_prove(const struct combine *c)
{
	const struct filter_view view = {.machine = c->machine};
	cleanup_free struct filter **all = calloc(c->count + 1, sizeof(struct filter *));
	cleanup_filter struct filter *out = NULL;
	const struct arch *const *arches = NULL;
	size_t n = policy_arches(c->out, &arches);
	int r = all ? filter_new(c->out, &view, &out, c->err) : err_set(c->err, ENOMEM, "out of memory");
	struct proof p = {.c = c, .out = out, .all = all};

	if (!r) {
		memcpy(all, c->filter, c->count * sizeof(struct filter *));
		all[c->count] = out;
	}
	for (size_t i = 0; !r && i < n; i++)
		if (is_exact(c, arches[i]))
			r = prove_arch(&p, arches[i]);
	return r;
}
