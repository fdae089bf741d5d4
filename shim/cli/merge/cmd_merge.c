#include "shim/cli/common/cli.h"
#include "shim/cli/common/machine.h"
#include "shim/cli/merge/merge.h"
#include "shim/cli/key/operand.h"
#include "shim/cli/key/profiles.h"
#include "shim/cli/common/save.h"
#include "shim/cli/common/table.h"

#include "base/text.h"
#include "oci/key.h"
#include "seccomp/evidence/merge.h"
#include "seccomp/policy/read.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OPT_WITHOUT, OPT_WITHIN, OPT_KEY, OPT_FORMAT, OPT_MACHINE, OPT_OUTPUT };

static const struct cli_option OPTIONS[] = {
	[OPT_WITHOUT] = {"without", 0, "B", "take away what profile B allows; several with commas"},
	[OPT_WITHIN] = {"within", 0, "B", "keep only what profile B allows too; several with commas"},
	[OPT_KEY] = {"key", 'k', "KEY", "the key of the merged evidence, if the keys differ"},
	[OPT_FORMAT] = {"format", 'f', "FORMAT", "format of a merged profile: oci (default), docker, spo, systemd"},
	[OPT_MACHINE] = {"machine", 0, "NAME", "merge for another machine than this one: aarch64, x86_64, s390x ..."},
	[OPT_OUTPUT] = {"output", 'o', "FILE", "write to FILE, not to standard output"},
};

/* What to merge: all evidence, or all profiles. */
struct work {
	struct cli *cli;
	struct evidence **evidence;
	struct policy **policies;
	char **names;
	size_t count, cap; /* used and allocated size of evidence, policies and names */
	size_t evidence_count;
	bool profiles; /* use evidence as the profile of its calls */
};

static void work_done(struct work *w)
{
	for (size_t i = 0; i < w->count; i++) {
		evidence_free(w->evidence[i]);
		policy_free(w->policies[i]);
		free(w->names[i]);
	}
	free(w->evidence);
	free(w->policies);
	free(w->names);
}

static int oom(struct err *err)
{
	return err_set(err, ENOMEM, "out of memory");
}

static int reserve(struct work *w, struct err *err)
{
	size_t cap = w->cap ? 2 * w->cap : 64;
	struct evidence **evidence;
	struct policy **policies;
	char **names;

	if (w->count < w->cap)
		return 0;
	evidence = reallocarray(w->evidence, cap, sizeof(*evidence));
	w->evidence = evidence ? evidence : w->evidence;
	policies = reallocarray(w->policies, cap, sizeof(*policies));
	w->policies = policies ? policies : w->policies;
	names = reallocarray(w->names, cap, sizeof(*names));
	w->names = names ? names : w->names;
	if (!evidence || !policies || !names)
		return oom(err);
	w->cap = cap;
	return 0;
}

static int add(struct work *w, const char *name, struct evidence *evidence, struct policy *policy, struct err *err)
{
	cleanup_buf struct buf safe = {0};
	int r = reserve(w, err);
	char *copy;

	text_add_safe(&safe, name, strlen(name));
	copy = buf_steal(&safe);
	if (r < 0 || !copy) {
		free(copy);
		evidence_free(evidence);
		policy_free(policy);
		return r < 0 ? r : oom(err);
	}
	w->evidence[w->count] = evidence;
	w->policies[w->count] = policy;
	w->names[w->count++] = copy;
	w->evidence_count += evidence != NULL;
	return 0;
}

/* Every evidence file has this member, and no profile does. */
static bool is_evidence(const struct buf *text)
{
	static const char mark[] = "\"runs_dropped\"";

	return text->len && memmem(text->data, text->len, mark, sizeof(mark) - 1);
}

static int add_policies(struct work *w, const struct operand *op, struct err *err)
{
	cleanup_policy_list struct policy_list list = {0};
	int r = profiles_read(op->text, op->name, op->path, &list, err);

	if (!r)
		profiles_tell(&list, op->name, true);
	for (size_t i = 0; !r && i < list.count; i++) {
		struct policy *p = list.policy[i];

		list.policy[i] = NULL;
		r = add(w, policy_name(p), NULL, p, err);
	}
	return r;
}

static int add_text(const struct operand *op, void *arg, struct err *err)
{
	struct evidence *ev = NULL;
	struct work *w = arg;
	int r;

	if (!op->text)
		return err_set(err, op->error->code, "%s", op->error->msg);
	if (w->profiles || !is_evidence(op->text))
		return add_policies(w, op, err);
	r = evidence_parse(op->text->data, op->text->len, op->name, &ev, err);
	return r < 0 ? r : add(w, op->name, ev, NULL, err);
}

/* A key means its evidence if everything else is evidence, otherwise its profile. */
static int read_all(struct work *w, const struct cli_args *args, struct err *err)
{
	enum operand_want want;
	size_t skipped = 0;
	int r = 0;

	for (int pass = 0; !r && pass < 2; pass++) {
		want = w->evidence_count == w->count && !w->profiles ? OPERAND_EVIDENCE : OPERAND_PROFILE;
		for (size_t i = 0; !r && i < args->operands; i++) {
			enum operand_kind kind = OPERAND_KEY;

			r = operand_kind(w->cli, args->operand[i], &kind, err);
			if (r < 0 || (kind == OPERAND_KEY) != (pass == 1))
				continue;
			r = operand_each(w->cli, args->operand[i], want, EVIDENCE_SIZE_MAX, add_text, w, &skipped, err);
		}
	}
	if (!r && skipped)
		fprintf(stderr, "skipped %zu files that are not .json, .yaml, .yml or .conf\n", skipped);
	return r;
}

static int check_mixture(const struct work *w, struct err *err)
{
	size_t evidence = 0, profile = 0;

	if (!w->evidence_count || w->evidence_count == w->count)
		return 0;
	while (!w->evidence[evidence])
		evidence++;
	while (w->evidence[profile])
		profile++;
	return err_set(err, EINVAL,
		       "%s is evidence and %s a profile; merge only one kind (`snug profile %s` makes a profile from "
		       "the evidence)",
		       w->names[evidence], w->names[profile], w->names[evidence]);
}

static int choose_key(const struct work *w, const char *wanted, const char **ret, struct err *err)
{
	*ret = wanted ? wanted : evidence_key(w->evidence[0]);
	if (oci_key_check(*ret, err) < 0)
		return err_wrap(err, "%s", wanted ? "--key" : w->names[0]);
	for (size_t i = 1; !wanted && i < w->count; i++)
		if (!text_streq(evidence_key(w->evidence[i]), *ret))
			return err_set(err, EINVAL,
				       "%s is evidence of %s, %s of %s; if they are the same program, name the result "
				       "with --key",
				       w->names[0], *ret, w->names[i], evidence_key(w->evidence[i]));
	return 0;
}

#define SOURCES_SHOWN 20

/* Writes to stderr what each source contributed. */
static void tell_sources(const struct work *w, const struct evidence *all, const struct evidence_merged *merged)
{
	cleanup_table struct table t = {0};
	cleanup_buf struct buf out = {0};
	const struct evidence_call *const *calls = NULL;
	const struct evidence_run *const *runs = NULL;
	struct evidence_verdict v;

	table_begin(&t, 4);
	table_add(&t, "EVIDENCE");
	table_add(&t, "RUNS");
	table_add(&t, "NEW CALLS");
	table_add(&t, "COMPLETE");
	for (size_t i = 0; i < w->count && i < SOURCES_SHOWN; i++) {
		evidence_evaluate(w->evidence[i], &v);
		table_add(&t, w->names[i]);
		if (merged[i].shared_runs)
			table_addf(&t, "%zu, %zu of them already known", merged[i].runs, merged[i].shared_runs);
		else
			table_addf(&t, "%zu", merged[i].runs);
		table_addf(&t, "%zu", merged[i].new_calls);
		table_add(&t, v.complete ? "yes" : "NO");
	}
	table_write(&t, "  ", &out);
	if (w->count > SOURCES_SHOWN)
		buf_addf(&out, "  and %zu more\n", w->count - SOURCES_SHOWN);
	evidence_evaluate(all, &v);
	buf_addf(&out, "%zu evidence files with %zu runs and %zu calls; together %s\n", w->count,
		 evidence_runs(all, &runs), evidence_calls(all, &calls), v.complete ? "complete" : "NOT complete");
	if (!buf_failed(&out))
		fputs(out.data, stderr);
}

static int merge_evidence(struct work *w, const struct cli_args *args, struct buf *out, struct err *err)
{
	cleanup_free struct evidence_merged *merged = calloc(w->count, sizeof(*merged));
	cleanup_evidence struct evidence *all = NULL;
	const char *key = NULL;
	int r = merged ? choose_key(w, args->value[OPT_KEY], &key, err) : oom(err);

	if (!r && args->value[OPT_FORMAT])
		r = err_set(err, EINVAL,
			    "--format applies to profiles, not to evidence; `snug profile` takes the merged evidence");
	if (!r)
		r = evidence_merge((const struct evidence *const *)w->evidence, w->count, key, merged, &all, err);
	if (!r)
		r = evidence_write(all, out, err);
	if (!r)
		tell_sources(w, all, merged);
	return r;
}

static int read_part(const char *word, void *arg, struct err *err)
{
	struct work *w = arg;

	return operand_each(w->cli, word, OPERAND_PROFILE, EVIDENCE_SIZE_MAX, add_text, w, NULL, err);
}

static int merge_all_profiles(struct work *w, const struct cli_args *args, struct buf *out, bool *ret_open,
			      struct err *err)
{
	cleanup_with(work_done) struct work without = {.cli = w->cli, .profiles = true};
	cleanup_with(work_done) struct work within = {.cli = w->cli, .profiles = true};
	const char *machine = args->value[OPT_MACHINE];
	struct merge_request request = {.format = args->value[OPT_FORMAT]};
	int r = cli_args_each(&cmd_merge, args, OPT_WITHOUT, read_part, &without, err);

	if (!r)
		r = cli_args_each(&cmd_merge, args, OPT_WITHIN, read_part, &within, err);
	if (!r && machine)
		r = machine_named(machine, &request.machine, err);
	if (r < 0)
		return r;
	request.all = (struct merge_parts){w->policies, w->count};
	request.without = (struct merge_parts){without.policies, without.count};
	request.within = (struct merge_parts){within.policies, within.count};
	return merge_profiles(&request, out, ret_open, err);
}

static int run(struct cli *cli, const struct cli_args *args, struct err *err)
{
	cleanup_with(work_done) struct work w = {.cli = cli, .profiles = args->value[OPT_WITHOUT] || args->value[OPT_WITHIN]};
	cleanup_buf struct buf out = {0};
	bool open = false;
	int r = read_all(&w, args, err);

	if (!r)
		r = check_mixture(&w, err);
	if (!r && w.evidence_count)
		r = merge_evidence(&w, args, &out, err);
	else if (!r)
		r = merge_all_profiles(&w, args, &out, &open, err);
	if (r < 0)
		return r;
	/* The output may be one of the inputs: the result contains what that contained. */
	r = save_or_print(cli, args->value[OPT_OUTPUT], &out, NULL, 0, err);
	return r == CLI_GOOD && open ? CLI_FOUND : r;
}

const struct cli_command cmd_merge = {
	.name = "merge",
	.operands = "A...",
	.operands_min = 1,
	.operands_max = 100000,
	.summary = "merges evidence of several nodes, or several profiles",
	.details =
		"Evidence (keys, evidence.json files of several nodes, a directory of them) gives evidence, which\n"
		"`snug profile`, `approve` and `show` take in place of a key. A run that is in several files counts\n"
		"once. The result is complete only if each file is.\n"
		"  snug merge nodes/*/web.json -o web.json && snug approve ./web.json\n"
		"Profiles give a profile that allows what any of them allows, arguments included, and refuses the\n"
		"rest as the first one does.\n"
		"  snug merge @moby --within deny.json     the default, without the calls that deny.json refuses\n"
		"  snug merge web --without @containerd    what web is allowed beyond the default\n",
	.options = OPTIONS,
	.option_count = ARRAY_SIZE(OPTIONS),
	.run = run,
};
