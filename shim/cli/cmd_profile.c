#include "shim/cli/build.h"
#include "shim/cli/cli.h"
#include "shim/cli/save.h"

#include "base/text.h"

#include <errno.h>

enum { OPT_FORMAT, OPT_ERRNO, OPT_OUTPUT, OPT_FORCE };

static const struct cli_option OPTIONS[] = {
	[OPT_FORMAT] = {"format", 'f', "oci", "form of the profile; oci is what Kubernetes, Docker and Podman read"},
	[OPT_ERRNO] = {"errno", 0, "enosys|eperm",
		       "what a refused call returns; enosys (default) lets libraries fall back"},
	[OPT_OUTPUT] = {"output", 'o', "FILE", "write to FILE, not to standard output"},
	[OPT_FORCE] = {"force", 0, NULL, "print a profile of incomplete evidence too"},
};

static int run(struct cli *cli, const struct cli_args *args, struct err *err)
{
	cleanup_build struct build b = {0};
	const char *key = args->operand[0];
	uint32_t errno_ret = 0;
	int r = build_parse_errno(args->value[OPT_ERRNO], &errno_ret, err);

	if (r < 0)
		return r;
	if (args->value[OPT_FORMAT] && !text_streq(args->value[OPT_FORMAT], "oci"))
		return err_set(err, EINVAL, "--format is oci, not '%s'", args->value[OPT_FORMAT]);
	r = build_load(cli, key, NULL, &b, err);
	if (!r)
		r = build_profile(&b, errno_ret, err);
	if (r < 0)
		return r;
	if (!b.verdict.complete && !args->value[OPT_FORCE]) {
		cleanup_buf struct buf why = {0};

		build_add_verdict(&b.verdict, &why);
		err_set(err, EAGAIN, "the evidence of %s is %s; --force prints the profile all the same", key,
			buf_failed(&why) ? "not complete" : why.data);
		return CLI_INCOMPLETE;
	}
	build_report(&b, key);
	if (args->value[OPT_OUTPUT] && !text_streq(args->value[OPT_OUTPUT], "-"))
		return save_output(args->value[OPT_OUTPUT], &b.oci, err);
	buf_add(&cli->out, b.oci.data, b.oci.len);
	return CLI_GOOD;
}

const struct cli_command cmd_profile = {
	.name = "profile",
	.operands = "KEY",
	.operands_min = 1,
	.operands_max = 1,
	.summary = "prints the profile that the evidence of a key gives",
	.details = "The profile allows what the containers of KEY were seen to call, what their runtime needs to start "
		   "them (its\n"
		   "floor, as far as it has been sampled) and a few calls that every program needs. Everything else is "
		   "refused.\n"
		   "Incomplete evidence gives none (exit status 3), as the container might miss a call.\n",
	.options = OPTIONS,
	.option_count = ARRAY_SIZE(OPTIONS),
	.run = run,
};
