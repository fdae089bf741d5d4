/* Options of a subcommand: parsing and help from one table. */
#ifndef SNUG_SHIM_CLI_OPTIONS_H
#define SNUG_SHIM_CLI_OPTIONS_H

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLI_OPTIONS_MAX 12

struct cli_option {
	const char *name;  /* long name without the dashes */
	char letter;       /* short name, 0 for none */
	const char *value; /* the help's word for its value; NULL: a flag */
	const char *help;
};

struct cli_command;

struct cli_args {
	const char *value[CLI_OPTIONS_MAX]; /* by position in the table; NULL: not given; "" for a flag that was */
	const char **operand;               /* owned array; the strings are argv's */
	size_t operands;
	struct cli_given {                  /* every option with a value as it came; owned array */
		size_t option;
		const char *value;
	} * given;
	size_t given_count;
	bool help; /* --help or -h; nothing else was checked */
};

/* Parses argv[0..argc-1], all that stands behind the subcommand. Options and operands may be mixed, "--" ends the
 * options, the last one of two wins. -EINVAL with a sentence for an unknown option, a missing or needless value, too
 * few or too many operands. */
int cli_args_parse(const struct cli_command *cmd, int argc, char *const argv[], struct cli_args *ret, struct err *err);
void cli_args_done(struct cli_args *args);
#define cleanup_args cleanup_with(cli_args_done)

/* A list: an option that may be given several times, each time with several values between commas. Calls fn for each
 * value; stops at the first non-zero return and returns it. An empty value is -EINVAL. */
int cli_args_each(const struct cli_command *cmd, const struct cli_args *args, size_t i,
		  int (*fn)(const char *value, void *arg, struct err *err), void *arg, struct err *err);

/* The value of option `i` as a number from min to max, `unset` if it was not given. Returns 0 or -EINVAL. */
int cli_args_number(const struct cli_command *cmd, const struct cli_args *args, size_t i, uint64_t min, uint64_t max,
		    uint64_t unset, uint64_t *ret, struct err *err);

/* Appends the help of one subcommand. */
void cli_help_command(const struct cli_command *cmd, struct buf *out);

/* Appends the help of all. */
void cli_help_all(const struct cli_command *const *cmds, size_t count, struct buf *out);

#endif
