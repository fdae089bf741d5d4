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
	const char *value; /* the help's word for its value; NULL: it takes none */
	const char *help;
};

struct cli_command;

struct cli_args {
	const char *value[CLI_OPTIONS_MAX]; /* by position in the table; NULL: not given; "": a flag that was given */
	const char **operand;               /* owned array; the strings belong to argv */
	size_t operands;
	struct cli_given {                  /* every option with a value, in order; owned array */
		size_t option;
		const char *value;
	} * given;
	size_t given_count;
	bool help; /* --help or -h; nothing else was checked */
};

/* Parses argv[0..argc-1], the words after the subcommand. Options and operands may be mixed; "--" ends the options; of repeated
 * options, the last one wins. -EINVAL with a sentence for an unknown option, a missing or unexpected value, or too few or too
 * many operands. *ret is to be freed with cli_args_done(). */
int cli_args_parse(const struct cli_command *cmd, int argc, char *const argv[], struct cli_args *ret, struct err *err);
void cli_args_done(struct cli_args *args);
#define cleanup_args cleanup_with(cli_args_done)

/* For an option that may be given several times, each time with a comma-separated list. Calls fn for each value; stops when fn
 * returns something other than 0, and returns that. An empty value is -EINVAL. */
int cli_args_each(const struct cli_command *cmd, const struct cli_args *args, size_t i,
		  int (*fn)(const char *value, void *arg, struct err *err), void *arg, struct err *err);

/* The value of option `i` as a number from min to max; `unset` if it was not given. Returns 0 or -EINVAL. */
int cli_args_number(const struct cli_command *cmd, const struct cli_args *args, size_t i, uint64_t min, uint64_t max,
		    uint64_t unset, uint64_t *ret, struct err *err);

/* Appends the help of one subcommand. */
void cli_help_command(const struct cli_command *cmd, struct buf *out);

/* Appends the help of the program, with all subcommands. */
void cli_help_all(const struct cli_command *const *cmds, size_t count, struct buf *out);

#endif
