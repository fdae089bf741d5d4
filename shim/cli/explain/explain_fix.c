/* Adds to the profile what it lacks. */
#include "shim/cli/explain/explain.h"

#include "base/names.h"
#include "seccomp/policy/amend.h"
#include "seccomp/syscall/names.h"
#include "seccomp/profile/proof.h"
#include "seccomp/syscall/sets.h"
#include "shim/cli/common/cli.h"
#include "shim/cli/common/save.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Fails if the fixed profile still denies the call because a rule refuses it; warns if libseccomp does not know its name. */
static int check_call(const struct explain *x, struct evaluator *e, const struct arch *arch, uint32_t nr, const char *name, struct err *err)
{
	enum evaluate_verdict v = EVALUATE_ALLOWS;
	int r = evaluate_call(e, arch, nr, &v, err);

	if (r < 0 || v == EVALUATE_ALLOWS)
		return r;
	if (syscall_known_to_libseccomp(name))
		return err_set(err, EEXIST, "%s: a rule denies %s; remove it there first", x->profile, name);
	fprintf(stderr, "snug: %s: unknown to libseccomp here; a runtime with this libseccomp silently drops it\n",
		name);
	return 0;
}

/* A name whose number is higher than all others takes calls below it out of what runc's stub answers with ENOSYS. Finds those that programs
 * try first, and that are refused now. */
static int find_unstubbed(const struct explain *x, struct evaluator *after, struct names *ret, struct err *err)
{
	const struct set_fallback *set = NULL;
	size_t n = set_fallbacks(&set);
	const struct arch *host[4];
	int r = 0;

	for (size_t i = 0; !r && i < n && arch_host(host); i++) {
		enum evaluate_verdict v = EVALUATE_ALLOWS;
		bool was = false, is = false;
		uint32_t nr = 0;

		if (set[i].kills_only || syscall_number(host[0], set[i].name, &nr) < 0)
			continue;
		r = evaluate_is_stubbed(x->evaluator, host[0], nr, &was, err);
		if (!r && was)
			r = evaluate_is_stubbed(after, host[0], nr, &is, err);
		if (!r && was && !is)
			r = evaluate_call(after, host[0], nr, &v, err);
		if (!r && v == EVALUATE_DENIES && names_add(ret, set[i].name) < 0)
			r = err_set(err, ENOMEM, "out of memory");
	}
	return r;
}

static int check_fix(const struct explain *x, const struct buf *text, struct names *ret_unstubbed, struct err *err)
{
	cleanup_evaluator struct evaluator *e = NULL;
	int r = evaluate_new(text->data, text->len, x->profile, &e, err);
	const struct arch *host[4];

	for (size_t i = 0; !r && i < x->summary.row_count; i++) {
		const struct summary_row *row = &x->summary.rows[i];

		if (row->named && x->verdict[i] == EVALUATE_DENIES)
			r = check_call(x, e, row->arch, row->nr, row->name, err);
	}
	for (size_t i = 0; !r && i < x->word_count && arch_host(host); i++) {
		const struct explain_word *w = &x->words[i];
		uint32_t nr = 0;

		if (explain_word_counts(x, w) && syscall_number(host[0], w->name, &nr) == 0)
			r = check_call(x, e, host[0], nr, w->name, err);
	}
	return r ? r : find_unstubbed(x, e, ret_unstubbed, err);
}

static void add_unstubbed(const struct names *names, struct buf *out)
{
	if (!names->count)
		return;
	buf_adds(out, "Under runc, calls with numbers above all in the profile were answered with ENOSYS; some are refused now. Programs that try "
		      "these first rely on ENOSYS; add to \"syscalls\" by hand:\n  ");
	amend_add_enosys_rule((const char *const *)names->v, names->count, out);
	buf_adds(out, "\n");
}

/* Says why nothing is added. */
static const char *missing_nothing(const struct explain *x)
{
	for (size_t i = 0; i < x->summary.row_count; i++)
		if (explain_shows(x, i))
			return "adding names cannot fix the rest, see above";
	return x->key ? "it allows everything in the evidence" : "it allows everything in the log";
}

int explain_fix(const struct cli *cli, const struct cli_args *args, const struct explain *x, const struct buf *text, const char *path,
		struct buf *out, struct err *err)
{
	cleanup_names struct names unstubbed = {0};
	cleanup_buf struct buf fixed = {0};
	cleanup_free const char **names = calloc(x->add_count + 1, sizeof(*names));
	size_t line = 0;
	int r;

	if (!names)
		return err_set(err, ENOMEM, "out of memory");
	for (size_t i = 0; i < x->add_count; i++)
		names[i] = x->add[i];
	r = x->add_count
		    ? amend_profile(text->data, text->len, x->profile, names, x->add_count, &fixed, &line, err)
		    : 0;
	if (!x->add_count)
		buf_add(&fixed, text->data, text->len);
	if (!r && x->add_count)
		r = check_fix(x, &fixed, &unstubbed, err);
	if (!r && x->add_count)
		r = proof_amended(text, &fixed, x->profile, names, x->add_count, err);
	if (!r)
		r = save_output(cli, path, &fixed, args->operand, args->operands, err);
	if (r < 0)
		return r;
	buf_addf(out, "\n%s: ", path);
	if (!x->add_count) {
		buf_addf(out, "written, unchanged: %s\n", missing_nothing(x));
		return 0;
	}
	buf_addf(out, "written, %zu call%s added, line %zu\n", x->add_count, x->add_count == 1 ? "" : "s", line);
	add_unstubbed(&unstubbed, out);
	amend_diff(text, &fixed, x->profile, path, out);
	return 0;
}
