#include "shim/cli/build.h"
#include "shim/cli/cli.h"

#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { OPT_FORMAT, OPT_ERRNO, OPT_OUTPUT, OPT_FORCE };

static const struct cli_option OPTIONS[] = {
	[OPT_FORMAT] = {"format", 'f', "oci", "form of the profile; oci is what Kubernetes, Docker and Podman read"},
	[OPT_ERRNO] = {"errno", 0, "enosys|eperm",
		       "what a refused call returns; enosys (default) lets libraries fall back"},
	[OPT_OUTPUT] = {"output", 'o', "FILE", "write to FILE, not to standard output"},
	[OPT_FORCE] = {"force", 0, NULL, "print a profile of incomplete evidence too"},
};

/* Nothing but a regular file is replaced: no device, no link. */
static int save_output(const char *path, const struct buf *text, struct err *err)
{
	cleanup_free char *copy = strdup(path);
	char *slash = copy ? strrchr(copy, '/') : NULL;
	const char *name = slash ? slash + 1 : copy, *dir = slash == copy ? "/" : slash ? copy : ".";
	struct stat st;

	if (!copy)
		return err_set(err, ENOMEM, "out of memory");
	if (slash)
		*slash = 0;
	if (!lstat(path, &st) && !S_ISREG(st.st_mode))
		return err_set(err, EINVAL, "%s: is not a regular file", path);
	if (!*name)
		return err_set(err, EISDIR, "%s: is a directory", path);
	cleanup_fd int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(err, errno, "%s", dir);
	return file_save_at(fd, name, text->data, text->len, 0644, err);
}

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
