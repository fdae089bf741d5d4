/* What the added calls open, compared with a container that asks for no profile. */
#include "shim/cli/explain/explain.h"

#include "base/text.h"
#include "seccomp/policy/defaults.h"

#include <errno.h>
#include <stdlib.h>

static const struct arch *native(void)
{
	const struct arch *host[4];

	return arch_host(host) ? host[0] : NULL;
}

static size_t defaults_here(const struct default_profile **ret)
{
	const struct arch *arch = native();

	return default_profiles(arch ? arch->name : NULL, ret);
}

static int compare_one(struct explain *x, const struct arch *arch, const struct default_profile *d, unsigned bit,
		       struct err *err)
{
	cleanup_evaluator struct evaluator *j = NULL;
	int r = evaluate_new(d->text, d->len, d->name, &j, err);

	for (size_t i = 0; r == 0 && i < x->add_count; i++) {
		enum evaluate_verdict v = EVALUATE_DENIES;
		uint32_t nr = 0;

		if (syscall_number(arch, x->add[i], &nr) < 0)
			continue;
		r = evaluate_call(j, arch, nr, &v, err);
		if (v != EVALUATE_ALLOWS)
			x->outside[i] |= 1u << bit;
	}
	return r;
}

int explain_compare(struct explain *x, struct err *err)
{
	const struct default_profile *defaults = NULL;
	const struct arch *arch = native();
	size_t n = defaults_here(&defaults);
	int r = 0;

	if (!x->add_count || !arch)
		return 0;
	for (size_t i = 0; i < n; i++)
		if (!text_streq(defaults[i].machine, arch->name))
			return 0;
	x->outside = calloc(x->add_count, sizeof(*x->outside));
	if (!x->outside)
		return err_set(err, ENOMEM, "out of memory");
	for (size_t i = 0; r == 0 && i < n; i++)
		r = compare_one(x, arch, &defaults[i], (unsigned)i, err);
	return r;
}

void explain_add_outside(const struct explain *x, size_t add, struct buf *out)
{
	const struct default_profile *defaults = NULL;
	size_t n = defaults_here(&defaults);
	bool any = false;

	for (size_t i = 0; x->outside && i < n; i++) {
		if (!(x->outside[add] & 1u << i))
			continue;
		buf_adds(out, any ? ", " : "");
		default_add_title(&defaults[i], out);
		any = true;
	}
}

void explain_add_all_defaults(struct buf *out)
{
	const struct default_profile *defaults = NULL;
	size_t n = defaults_here(&defaults);

	for (size_t i = 0; i < n; i++) {
		buf_adds(out, !i ? "" : i + 1 < n ? ", " : " and ");
		default_add_title(&defaults[i], out);
	}
}
