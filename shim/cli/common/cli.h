/* The program `snug`: what its subcommands share. */
#ifndef SNUG_SHIM_CLI_CLI_H
#define SNUG_SHIM_CLI_CLI_H

#include "base/buf.h"
#include "base/err.h"
#include "shim/cli/common/options.h"
#include "shim/common/config.h"

/* Exit statuses; part of the interface. */
enum cli_exit {
	CLI_GOOD,
	CLI_FOUND,      /* the command found something: a failing check, a difference, a denial */
	CLI_BAD,        /* bad usage or input, or a failure */
	CLI_INCOMPLETE, /* refused, because the evidence is incomplete */
};

/* What a subcommand works with. Results are appended to `out`, which main writes to stdout. */
struct cli {
	struct config config;
	const struct arch *machine; /* the native ABI of the machine that --machine names; NULL: this one */
	struct buf out;
};

/* One subcommand. `run` returns an exit status, or a negative errno (exit status CLI_BAD). For an errno and for CLI_INCOMPLETE,
 * main prints *err. */
struct cli_command {
	const char *name;
	const char *operands; /* for the help: "KEY", or "" */
	size_t operands_min, operands_max;
	const char *summary; /* one line */
	const char *details; /* more lines for its own help, each with a newline; "": none */
	const struct cli_option *options;
	size_t option_count;
	const char *exits; /* for its generated page; NULL: the page is handwritten */
	bool own_config; /* reads the configuration itself: cli->config is empty */
	int (*run)(struct cli *cli, const struct cli_args *args, struct err *err);
};

extern const struct cli_command cmd_ls, cmd_show, cmd_profile, cmd_approve, cmd_floor, cmd_explain, cmd_doctor;
extern const struct cli_command cmd_setup;
extern const struct cli_command cmd_check, cmd_diff, cmd_merge;
extern const struct cli_command cmd_report, cmd_metrics, cmd_cluster;

#endif
