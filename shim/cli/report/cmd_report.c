#include "shim/cli/key/build.h"
#include "shim/cli/common/cli.h"
#include "shim/cli/common/word.h"
#include "shim/cli/report/report.h"
#include "shim/cli/key/operand.h"
#include "shim/cli/common/save.h"

enum { OPT_OUTPUT };

static const struct cli_option OPTIONS[] = {
	[OPT_OUTPUT] = {"output", 'o', "FILE", "write to FILE, not to standard output"},
};

static int run(struct cli *cli, const struct cli_args *args, struct err *err)
{
	cleanup_build struct build b = {0};
	cleanup_report struct report report = {0};
	cleanup_buf struct buf page = {0};
	uint32_t errno_ret = 0;
	int r = build_parse_errno(NULL, &errno_ret, err);

	if (!r)
		r = build_load(cli, args->operand[0], NULL, &b, err);
	if (!r)
		r = build_profile(&b, errno_ret, err);
	if (!r)
		r = report_make(&b, args->operand[0], cli->config.learn_for_ms, &report, err);
	if (r < 0)
		return r;
	report_page(&report, &page);
	return save_or_print(cli, args->value[OPT_OUTPUT], &page, args->operand, word_is_file(args->operand[0]), err);
}

const struct cli_command cmd_report = {
	.name = "report",
	.operands = "KEY|FILE",
	.operands_min = 1,
	.operands_max = 1,
	.summary = "writes an HTML page about a key",
	.details = "The page is self-contained (no scripts, nothing is loaded): whether the evidence is complete and\n"
		   "settled, the calls by purpose, new calls over time, a comparison with the default profiles, the\n"
		   "runtime floor, denials, runs, and how to use the profile.\n",
	.options = OPTIONS,
	.option_count = ARRAY_SIZE(OPTIONS),
	.run = run,
};
