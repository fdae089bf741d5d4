#include "shim/cli/common/manual.h"

#include <ctype.h>

/* Escapes hyphens, which would become dashes, and a dot or quote at the beginning of a line, which would be a request. */
static void add_text(struct buf *out, const char *s)
{
	bool begin = true;

	for (; *s; s++) {
		if (begin && (*s == '.' || *s == '\''))
			buf_adds(out, "\\&");
		if (*s == '-' || *s == '\\')
			buf_adds(out, *s == '-' ? "\\-" : "\\e");
		else
			buf_addc(out, *s);
		begin = *s == '\n';
	}
}

static void add_upper(struct buf *out, const char *s)
{
	for (; *s; s++)
		buf_addc(out, (char)toupper((unsigned char)*s));
}

static void add_option(struct buf *out, const struct cli_option *o)
{
	buf_adds(out, ".TP\n\\fB");
	if (o->letter)
		buf_addf(out, "\\-%c\\fR, \\fB", o->letter);
	buf_adds(out, "\\-\\-");
	add_text(out, o->name);
	buf_adds(out, "\\fR");
	if (o->value) {
		buf_adds(out, " \\fI");
		add_text(out, o->value);
		buf_adds(out, "\\fR");
	}
	buf_addc(out, '\n');
	add_text(out, o->help);
	buf_addc(out, '\n');
}

void manual_page(const struct cli_command *cmd, struct buf *out)
{
	static const struct cli_option help = {"help", 'h', NULL, "prints a summary"};

	buf_adds(out, ".TH SNUG-");
	add_upper(out, cmd->name);
	buf_addf(out, " 1 \"\" \"snug " SNUG_VERSION "\" \"User Commands\"\n.SH NAME\nsnug\\-%s \\- ", cmd->name);
	add_text(out, cmd->summary);
	buf_addf(out, "\n.SH SYNOPSIS\n\\fBsnug %s\\fR [\\fIOPTIONS\\fR] ", cmd->name);
	add_text(out, cmd->operands);
	buf_adds(out, "\n.SH DESCRIPTION\n");
	add_text(out, *cmd->details ? cmd->details : cmd->summary);
	buf_adds(out, *cmd->details ? ".SH OPTIONS\n" : ".\n.SH OPTIONS\n");
	for (size_t i = 0; i < cmd->option_count; i++)
		add_option(out, &cmd->options[i]);
	add_option(out, &help);
	buf_addf(out, ".SH \"EXIT STATUS\"\n%s.\n", cmd->exits ? cmd->exits : "See \\fBsnug\\fR(1)");
	buf_adds(out, ".SH \"SEE ALSO\"\n\\fBsnug\\fR(1), \\fBsnug\\-runtime\\fR(8), \\fBsnug\\-config\\fR(5)\n");
}

void manual_list(const struct cli_command *const *cmds, size_t count, struct buf *out)
{
	for (size_t i = 0; i < count; i++) {
		buf_adds(out, cmds[i]->name);
		for (size_t k = 0; k < cmds[i]->option_count; k++)
			buf_addf(out, " --%s%s", cmds[i]->options[k].name, cmds[i]->options[k].value ? "=" : "");
		buf_addc(out, '\n');
	}
}
