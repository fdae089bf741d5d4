#include "shim/cli/common/cli.h"
#include "shim/cli/common/manual.h"
#include "shim/cli/common/pager.h"
#include "shim/cli/common/version.h"
#include "shim/cli/overview/overview.h"

#include "base/text.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>

static const struct cli_command *const COMMANDS[] = {&cmd_ls,      &cmd_show,   &cmd_profile, &cmd_approve, &cmd_floor,
						     &cmd_explain, &cmd_doctor, &cmd_setup,   &cmd_check,   &cmd_diff,
						     &cmd_merge,   &cmd_report, &cmd_metrics, &cmd_cluster};

static int run_command(const struct cli_command *cmd, struct cli *cli, int argc, char **argv, struct err *err)
{
	cleanup_args struct cli_args args = {0};
	int r = cli_args_parse(cmd, argc, argv, &args, err);

	if (r < 0)
		return r;
	if (args.help) {
		cli_help_command(cmd, &cli->out);
		return CLI_GOOD;
	}
	if (!cmd->own_config)
		r = config_load(&cli->config, err);
	return r < 0 ? r : cmd->run(cli, &args, err);
}

static int write_manual(struct cli *cli, const char *name, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(COMMANDS); i++)
		if (text_streq(name, COMMANDS[i]->name)) {
			manual_page(COMMANDS[i], &cli->out);
			return CLI_GOOD;
		}
	return err_set(err, EINVAL, "there is no command '%s'", name);
}

static int run_overview(struct cli *cli, struct err *err)
{
	int r = config_load(&cli->config, err);

	return r < 0 ? r : overview(cli, err);
}

static int dispatch(struct cli *cli, int argc, char **argv, struct err *err)
{
	if (argc < 2)
		return run_overview(cli, err);
	for (size_t i = 0; i < ARRAY_SIZE(COMMANDS); i++)
		if (text_streq(argv[1], COMMANDS[i]->name))
			return run_command(COMMANDS[i], cli, argc - 2, argv + 2, err);
	if (text_streq(argv[1], "--help") || text_streq(argv[1], "-h") || text_streq(argv[1], "help"))
		cli_help_all(COMMANDS, ARRAY_SIZE(COMMANDS), &cli->out);
	else if (text_streq(argv[1], "--version"))
		version_add(&cli->out);
	else if (text_streq(argv[1], "--list"))
		manual_list(COMMANDS, ARRAY_SIZE(COMMANDS), &cli->out);
	else if (text_streq(argv[1], "--manual") && argc == 3)
		return write_manual(cli, argv[2], err);
	else
		return err_set(err, EINVAL, "there is no command '%s'; `snug --help` lists them", argv[1]);
	return CLI_GOOD;
}

static int flush(const struct cli *cli, struct err *err)
{
	return buf_failed(&cli->out) ? err_sys(err, ENOMEM, "standard output")
				     : pager_write(cli->out.data, cli->out.len, err);
}

static void go_on(int signal)
{
	(void)signal;
}

/* If the reader of our output exits early (head, grep -q, a pager), the command still finishes, and the exit status reports the
 * failed write. A handler rather than SIG_IGN, since programs that we start do not inherit it. */
static void outlive_readers(void)
{
	const struct sigaction action = {.sa_handler = go_on, .sa_flags = SA_RESTART};

	sigaction(SIGPIPE, &action, NULL);
}

int main(int argc, char **argv)
{
	outlive_readers();

	struct cli cli = {0};
	struct err err = {0};
	int status = dispatch(&cli, argc, argv, &err);
	int flushed = status < 0 ? 0 : flush(&cli, &err);

	if (status < 0 || status == CLI_INCOMPLETE || flushed < 0)
		fprintf(stderr, "snug: %s\n", err.msg);
	buf_done(&cli.out);
	config_done(&cli.config);
	return status < 0 || flushed < 0 ? CLI_BAD : status;
}
