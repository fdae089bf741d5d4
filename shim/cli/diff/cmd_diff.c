#include "shim/cli/common/cli.h"
#include "shim/cli/common/machine.h"
#include "shim/cli/common/word.h"
#include "shim/cli/diff/diff.h"
#include "shim/cli/floor/catalogue.h"
#include "shim/cli/floor/compare.h"
#include "shim/cli/key/live.h"
#include "shim/cli/key/operand.h"
#include "shim/cli/key/profiles.h"

#include "base/text.h"
#include "seccomp/evidence/evidence.h"
#include "seccomp/policy/read.h"

#include <errno.h>
#include <string.h>

enum { OPT_MACHINE, OPT_JSON };

static const struct cli_option OPTIONS[] = {
	[OPT_MACHINE] = {"machine", 0, "NAME", "compare for another machine than this one: aarch64, x86_64, s390x ..."},
	[OPT_JSON] = {"json", 0, NULL, "print everything as JSON"},
};

struct side {
	struct buf text, what, name;
	struct policy *policy;
	struct live live;
	struct filter *filter; /* of the policy or of the process */
};

static void side_done(struct side *s)
{
	buf_done(&s->text);
	buf_done(&s->what);
	buf_done(&s->name);
	if (s->filter != s->live.filter)
		filter_free(s->filter);
	live_done(&s->live);
	policy_free(s->policy);
}

static int read_live(const char *word, struct side *ret, struct err *err)
{
	int r = live_open(word, &ret->live, &ret->what, err);

	if (r < 0)
		return r;
	ret->filter = ret->live.filter;
	text_add_safe(&ret->name, word, strlen(word));
	return buf_failed(&ret->name) || buf_failed(&ret->what) ? err_set(err, ENOMEM, "out of memory") : 0;
}

static int read_side(struct cli *cli, const char *word, const struct arch *machine, struct side *ret, struct err *err)
{
	const struct filter_view view = {.machine = machine};

	if (live_is_word(word) && machine)
		return err_set(err, EINVAL, "%s runs on this machine; --machine is for profiles", word);
	if (live_is_word(word))
		return read_live(word, ret, err);

	int r = operand_read(cli, word, OPERAND_PROFILE, EVIDENCE_SIZE_MAX, &ret->text, &ret->what, err);

	if (r < 0)
		return r;
	buf_adds(&ret->what, "");
	text_add_safe(&ret->name, word, strlen(word));
	if (buf_failed(&ret->text) || buf_failed(&ret->what) || buf_failed(&ret->name))
		return err_set(err, ENOMEM, "out of memory");
	r = profiles_read_one(&ret->text, text_streq(word, "-") ? "standard input" : word, word_is_file(word) ? word : NULL, &ret->policy,
			      err);
	return r ? r : filter_new(ret->policy, &view, &ret->filter, err);
}

/* True if a rule that applies names the call, which exists on the ABI, and allows it. */
static bool allows_by_name(const struct side *s, const struct arch *arch, const char *name)
{
	const struct policy_rule *const *rules = NULL;
	size_t n = policy_rules(s->policy, &rules);
	uint32_t nr;

	if (syscall_number(arch, name, &nr) < 0)
		return false;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < rules[i]->name_count; k++)
			if (text_streq(rules[i]->names[k], name) && filter_applies(s->filter, rules[i], arch) &&
			    (rules[i]->answer.action == POLICY_ALLOW || rules[i]->answer.action == POLICY_LOG))
				return true;
	return false;
}

/* Runtimes leave out names that their libseccomp does not know, without a word. */
static size_t count_left_out(const struct side *s, const struct arch *arch)
{
	size_t n = 0;

	for (size_t i = 0; s->policy && arch && syscall_newer(i); i++)
		n += !syscall_known_to_libseccomp(syscall_newer(i)) && allows_by_name(s, arch, syscall_newer(i));
	return n;
}

/* A release of the catalogue: @runc-1.3.6 */
static bool is_release(const char *word)
{
	return *word == '@' && catalogue_is_name(word);
}

static int run(struct cli *cli, const struct cli_args *args, struct err *err)
{
	cleanup_with(side_done) struct side a = {0};
	cleanup_with(side_done) struct side b = {0};
	cleanup_diff struct diff d = {0};
	const struct arch *machine = NULL;
	int r;

	if (text_streq(args->operand[0], "-") && text_streq(args->operand[1], "-"))
		return err_set(err, EINVAL, "standard input can be only one of the two");
	if (is_release(args->operand[0]) && is_release(args->operand[1])) {
		bool same = false;

		r = floor_compare(args->operand[0], args->operand[1], args->value[OPT_JSON], &cli->out, &same, err);
		return r < 0 ? r : same ? CLI_GOOD : CLI_FOUND;
	}
	r = args->value[OPT_MACHINE] ? machine_named(args->value[OPT_MACHINE], &machine, err) : 0;
	cli->machine = machine;
	if (!r)
		r = read_side(cli, args->operand[0], machine, &a, err);
	if (!r)
		r = read_side(cli, args->operand[1], machine, &b, err);
	if (!r)
		r = diff_filters(a.filter, b.filter, &d, err);
	if (r < 0)
		return r;
	const struct diff_names names = {.name = {a.name.data, b.name.data},
					 .what = {a.what.data, b.what.data},
					 .left_out = {count_left_out(&a, d.first), count_left_out(&b, d.first)}};

	if (args->value[OPT_JSON])
		diff_json(&d, &names, &cli->out);
	else
		diff_text(&d, &names, &cli->out);
	return diff_is_same(&d) ? CLI_GOOD : CLI_FOUND;
}

const struct cli_command cmd_diff = {
	.name = "diff",
	.operands = "A B",
	.operands_min = 2,
	.operands_max = 2,
	.summary = "shows how two profiles differ in effect",
	.details =
		"A and B are keys, approved profiles by number (KEY#N), profiles in any format, evidence files, the\n"
		"defaults @moby, @containerd and @podman, or - for standard input. pid:N and container:ID are the\n"
		"filters that the kernel has loaded for a live process, all of them together. What counts is the\n"
		"answer to each call, arguments and errno included, not how the profile is written.\n"
		"  snug diff web @containerd           what changes if web gets its own profile, not the default\n"
		"  snug diff web#1 web                 what changed since the first approval\n"
		"  snug diff @crun-1.28 @runc-1.3.6    what the new runtime needs in addition (snug floor --list)\n"
		"Exit status: 0 same effect, 1 they differ, 2 bad usage or input.\n",
	.options = OPTIONS,
	.option_count = ARRAY_SIZE(OPTIONS),
	.run = run,
};
