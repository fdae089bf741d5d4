#include "oci/argv.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "oci/argv_options.h"

#include <stddef.h>
#include <string.h>

static const char *const command_names[] = {
	[OCI_OTHER] = "",          [OCI_CREATE] = "create", [OCI_RUN] = "run",
	[OCI_EXEC] = "exec",       [OCI_START] = "start",   [OCI_DELETE] = "delete",
	[OCI_STATE] = "state",     [OCI_KILL] = "kill",     [OCI_CHECKPOINT] = "checkpoint",
	[OCI_RESTORE] = "restore",
};
_Static_assert(ARRAY_SIZE(command_names) == OCI_COMMANDS, "a name for each subcommand");

struct scan {
	enum oci_dialect dialect;
	int argc, next;
	char *const *argv;
	const char *group; /* the rest of a word of short options, or NULL */
	bool words_only;   /* after "--" */
	const struct oci_option *options[2];
};

enum token { TOKEN_END, TOKEN_WORD, TOKEN_OPTION, TOKEN_UNKNOWN };

static bool is_name(const char *name, const char *s, size_t len)
{
	return strlen(name) == len && memcmp(name, s, len) == 0;
}

static const struct oci_option *find_letter(const struct scan *s, char letter)
{
	for (size_t t = 0; t < ARRAY_SIZE(s->options); t++)
		for (const struct oci_option *o = s->options[t]; o->name; o++)
			if (o->letter == letter)
				return o;
	return NULL;
}

/* With abbreviate, a prefix stands for the whole name (getopt_long(3)). If it fits several, the runtime fails, unless its
 * version has only the first of them. */
static const struct oci_option *find_name(const struct scan *s, const char *name, size_t len, bool abbreviate)
{
	const struct oci_option *found = NULL;

	for (size_t t = 0; t < ARRAY_SIZE(s->options); t++) {
		for (const struct oci_option *o = s->options[t]; o->name; o++) {
			if (is_name(o->name, name, len))
				return o;
			if (abbreviate && !found && strncmp(o->name, name, len) == 0)
				found = o;
		}
	}
	return found;
}

/* The value of an option that needs one and has none attached: the next word, whatever it looks like. */
static enum token take_value(struct scan *s, const char **ret_text)
{
	if (s->next >= s->argc)
		return TOKEN_UNKNOWN;
	*ret_text = s->argv[s->next++];
	return TOKEN_OPTION;
}

/* Reads the next element of argv as far as both parsers agree. True: *ret is the token. */
static bool read_plain(struct scan *s, enum token *ret, const char **ret_text)
{
	const char *word;

	if (s->next < s->argc && !s->words_only && strcmp(s->argv[s->next], "--") == 0) {
		s->words_only = true;
		s->next++;
	}
	if (s->next >= s->argc) {
		*ret = TOKEN_END;
		return true;
	}
	word = s->argv[s->next++];
	*ret_text = word;
	*ret = TOKEN_WORD;
	return s->words_only || word[0] != '-' || word[1] == '\0';
}

/* Go's flag package, FlagSet.parseOne: -name and --name are the same, a letter is a name like any other. */
static enum token read_go(struct scan *s, const struct oci_option **ret_option, const char **ret_text)
{
	const struct oci_option *o;
	const char *name;
	enum token token;
	size_t len;

	if (read_plain(s, &token, ret_text))
		return token;
	name = *ret_text + ((*ret_text)[1] == '-' ? 2 : 1);
	len = strcspn(name, "=");
	o = find_name(s, name, len, false);
	if (!o && len == 1)
		o = find_letter(s, name[0]);
	if (!o)
		return TOKEN_UNKNOWN;
	*ret_option = o;
	*ret_text = name[len] ? name + len + 1 : NULL;
	return o->kind == VALUE && !*ret_text ? take_value(s, ret_text) : TOKEN_OPTION;
}

static enum token read_argp_long(struct scan *s, const char *name, const struct oci_option **ret_option,
				 const char **ret_text)
{
	size_t len = strcspn(name, "=");
	const struct oci_option *o = find_name(s, name, len, true);

	if (!o || (name[len] && o->kind == FLAG))
		return TOKEN_UNKNOWN;
	*ret_option = o;
	*ret_text = name[len] ? name + len + 1 : NULL;
	return o->kind == VALUE && !*ret_text ? take_value(s, ret_text) : TOKEN_OPTION;
}

static enum token read_argp_short(struct scan *s, const struct oci_option **ret_option, const char **ret_text)
{
	const struct oci_option *o = find_letter(s, *s->group++);
	const char *rest = *s->group ? s->group : NULL;

	if (!rest || (o && o->kind != FLAG))
		s->group = NULL;
	if (!o)
		return TOKEN_UNKNOWN;
	*ret_option = o;
	*ret_text = o->kind == FLAG ? NULL : rest;
	return o->kind == VALUE && !rest ? take_value(s, ret_text) : TOKEN_OPTION;
}

/* glibc's argp, by way of getopt_long: short options in groups; one that takes a value takes the rest of the word. */
static enum token read_argp(struct scan *s, const struct oci_option **ret_option, const char **ret_text)
{
	enum token token;

	if (!s->group) {
		if (read_plain(s, &token, ret_text))
			return token;
		if ((*ret_text)[1] == '-')
			return read_argp_long(s, *ret_text + 2, ret_option, ret_text);
		s->group = *ret_text + 1;
	}
	return read_argp_short(s, ret_option, ret_text);
}

/* Reads one token: an option in *ret_option, with its value in *ret_text (NULL: none), or a word in *ret_text. */
static enum token read_token(struct scan *s, const struct oci_option **ret_option, const char **ret_text)
{
	return s->dialect == OCI_DIALECT_CRUN ? read_argp(s, ret_option, ret_text) : read_go(s, ret_option, ret_text);
}

/* The false values of strconv.ParseBool; the runtime rejects whatever Go does not know. */
static bool is_true(const char *value)
{
	static const char *const no[] = {"0", "f", "F", "false", "False", "FALSE"};

	for (size_t i = 0; value && i < ARRAY_SIZE(no); i++)
		if (strcmp(value, no[i]) == 0)
			return false;
	return true;
}

static void set_field(struct oci_call *call, enum oci_option_field field, const char *value)
{
	switch (field) {
	case IGNORED:
		break;
	case FIELD_ROOT:
		call->root = value;
		break;
	case FIELD_LOG:
		call->log = value;
		break;
	case FIELD_LOG_FORMAT:
		call->log_format = value;
		break;
	case FIELD_SYSTEMD_CGROUP:
		call->systemd_cgroup = is_true(value);
		break;
	case FIELD_CGROUP_MANAGER:
		call->systemd_cgroup = text_streq(value, "systemd");
		break;
	case FIELD_BUNDLE:
		call->bundle = value;
		break;
	case FIELD_CONFIG:
		call->config = value;
		break;
	case FIELD_DETACH:
		call->detach = is_true(value);
		break;
	case FIELD_TTY:
		call->terminal |= is_true(value);
		break;
	case FIELD_CONSOLE:
		call->terminal = true;
		break;
	case FIELD_HELP:
		call->help = is_true(value);
		break;
	}
}

static enum oci_command find_command(const char *name)
{
	for (enum oci_command c = OCI_OTHER + 1; c <= OCI_RESTORE; c++)
		if (strcmp(command_names[c], name) == 0)
			return c;
	return OCI_OTHER;
}

/* Reads up to the subcommand. True if it is a listed one. */
static bool parse_globals(struct scan *s, struct oci_call *call)
{
	const struct oci_option *option = NULL;
	const char *text = NULL;
	bool doubt = false; /* the next word may be the value of an unknown option */

	for (;;) {
		switch (read_token(s, &option, &text)) {
		case TOKEN_END:
			return false;
		case TOKEN_OPTION:
			set_field(call, option->field, text);
			doubt = false;
			break;
		case TOKEN_UNKNOWN:
			doubt = true;
			break;
		case TOKEN_WORD:
			call->command = find_command(text);
			if (call->command == OCI_OTHER && doubt) {
				doubt = false;
				break;
			}
			call->command_name = text;
			/* --help or --version comes first: the runtime prints and exits */
			if (call->help)
				call->command = OCI_OTHER;
			return call->command != OCI_OTHER;
		}
	}
}

/* Reads past the id too: runc takes options there (urfave/cli v1 command.go, reorderArgs), and a runtime whose parser stops
 * at the first word refuses a second one. Only after the id of an exec come words that are not the runtime's. */
static void parse_command(struct scan *s, struct oci_call *call)
{
	const struct oci_option *option = NULL;
	const char *text = NULL, *last = NULL;
	bool doubt = false;

	for (;;) {
		switch (read_token(s, &option, &text)) {
		case TOKEN_END:
			/* create and run take one word; one before it belongs to the unknown option */
			if (doubt && (call->command == OCI_CREATE || call->command == OCI_RUN))
				call->id = last;
			return;
		case TOKEN_OPTION:
			set_field(call, option->field, text);
			break;
		case TOKEN_UNKNOWN:
			doubt = true;
			break;
		case TOKEN_WORD:
			last = text;
			if (!call->id)
				call->id = text;
			if (call->command == OCI_EXEC)
				return;
			break;
		}
	}
}

void oci_argv_parse(enum oci_dialect dialect, int argc, char *const argv[], struct oci_call *ret)
{
	const struct oci_option_tables *t = &oci_option_tables[dialect];
	struct scan s = {
		.dialect = dialect, .argc = argc, .next = 1, .argv = argv, .options = {t->globals, t->everywhere}};
	struct oci_call call = {0};

	if (parse_globals(&s, &call)) {
		s.words_only = false;
		s.options[0] = t->commands[call.command];
		parse_command(&s, &call);
	}
	/* runc ignores an empty bundle name; crun fails */
	if (dialect == OCI_DIALECT_RUNC && call.bundle && !*call.bundle)
		call.bundle = NULL;
	*ret = call;
}

const char *oci_command_name(enum oci_command command)
{
	return command_names[command];
}
