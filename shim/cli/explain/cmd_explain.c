#include "shim/cli/key/build.h"
#include "shim/cli/common/cli.h"
#include "shim/cli/common/word.h"
#include "shim/cli/explain/explain.h"
#include "shim/cli/explain/follow.h"

#include "base/file.h"
#include "base/text.h"
#include "shim/common/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OPT_KEY, OPT_PROFILE, OPT_FIX, OPT_FOLLOW, OPT_LEARNING, OPT_UNREADABLE, OPT_JSON };

static const struct cli_option OPTIONS[] = {
	[OPT_KEY] = {"key", 'k', "KEY", "read what snugd recorded for KEY, not a log"},
	[OPT_PROFILE] = {"profile", 'p', "PROFILE",
			 "show only what this profile denies; default with --key: the approved one"},
	[OPT_FIX] = {"fix", 0, "OUT", "write PROFILE plus the missing calls to OUT, and print the difference"},
	[OPT_FOLLOW] = {"follow", 'f', NULL,
			"report as it happens: lines added to FILE, or records from the kernel (root)"},
	[OPT_LEARNING] = {"learning", 0, NULL,
			  "include records of containers that are being learnt (--profile always does)"},
	[OPT_UNREADABLE] = {"unreadable", 0, NULL, "show the records that could not be read"},
	[OPT_JSON] = {"json", 0, NULL, "print everything as JSON; with --follow one object per line"},
};

/* Recognises files that people pass by mistake, by their first bytes. */
static int check_magic(const char *path, int fd, struct err *err)
{
	static const struct {
		const char *magic, *how;
	} kinds[] = {
		{"\x1f\x8b", "is compressed: zcat FILE | snug explain"},
		{"\xfd"
		 "7zXZ",
		 "is compressed: xzcat FILE | snug explain"},
		{"\x28\xb5\x2f\xfd", "is compressed: zstdcat FILE | snug explain"},
		{"BZh", "is compressed: bzcat FILE | snug explain"},
		{"LPKSHHRH", "is journald's own format: journalctl --file FILE | snug explain"},
	};
	char head[8] = "";
	ssize_t n = pread(fd, head, sizeof(head), 0);

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (n >= (ssize_t)strlen(kinds[i].magic) && !memcmp(head, kinds[i].magic, strlen(kinds[i].magic)))
			return err_set(err, EINVAL, "%s: %s", path, kinds[i].how);
	return 0;
}

static int read_log(struct explain *x, struct log_line_reader *l, const char *path, struct err *err)
{
	bool standard = text_streq(path, "-");
	cleanup_fd int opened = standard ? -1 : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int fd = standard ? STDIN_FILENO : opened, r;
	uint64_t bytes = 0;

	if (fd < 0)
		return err_sys(err, errno, "%s", path);
	r = check_magic(standard ? "standard input" : path, fd, err);
	if (r < 0)
		return r;
	if (standard && isatty(fd))
		fputs("snug: reading a log from the terminal; Ctrl-D ends it\n", stderr);
	r = log_line_read_fd(l, fd, &bytes);
	x->bytes += bytes;
	return r < 0 ? err_sys(err, r, "%s", standard ? "standard input" : path) : 0;
}

static int read_logs(struct explain *x, const struct cli_args *args, struct err *err)
{
	cleanup_logline struct log_line_reader *l = NULL;
	int r = log_line_new(explain_line, x, &l, err);

	if (!r && !args->operands)
		r = read_log(x, l, "-", err);
	for (size_t i = 0; !r && i < args->operands; i++)
		r = read_log(x, l, args->operand[i], err);
	if (!r && x->summary.failed)
		r = err_set(err, ENOMEM, "out of memory");
	return r;
}

static int read_evidence(const struct cli *cli, struct explain *x, struct err *err)
{
	cleanup_evidence struct evidence *ev = NULL;
	int r = word_load_evidence(cli, x->key, &ev, err);

	return r < 0 ? r : explain_add_evidence(x, ev, cli->config.state_dir, err);
}

static int read_live(const struct cli *cli, struct explain *x, const struct cli_args *args, struct err *err)
{
	const struct follow_plan plan = {.config = &cli->config,
					 .x = x,
					 .paths = args->operand,
					 .path_count = args->operands,
					 .json = args->value[OPT_JSON]};

	x->live = !args->operands;
	return follow(&plan, err);
}

static int read_all(const struct cli *cli, struct explain *x, const struct cli_args *args, struct err *err)
{
	if (args->value[OPT_FOLLOW])
		return read_live(cli, x, args, err);
	return x->key ? read_evidence(cli, x, err) : read_logs(x, args, err);
}

static int check_options(const struct cli_args *args, struct err *err)
{
	if (args->value[OPT_FIX] && !args->value[OPT_PROFILE] && !args->value[OPT_KEY])
		return err_set(err, EINVAL, "--fix needs --profile: the profile to fix");
	if (args->value[OPT_KEY] && args->operands)
		return err_set(err, EINVAL, "--key reads the recorder's evidence, not a log: leave out %s",
			       args->operand[0]);
	return 0;
}

static int read_profile(const char *path, struct buf *ret, struct err *err)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int r;

	if (fd < 0)
		return err_sys(err, errno, "%s", path);
	r = file_read_fd(fd, EVALUATE_TEXT_MAX, path, ret, err);
	return r;
}

/* If only a key is given, uses the profile that is approved for it now, if any. A call that an older profile denied and this one
 * allows is settled. */
static int read_approved(const struct cli *cli, struct explain *x, char **ret_path, struct buf *ret, struct err *err)
{
	cleanup_buf struct buf text = {0};
	int r = state_read_approved(cli->config.state_dir, x->key, &text, err);

	if (r == -ENOENT)
		return 0;
	x->approved = r == 0;
	if (r < 0 || x->profile)
		return r;
	buf_add(ret, text.data, text.len);
	if (asprintf(ret_path, "%s/keys/%s/" STATE_APPROVED, cli->config.state_dir, x->key) < 0)
		return err_set(err, ENOMEM, "out of memory");
	x->profile = *ret_path;
	return buf_failed(ret) ? err_set(err, ENOMEM, "out of memory") : 0;
}

static bool found_something(const struct explain *x)
{
	bool found = !x->verdict && x->summary.errors;

	for (size_t i = 0; i < x->word_count; i++)
		found |= explain_word_counts(x, &x->words[i]);
	for (size_t i = 0; i < x->summary.row_count; i++)
		found |= explain_shows(x, i);
	return found;
}

static int run(struct cli *cli, const struct cli_args *args, struct err *err)
{
	cleanup_explain struct explain x = {
		.key = args->value[OPT_KEY], .profile = args->value[OPT_PROFILE], .given = args->value[OPT_PROFILE]};
	cleanup_buf struct buf text = {0};
	cleanup_free char *approved = NULL;
	int r = check_options(args, err);

	if (!r)
		r = summary_begin(&x.summary, err);
	if (!r && x.profile)
		r = read_profile(x.profile, &text, err);
	if (!r && x.key)
		r = read_approved(cli, &x, &approved, &text, err);
	if (!r && args->value[OPT_FIX] && !x.profile)
		r = err_set(err, ENOENT, "%s has no approved profile: name the one to fix with --profile", x.key);
	if (!r && x.profile)
		r = explain_load(&x, &text, err);
	/* A user who names a profile wants every record: nothing distinguishes a program that runs beside a learning one of the
	 * same name. */
	if (!args->value[OPT_LEARNING] && !args->value[OPT_PROFILE])
		x.own_dir = cli->config.state_dir;
	if (!r)
		r = read_all(cli, &x, args, err);
	if (r < 0)
		return r;
	summary_sort(&x.summary);
	if (x.profile)
		r = explain_evaluate(&x, err);
	if (!r)
		r = explain_read_words(&x, err);
	if (!r)
		r = explain_collect(&x, err);
	if (!r)
		r = explain_compare(&x, err);
	if (r < 0)
		return r;
	/* --follow --json has already printed one value per line. */
	if (args->value[OPT_JSON] && !args->value[OPT_FOLLOW])
		explain_json(&x, &cli->out);
	else if (!args->value[OPT_JSON])
		explain_text(&x, args->value[OPT_UNREADABLE], &cli->out);
	if (args->value[OPT_FIX]) {
		cleanup_buf struct buf aside = {0};

		/* The output of --json must remain one value. */
		r = explain_fix(cli, args, &x, &text, args->value[OPT_FIX], args->value[OPT_JSON] ? &aside : &cli->out, err);
	}
	return r < 0 ? r : found_something(&x) ? CLI_FOUND : CLI_GOOD;
}

const struct cli_command cmd_explain = {
	.name = "explain",
	.operands = "[FILE...]",
	.operands_min = 0,
	.operands_max = 4096,
	.summary = "says which calls a log shows as denied, to whom, and what to add",
	.details =
		"Reads any log or standard input: syslog, dmesg, journalctl (also -o json), audit.log, ausearch, the\n"
		"output of kubectl and of the runtime, in any mixture.\n"
		"  journalctl -k -b | snug explain\n"
		"  snug explain /var/log/audit/audit.log --profile my.json --fix my-fixed.json\n"
		"  snug explain --follow                on a live node, until Ctrl-C\n"
		"  snug explain --key web               for containers started by snug-enforce or snug-audit\n"
		"Exit status: 0 nothing found, 1 a call was denied or is missing in the profile, 2 bad usage or\n"
		"input.\n",
	.options = OPTIONS,
	.option_count = ARRAY_SIZE(OPTIONS),
	.run = run,
};
