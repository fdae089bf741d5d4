#include "shim/cli/key/build.h"
#include "shim/cli/common/cli.h"
#include "shim/cli/common/word.h"

#include "base/file.h"
#include "base/text.h"
#include "oci/key.h"
#include "shim/cli/key/approved.h"
#include "shim/cli/approve/delta.h"
#include "shim/cli/approve/export.h"
#include "shim/cli/key/operand.h"
#include "shim/cli/floor/sample.h"
#include "shim/common/namespaces.h"
#include "shim/cli/common/table.h"
#include "shim/common/features.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

enum { OPT_FORCE, OPT_NO_SAMPLE, OPT_ERRNO, OPT_RUNTIME, OPT_TO, OPT_DIGEST, OPT_PROFILE, OPT_FOR, OPT_WITHOUT };

static const struct cli_option OPTIONS[] = {
	[OPT_FORCE] = {"force", 0, NULL, "approve even if the evidence is incomplete"},
	[OPT_NO_SAMPLE] = {"no-sample", 0, NULL, "do not start containers to sample the runtime"},
	[OPT_ERRNO] = {"errno", 0, "enosys|eperm",
		       "the errno of a refused call; with enosys (default) libraries fall back to older calls"},
	[OPT_RUNTIME] = {"runtime", 0, "PATH", "also allow what this runtime needs, for example before an upgrade"},
	[OPT_TO] = {"to", 0, "N", "go back to approved profile number N"},
	[OPT_DIGEST] = {"digest", 0, "D", "approve only the profile with this digest, as printed by `snug profile`"},
	[OPT_PROFILE] = {"profile", 0, "FILE", "approve this file, in the form that `snug explain --fix` writes"},
	[OPT_FOR] = {"for", 0, "RUNTIME,...",
		     "also allow what these runtimes need: releases (snug floor --list), paths or names"},
	[OPT_WITHOUT] = {"without", 0, "exec|terminal", "leave out what only execs used, or only execs with a terminal"},
};

/* The input for the table of changes. */
struct changes {
	const struct build *build; /* NULL: an earlier profile, whose rules have no known origin */
	const struct profile *profile;
	struct table table;
};

static void add_change(enum delta_kind kind, const struct profile_rule *rule, void *arg)
{
	static const char *const signs[] = {[DELTA_ADDED] = "+", [DELTA_REMOVED] = "-", [DELTA_ARGUMENTS] = "~"};
	struct changes *c = arg;
	cleanup_buf struct buf why = {0};

	table_addf(&c->table, "%s %s", signs[kind], rule->name);
	if (kind == DELTA_REMOVED)
		buf_adds(&why, c->build && build_is_without(c->build, rule->name) ? "no longer allowed: only an exec used it"
										    : "no longer allowed: nothing needs it");
	else if (c->build)
		build_add_origin(c->build, rule, &why);
	if (kind != DELTA_REMOVED && rule->masked) {
		buf_adds(&why, why.len ? "; " : "");
		delta_add_arguments(c->profile, rule, &why);
	} else if (kind == DELTA_ARGUMENTS)
		buf_adds(&why, "; now with any arguments");
	table_add(&c->table, why.data ? why.data : "");
}

static void print_changes(const struct build *b, const struct profile *old, const struct profile *new, struct buf *out)
{
	struct changes c = {.build = b, .profile = new};
	size_t n;

	table_begin(&c.table, 2);
	n = delta_each(old, new, add_change, &c);
	if (old && n)
		buf_adds(out, "Changes since the last approved profile:\n");
	else if (old)
		buf_adds(out, "Same calls as before; the architectures or the errno changed.\n");
	else
		buf_addf(out, "Allows %zu system calls:\n", delta_count_calls(new));
	table_write(&c.table, "  ", out);
	table_done(&c.table);
}

static void print_use(const struct cli *cli, const char *key, unsigned number, const struct profile *p, struct buf *out)
{
	bool pod = text_starts(key, "k8s/");

	buf_addf(out,
		 "\n"
		 "Approved as number %u: containers of %s may make these %zu system calls (requests to the\n"
		 "kernel) and no others.\n"
		 "\n",
		 number, key, delta_count_calls(p));
	if (text_starts(key, "program/"))
		buf_adds(out,
			 "To use it, give the engine the file below. snug-audit and snug-enforce take no key that\n"
			 "comes from a program's name alone: they need the annotation io.snug.profile.\n");
	else
		buf_addf(out,
			 "%s:\n"
			 "  snug-audit    refuses %s; `snug explain --key %s` then names what would be refused\n"
			 "  snug-enforce  refuses every other call\n",
			 pod ? "To use it, give the pod one of these as runtimeClassName"
			     : "To use it, start the container with one of these in place of runc",
			 pod ? "no more than RuntimeDefault" : "nothing", key);
	buf_addf(out, "Docker, Podman and Kubernetes can use the file %s/keys/%s/approved.json\n",
		 cli->config.state_dir, key);
	if (cli->config.export_dir)
		export_add_use(cli->config.export_dir, key, out);
	if (number > 1)
		buf_addf(out, "To go back: snug approve %s --to %u\n", key, number - 1);
}

/* Samples the floor of a runtime that was never sampled. */
static int sample_runtime(struct cli *cli, const struct build *b, const struct build_runtime *rt, struct err *err)
{
	cleanup_with(oci_runtime_done) struct oci_runtime runtime = {0};
	struct sample_plan plan = {
		.config = &cli->config,
		.runtime = &runtime,
		.shape = evidence_shape(b->evidence),
		.silent = SAMPLE_SILENT,
		.max = SAMPLE_MAX,
	};
	bool confidence = false;
	int r = oci_runtime_open(rt->path, -1, &runtime, err);

	if (r < 0)
		return r;
	fprintf(stderr,
		"sampling what %s itself needs to start such a container (can take a minute; --no-sample skips it)\n",
		rt->path);
	r = sample_floor(&plan, &confidence, err);
	if (r < 0 && r != -EINTR && !namespaces_why_no_audit())
		err_wrap(err, "cannot sample the runtime (--no-sample skips this)");
	return r;
}

/* Where canaries are recorded by audit, they can start. Elsewhere the runs, the catalogue and the static set must do if they cannot. */
static int sample_if_possible(struct cli *cli, const struct build *b, const struct build_runtime *rt, struct err *err)
{
	struct err why = {0};
	int r = sample_runtime(cli, b, rt, &why);

	if (r < 0 && r != -EINTR && namespaces_why_no_audit()) {
		fprintf(stderr, "the runtime is not sampled: %s; what it may need beyond the runs seen here comes from what snug knows of it\n", why.msg);
		return 0;
	}
	return r < 0 ? err_set(err, r, "%s", why.msg) : 0;
}

static int sample_missing(struct cli *cli, struct build *b, struct err *err)
{
	int r = 0;

	for (size_t i = 0; !r && evidence_shape(b->evidence) && i < b->runtime_count; i++) {
		struct floor_stat st;

		floor_evaluate(&b->runtimes[i].floor, &st);
		if (!st.starts && b->runtimes[i].present)
			r = sample_if_possible(cli, b, &b->runtimes[i], err);
	}
	return r < 0 ? r : build_load_floors(cli, b, err);
}

static int keep_export(const struct cli *cli, const char *key, const struct buf *text, struct err *err)
{
	int r = cli->config.export_dir ? export_save(cli->config.export_dir, key, text, err) : 0;

	return r < 0 ? err_wrap(err, "approved, but not exported") : CLI_GOOD;
}

/* Shows the changes and saves `text`, called `name` in messages; writes nothing if it is already the approved profile. If the
 * approved profile is damaged, nobody can say what changes: fix replaces it, otherwise this fails. */
static int save(struct cli *cli, const char *key, const struct build *b, const struct buf *text, const char *name, bool fix,
		struct err *err)
{
	cleanup_buf struct buf old_text = {0};
	cleanup_profile struct profile *old = NULL;
	cleanup_profile struct profile *new = NULL;
	struct err why = {0};
	unsigned number = 0;
	int r = approved_read(cli->config.state_dir, key, 0, &old_text, &old, &why);

	if (r == -EINVAL && fix)
		fprintf(stderr, "snug: %s; replacing it\n", why.msg);
	else if (r == -EINVAL)
		return err_set(
			err, r,
			"%s; `snug approve %s --to N` replaces it with an earlier one (`snug show %s` lists them)",
			why.msg, key, key);
	else if (r < 0 && r != -ENOENT)
		return err_set(err, r, "%s", why.msg);
	if (!r && old_text.len == text->len && !memcmp(old_text.data, text->data, text->len)) {
		buf_addf(&cli->out, "No change: this is already the approved profile of %s.\n", key);
		return keep_export(cli, key, text, err);
	}
	r = profile_parse_oci(text->data, text->len, name, &new, err);
	if (r < 0)
		return r;
	print_changes(b, old, b ? b->profile : new, &cli->out);
	r = approved_save(cli->config.state_dir, key, text, &number, err);
	if (r < 0)
		return r;
	print_use(cli, key, number, new, &cli->out);
	return keep_export(cli, key, text, err);
}

/* Applies to any text that is to be approved. */
static int check_digest(const struct cli_args *args, const struct buf *text, struct err *err)
{
	return args->value[OPT_DIGEST] ? build_check_digest(text, args->value[OPT_DIGEST], err) : 0;
}

static int go_back(struct cli *cli, const struct cli_args *args, struct err *err)
{
	cleanup_buf struct buf text = {0};
	cleanup_profile struct profile *p = NULL;
	const char *key = args->operand[0];
	uint64_t number = 0;
	int r = cli_args_number(&cmd_approve, args, OPT_TO, 1, APPROVED_MAX, 0, &number, err);

	if (r < 0)
		return r;
	r = approved_read(cli->config.state_dir, key, (unsigned)number, &text, &p, err);
	if (r == -ENOENT)
		return err_set(err, r, "%s has no approved profile number %u", key, (unsigned)number);
	if (r == 0)
		r = check_digest(args, &text, err);
	return r < 0 ? r : save(cli, key, NULL, &text, "profile", true, err);
}

static int approve_file(struct cli *cli, const struct cli_args *args, struct err *err)
{
	cleanup_buf struct buf text = {0};
	const char *key = args->operand[0];
	int r = file_read_at(AT_FDCWD, args->value[OPT_PROFILE], APPROVED_SIZE_MAX, &text, err);
	bool known;

	if (r == 0)
		r = oci_key_check(key, err);
	if (r == 0)
		r = check_digest(args, &text, err);
	if (r < 0)
		return r;
	known = word_is_key(cli, key);
	r = save(cli, key, NULL, &text, args->value[OPT_PROFILE], false, err);
	if (r >= 0 && !known)
		fprintf(stderr, "snug: %s is a new key, nothing was recorded for it; `snug ls` lists the others\n",
			key);
	return r;
}

static int check_options(const struct cli_args *args, struct err *err)
{
	if (args->value[OPT_TO] && args->value[OPT_PROFILE])
		return err_set(err, EINVAL, "--to and --profile cannot be combined: each names the profile");
	if ((args->value[OPT_TO] || args->value[OPT_PROFILE]) &&
	    (args->value[OPT_ERRNO] || args->value[OPT_RUNTIME] || args->value[OPT_FOR] || args->value[OPT_WITHOUT]))
		return err_set(err, EINVAL,
			       "--%s cannot be combined with --%s: it applies only to a profile made from evidence",
			       args->value[OPT_ERRNO] ? "errno"
			       : args->value[OPT_FOR]   ? "for"
			       : args->value[OPT_WITHOUT] ? "without"
							  : "runtime",
			       args->value[OPT_TO] ? "to" : "profile");
	return 0;
}

/* Asks the runtimes for their features now, so that the first enforced start knows them. */
static void learn_features(const struct cli *cli, const struct build *b)
{
	for (size_t i = 0; i < b->runtime_count; i++) {
		cleanup_with(oci_runtime_done) struct oci_runtime rt = {0};

		if (b->runtimes[i].present && oci_runtime_open(b->runtimes[i].path, -1, &rt, NULL) == 0)
			(void)features_learn(cli->config.state_dir, &rt, NULL);
	}
}

static int run(struct cli *cli, const struct cli_args *args, struct err *err)
{
	cleanup_build struct build b = {0};
	const char *key = args->operand[0];
	uint32_t errno_ret = 0;
	int r = check_options(args, err);

	if (r == 0)
		r = build_parse_errno(args->value[OPT_ERRNO], &errno_ret, err);
	if (r == 0)
		r = build_parse_without(args->value[OPT_WITHOUT], &b.without, err);
	if (r < 0)
		return r;
	if (args->value[OPT_TO])
		return go_back(cli, args, err);
	if (args->value[OPT_PROFILE])
		return approve_file(cli, args, err);
	r = build_load(cli, key, args->value[OPT_RUNTIME], &b, err);
	if (r < 0)
		return r;
	key = evidence_key(b.evidence);
	if (!b.verdict.complete && !args->value[OPT_FORCE]) {
		cleanup_buf struct buf why = {0};

		build_add_verdict(&b.verdict, &why);
		err_set(err, EAGAIN,
			"the evidence of %s is %s; `snug show %s` says how to fix it, --force approves anyway", key,
			buf_failed(&why) ? "not complete" : why.data, key);
		return CLI_INCOMPLETE;
	}
	r = build_add_runtimes(cli, &b, key, args->value[OPT_FOR], err);
	if (r < 0)
		return r;
	/* The profile that was reviewed was built from the samples of that time. */
	if (!args->value[OPT_NO_SAMPLE] && !args->value[OPT_DIGEST])
		r = sample_missing(cli, &b, err);
	if (!r)
		r = build_profile(&b, errno_ret, err);
	if (r < 0)
		return r;
	r = check_digest(args, &b.oci, err);
	if (r < 0)
		return r;
	build_report(&b, key);
	if (!args->value[OPT_NO_SAMPLE])
		learn_features(cli, &b);
	return save(cli, key, &b, &b.oci, "profile", false, err);
}

const struct cli_command cmd_approve = {
	.name = "approve",
	.operands = "KEY|FILE",
	.operands_min = 1,
	.operands_max = 1,
	.summary = "approves the profile of a key: audit and enforce use it from then on",
	.details = "Programs ask the kernel for everything by system calls. Once approved, containers of KEY may make\n"
		   "the calls that they were seen to make, and no others. The first time, each call is printed with\n"
		   "its reason; later only changes are (+ newly allowed, - no longer allowed, ~ other arguments).\n"
		   "What only execs did (probes, lifecycle hooks, people) is allowed too, since a probe that is refused a\n"
		   "call restarts the pod; --without terminal leaves out what only people with a terminal did.\n"
		   "If this runtime has no floor yet, it is sampled first (see `snug floor --help`). Incomplete\n"
		   "evidence is refused (exit status 3).\n",
	.options = OPTIONS,
	.option_count = ARRAY_SIZE(OPTIONS),
	.exits = "0: approved. 2: bad usage or input, or the profile could not be saved or exported. 3: refused, the "
		 "evidence is incomplete",
	.run = run,
};
