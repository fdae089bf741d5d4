#include "base/text.h"
#include "shim/cli/common/cli.h"
#include "shim/cli/common/save.h"
#include "shim/cli/common/word.h"
#include "shim/cli/key/approved.h"
#include "shim/cli/key/build.h"
#include "shim/cli/key/operand.h"
#include "shim/cli/report/against.h"
#include "shim/cli/report/page.h"
#include "shim/cli/report/report.h"

#include <errno.h>
#include <string.h>

enum { OPT_OUTPUT, OPT_AGAINST };

static const struct cli_option OPTIONS[] = {
	[OPT_OUTPUT] = {"output", 'o', "FILE", "write to FILE, not to standard output"},
	[OPT_AGAINST] = {"against", 0, "OTHER", "compare side by side with another key, approval, profile or default"},
};

/* What the page is about: KEY, FILE or KEY#N. */
struct subject {
	struct buf key;
	unsigned approval; /* N; 0: none */
};

static void subject_done(struct subject *s)
{
	buf_done(&s->key);
}

/* Puts the approved profile in the place of the one built from the evidence. */
static int take_approved(const struct cli *cli, const struct subject *s, struct build *b, struct err *err)
{
	cleanup_buf struct buf text = {0};
	struct profile *p = NULL;
	int r = approved_read(cli->config.state_dir, s->key.data, s->approval, &text, &p, err);

	if (r == -ENOENT)
		return err_set(err, r, "%s has no approved profile number %u; `snug show %s` lists them", s->key.data,
			       s->approval, s->key.data);
	if (r < 0)
		return r;
	profile_free(b->profile);
	b->profile = p;
	return 0;
}

static int load(const struct cli *cli, const char *word, struct subject *s, struct build *b, struct err *err)
{
	uint32_t errno_ret = 0;
	int r;

	if (!operand_is_approval(cli, word, &s->key, &s->approval))
		buf_adds(&s->key, word);
	if (buf_failed(&s->key))
		return err_set(err, ENOMEM, "out of memory");
	r = build_parse_errno(NULL, &errno_ret, err);
	if (!r)
		r = build_load(cli, s->key.data, NULL, b, err);
	if (!r)
		r = build_profile(b, errno_ret, err);
	return r || !s->approval ? r : take_approved(cli, s, b, err);
}

static int run(struct cli *cli, const struct cli_args *args, struct err *err)
{
	cleanup_with(subject_done) struct subject s = {0};
	cleanup_build struct build b = {0};
	cleanup_report struct report report = {0};
	cleanup_against struct against against = {0};
	cleanup_buf struct buf page = {0};
	const char *other = args->value[OPT_AGAINST], *read[2];
	size_t read_count = 0;
	int r = load(cli, args->operand[0], &s, &b, err);

	if (!r)
		r = report_make(cli, &b, s.key.data, s.approval, &report, err);
	if (!r && other)
		r = against_make(cli, &report, other, &against, err);
	if (r < 0)
		return r;
	page_write(&report, other ? &against : NULL, &page);
	if (word_is_file(args->operand[0]))
		read[read_count++] = args->operand[0];
	if (other && !word_is_key(cli, other))
		read[read_count++] = other;
	return save_or_print(cli, args->value[OPT_OUTPUT], &page, read, read_count, err);
}

const struct cli_command cmd_report = {
	.name = "report",
	.operands = "KEY|FILE|KEY#N",
	.operands_min = 1,
	.operands_max = 1,
	.summary = "writes an HTML page about a key",
	.details = "The page is self-contained (no scripts, nothing is loaded): whether the evidence is complete and\n"
		   "settled, what the profile closes that the engine's default leaves open, dangerous calls first,\n"
		   "why each call is in the profile, new calls over runs, denials, runs, and how to use it. KEY#N is\n"
		   "about the profile of KEY that was approved as number N.\n"
		   "  snug report web --against @moby         beside Docker's default\n"
		   "  snug report web#2 --against web#1       two approvals side by side\n",
	.options = OPTIONS,
	.option_count = ARRAY_SIZE(OPTIONS),
	.run = run,
};
