#include "shim/cli/common/options.h"

#include "base/text.h"
#include "shim/cli/common/cli.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Finds the option that `arg` names; *ret_value is an attached value ("--opt=V", "-oV"), or NULL. */
static int find_option(const struct cli_command *cmd, const char *arg, size_t *ret, const char **ret_value)
{
	bool is_long = arg[1] == '-';

	for (size_t i = 0; i < cmd->option_count; i++) {
		const struct cli_option *o = &cmd->options[i];
		size_t len = strlen(o->name);

		if (is_long && !strncmp(arg + 2, o->name, len) && (!arg[2 + len] || arg[2 + len] == '=')) {
			*ret = i;
			*ret_value = arg[2 + len] ? arg + 3 + len : NULL;
			return 0;
		}
		if (!is_long && o->letter && arg[1] == o->letter) {
			*ret = i;
			*ret_value = arg[2] ? arg + 2 : NULL;
			return 0;
		}
	}
	return -ENOENT;
}

/* Takes the option at argv[*i]; moves *i on if its value is the next word. */
static int take_option(const struct cli_command *cmd, int argc, char *const argv[], int *i, struct cli_args *args,
		       struct err *err)
{
	const char *arg = argv[*i], *value = NULL;
	size_t n = 0;

	if (find_option(cmd, arg, &n, &value) < 0)
		return err_set(err, EINVAL, "%s has no option %s; `snug %s --help` lists them", cmd->name, arg,
			       cmd->name);
	const struct cli_option *o = &cmd->options[n];

	if (!o->value && value)
		return err_set(err, EINVAL, "--%s takes no value", o->name);
	if (o->value && !value) {
		if (*i + 1 >= argc)
			return err_set(err, EINVAL, "--%s needs a value: %s", o->name, o->value);
		value = argv[++*i];
	}
	args->value[n] = o->value ? value : "";
	if (o->value)
		args->given[args->given_count++] = (struct cli_given){n, value};
	return 0;
}

static int check_operands(const struct cli_command *cmd, size_t count, struct err *err)
{
	if (count < cmd->operands_min)
		return err_set(err, EINVAL, "usage: snug %s %s; see `snug %s --help`", cmd->name, cmd->operands,
			       cmd->name);
	if (count > cmd->operands_max && !cmd->operands_max)
		return err_set(err, EINVAL, "%s takes no operand", cmd->name);
	if (count > cmd->operands_max)
		return err_set(err, EINVAL, "%s takes only one %s", cmd->name, cmd->operands);
	return 0;
}

int cli_args_parse(const struct cli_command *cmd, int argc, char *const argv[], struct cli_args *ret, struct err *err)
{
	cleanup_args struct cli_args args = {0};
	bool options = true;
	int r = 0;

	assert(cmd->option_count <= CLI_OPTIONS_MAX);
	args.operand = calloc((size_t)argc + 1, sizeof(*args.operand));
	args.given = calloc((size_t)argc + 1, sizeof(*args.given));
	if (!args.operand || !args.given)
		return err_set(err, ENOMEM, "out of memory");
	for (int i = 0; !r && !args.help && i < argc; i++) {
		const char *arg = argv[i];

		if (!options || arg[0] != '-' || !arg[1])
			args.operand[args.operands++] = arg;
		else if (text_streq(arg, "--"))
			options = false;
		else if (text_streq(arg, "--help") || text_streq(arg, "-h"))
			args.help = true;
		else
			r = take_option(cmd, argc, argv, &i, &args, err);
	}
	if (!r && !args.help)
		r = check_operands(cmd, args.operands, err);
	if (r < 0)
		return r;
	*ret = args;
	args.operand = NULL;
	args.given = NULL;
	return 0;
}

void cli_args_done(struct cli_args *args)
{
	if (!args)
		return;
	free(args->operand);
	free(args->given);
}

static int each_part(const char *option, const char *values, int (*fn)(const char *value, void *arg, struct err *err),
		     void *arg, struct err *err)
{
	for (const char *p = values;; p++) {
		size_t len = strcspn(p, ",");
		cleanup_free char *value = strndup(p, len);
		int r = !value ? err_set(err, ENOMEM, "out of memory")
			: len  ? fn(value, arg, err)
			       : err_set(err, EINVAL, "--%s: '%s' contains an empty value", option, values);

		p += len;
		if (r || !*p)
			return r;
	}
}

int cli_args_each(const struct cli_command *cmd, const struct cli_args *args, size_t i,
		  int (*fn)(const char *value, void *arg, struct err *err), void *arg, struct err *err)
{
	int r = 0;

	for (size_t k = 0; !r && k < args->given_count; k++)
		if (args->given[k].option == i)
			r = each_part(cmd->options[i].name, args->given[k].value, fn, arg, err);
	return r;
}

int cli_args_number(const struct cli_command *cmd, const struct cli_args *args, size_t i, uint64_t min, uint64_t max,
		    uint64_t unset, uint64_t *ret, struct err *err)
{
	uint64_t v = unset;

	if (args->value[i] && (text_parse_u64(args->value[i], &v) < 0 || v < min || v > max))
		return err_set(err, EINVAL, "--%s takes a number from %llu to %llu, not '%s'", cmd->options[i].name,
			       (unsigned long long)min, (unsigned long long)max, args->value[i]);
	*ret = v;
	return 0;
}

static void help_option(const struct cli_option *o, struct buf *out)
{
	char left[64];
	char letter[] = {'-', o->letter, ',', ' ', 0};

	snprintf(left, sizeof(left), "%s--%s%s%s", o->letter ? letter : "", o->name, o->value ? " " : "",
		 o->value ? o->value : "");
	buf_addf(out, "  %-24s %s\n", left, o->help);
}

void cli_help_command(const struct cli_command *cmd, struct buf *out)
{
	static const struct cli_option help = {"help", 'h', NULL, "prints this"};

	buf_addf(out, "usage: snug %s [OPTIONS]%s%s\n\n`snug %s` %s.\n", cmd->name, *cmd->operands ? " " : "",
		 cmd->operands, cmd->name, cmd->summary);
	if (*cmd->details)
		buf_addf(out, "\n%s", cmd->details);
	buf_adds(out, "\nOptions:\n");
	for (size_t i = 0; i < cmd->option_count; i++)
		help_option(&cmd->options[i], out);
	help_option(&help, out);
}

void cli_help_all(const struct cli_command *const *cmds, size_t count, struct buf *out)
{
	buf_adds(out, "usage: snug COMMAND [OPTIONS]\n\nCommands:\n");
	for (size_t i = 0; i < count; i++) {
		char left[64];

		snprintf(left, sizeof(left), "%s %s", cmds[i]->name, cmds[i]->operands);
		buf_addf(out, "  %-17s %s\n", left, cmds[i]->summary);
	}
	buf_adds(out, "\n"
		      "`snug COMMAND --help` describes a command, `snug --version` prints versions.\n"
		      "\n"
		      "Exit status: 0 good, 1 found something, 2 bad usage or input, 3 refused, the evidence is "
		      "incomplete.\n");
}
