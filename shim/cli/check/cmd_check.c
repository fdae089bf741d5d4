#include "shim/cli/check/against.h"
#include "shim/cli/check/check.h"
#include "shim/cli/common/cli.h"
#include "shim/cli/common/machine.h"
#include "shim/cli/common/save.h"
#include "shim/cli/key/operand.h"
#include "shim/cli/key/profiles.h"

#include "base/text.h"
#include "seccomp/policy/amend.h"
#include "seccomp/policy/read.h"
#include "shim/common/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OPT_RUNTIME, OPT_FLOOR_FILE, OPT_NO_SAMPLE, OPT_STRICT, OPT_ALL, OPT_MACHINE, OPT_FIX, OPT_JSON };

static const struct cli_option OPTIONS[] = {
	[OPT_RUNTIME] = {"runtime", 0, "PATH",
			 "runtimes that will use them: paths, names (crun) or releases (runc-1.3.6); default: the "
			 "configured one"},
	[OPT_FLOOR_FILE] = {"floor-file", 0, "FILE", "check for the node where `snug floor --json` printed FILE"},
	[OPT_NO_SAMPLE] = {"no-sample", 0, NULL, "do not start containers to sample a runtime"},
	[OPT_STRICT] = {"strict", 0, NULL, "treat warnings as failures"},
	[OPT_ALL] = {"all", 'a', NULL, "also show notes, and profiles without findings"},
	[OPT_MACHINE] = {"machine", 0, "NAME", "check for another machine: aarch64, x86_64, s390x ..."},
	[OPT_FIX] = {"fix", 0, "OUT", "write PROFILE plus the calls that the runtime needs to OUT, and print the difference"},
	[OPT_JSON] = {"json", 0, NULL, "print everything as JSON"},
};

#define RESULT_SLOTS 8192 /* a power of two */

/* One text that was read, and its results: texts with the same content are checked once. */
struct checked {
	uint64_t hash;
	struct buf text;
	size_t first, count; /* its results */
};

struct work {
	struct cli *cli;
	struct floor_file floors;
	struct check_plan *plan;
	struct checked *texts;
	size_t text_count, text_cap;
	struct check_result **results; /* each allocated separately: items point to them */
	char **parts;                  /* for each, its place within the text; "": the whole text */
	size_t result_count, result_cap;
	struct check_item *items;
	size_t item_count, item_cap;
	size_t skipped;
	int slots[RESULT_SLOTS]; /* index in texts + 1 */
};

static void work_done(struct work *w)
{
	for (size_t i = 0; i < w->text_count; i++)
		buf_done(&w->texts[i].text);
	for (size_t i = 0; i < w->result_count; i++) {
		check_result_done(w->results[i]);
		free(w->results[i]);
		free(w->parts[i]);
	}
	for (size_t i = 0; i < w->item_count; i++)
		free((char *)(uintptr_t)w->items[i].name);
	free(w->texts);
	free(w->results);
	free(w->parts);
	free(w->items);
	check_plan_free(w->plan);
	floor_file_done(&w->floors);
	free(w);
}

static void work_free(struct work **w)
{
	if (*w)
		work_done(*w);
}

static int oom(struct err *err)
{
	return err_set(err, ENOMEM, "out of memory");
}

static int load_floors(struct work *w, const struct cli_args *args, struct err *err)
{
	struct against against = {
		.config = &w->cli->config, .floors = &w->floors, .tell_rootless = !args->value[OPT_JSON]};
	int r;

	if (args->value[OPT_FLOOR_FILE] && args->value[OPT_RUNTIME])
		return err_set(err, EINVAL, "--floor-file already names the runtimes: leave out --runtime");
	if (args->value[OPT_FLOOR_FILE] && args->value[OPT_MACHINE])
		return err_set(err, EINVAL, "--floor-file already names the machine: leave out --machine");
	if (args->value[OPT_FLOOR_FILE])
		return against_file(&against, args->value[OPT_FLOOR_FILE], err);
	/* A runtime that the user did not name is sampled only for root, whose floors are what most profiles are for. */
	against.sample = !args->value[OPT_NO_SAMPLE] && (args->value[OPT_RUNTIME] || geteuid() == 0);
	r = floor_file_here(&w->floors, err);
	if (!r && args->value[OPT_MACHINE])
		r = machine_named(args->value[OPT_MACHINE], &w->floors.arch, err);
	if (!r)
		r = client_sync(&w->cli->config, err);
	if (r < 0)
		return r;
	return args->value[OPT_RUNTIME] ? cli_args_each(&cmd_check, args, OPT_RUNTIME, against_named, &against, err)
					: against_default(&against, err);
}

/* Adds an empty result, which the work owns. */
static int new_result(struct work *w, const char *part, struct check_result **ret, struct err *err)
{
	struct check_result *r = calloc(1, sizeof(*r));
	cleanup_free char *copy = strdup(part);

	if (w->result_count == w->result_cap) {
		size_t cap = w->result_cap ? 2 * w->result_cap : 64;
		struct check_result **results = reallocarray(w->results, cap, sizeof(*results));
		char **parts;

		if (results)
			w->results = results;
		parts = results ? reallocarray(w->parts, cap, sizeof(*parts)) : NULL;
		if (parts) {
			w->parts = parts;
			w->result_cap = cap;
		}
	}
	if (!r || !copy || w->result_count == w->result_cap) {
		free(r);
		return oom(err);
	}
	w->results[w->result_count] = r;
	w->parts[w->result_count++] = steal_ptr(&copy);
	*ret = r;
	return 0;
}

/* The place of a profile within its text: what follows the text's name in the profile's. */
static const char *part_of(const struct policy *p, const char *text_name)
{
	const char *name = policy_name(p);

	return text_starts(name, text_name) ? name + strlen(text_name) : name;
}

/* *ret_alone is false if the result depends on more than the text: a base in another file. */
static int check_text_of(struct work *w, const struct operand *op, bool *ret_alone, struct err *err)
{
	cleanup_policy_list struct policy_list list = {0};
	struct check_result *result = NULL;
	struct err why = {0};
	int r = op->text ? profiles_read(op->text, op->name, op->path, &list, &why) : op->error->code;

	if (r == -ENOMEM)
		return oom(err);
	if (r < 0) {
		r = new_result(w, "", &result, err);
		return r < 0 ? r : check_unreadable(op->text ? why.msg : op->error->msg, result, err);
	}
	profiles_tell(&list, op->name, false);
	for (size_t i = 0; !r && i < list.count; i++) {
		*ret_alone &= !policy_base(list.policy[i]);
		r = new_result(w, part_of(list.policy[i], op->name), &result, err);
		if (!r)
			r = check_policy(w->plan, list.policy[i], result, err);
	}
	if (r < 0)
		err_wrap(err, "%s", op->name);
	return r;
}

static int add_item(struct work *w, const char *name, size_t result, struct err *err)
{
	cleanup_buf struct buf safe = {0};

	if (w->item_count == w->item_cap) {
		size_t cap = w->item_cap ? 2 * w->item_cap : 64;
		struct check_item *items = reallocarray(w->items, cap, sizeof(*items));

		if (!items)
			return oom(err);
		w->items = items;
		w->item_cap = cap;
	}
	text_add_safe(&safe, name, strlen(name));
	text_add_safe(&safe, w->parts[result], strlen(w->parts[result]));
	w->items[w->item_count] = (struct check_item){buf_steal(&safe), w->results[result]};
	return w->items[w->item_count++].name ? 0 : oom(err);
}

/* The slot of a text with the same content, or a free one. */
static size_t slot_of(const struct work *w, uint64_t hash, const struct buf *text)
{
	size_t i = (size_t)hash & (RESULT_SLOTS - 1);

	for (; w->slots[i]; i = (i + 1) & (RESULT_SLOTS - 1)) {
		const struct checked *c = &w->texts[w->slots[i] - 1];

		if (c->hash == hash && c->text.len == text->len && !memcmp(c->text.data, text->data, text->len))
			break;
	}
	return i;
}

/* Keeps the results of a text for others with the same content; a full table keeps no more. */
static int remember(struct work *w, size_t slot, uint64_t hash, const struct buf *text, size_t first, struct err *err)
{
	struct checked *c;

	if (w->text_count >= RESULT_SLOTS / 2)
		return 0;
	if (w->text_count == w->text_cap) {
		size_t cap = w->text_cap ? 2 * w->text_cap : 64;
		struct checked *texts = reallocarray(w->texts, cap, sizeof(*texts));

		if (!texts)
			return oom(err);
		w->texts = texts;
		w->text_cap = cap;
	}
	c = &w->texts[w->text_count++];
	*c = (struct checked){.hash = hash, .first = first, .count = w->result_count - first};
	buf_add(&c->text, text->data, text->len);
	w->slots[slot] = (int)w->text_count;
	return buf_failed(&c->text) ? oom(err) : 0;
}

static int check_operand(const struct operand *op, void *arg, struct err *err)
{
	struct work *w = arg;
	uint64_t hash = op->text && op->text->len ? text_hash(op->text->data, op->text->len) : 0;
	bool keep = op->text && op->text->len, alone = true;
	size_t first = w->result_count, count, slot = keep ? slot_of(w, hash, op->text) : 0;
	int r = 0;

	if (keep && w->slots[slot]) {
		first = w->texts[w->slots[slot] - 1].first;
		count = w->texts[w->slots[slot] - 1].count;
	} else {
		r = check_text_of(w, op, &alone, err);
		count = w->result_count - first;
		/* The message for an unreadable text names its file. */
		if (!r && keep && alone && w->results[first]->readable)
			r = remember(w, slot, hash, op->text, first, err);
	}
	for (size_t i = 0; !r && i < count; i++)
		r = add_item(w, op->name, first + i, err);
	return r;
}

static bool is_found(const struct work *w, bool strict)
{
	for (size_t i = 0; i < w->item_count; i++)
		if (check_count(w->items[i].result, CHECK_FAILURE) ||
		    (strict && check_count(w->items[i].result, CHECK_WARNING)))
			return true;
	return false;
}

/* What names cannot do. */
static void add_answers(const struct names *answers, struct buf *out)
{
	if (!answers->count)
		return;
	buf_adds(out, "These must be answered with ENOSYS, else something fails that tries them first; add to \"syscalls\" by hand:\n  ");
	amend_add_enosys_rule((const char *const *)answers->v, answers->count, out);
	buf_adds(out, "\n");
}

/* The only profile of the only operand. */
static int fix(struct work *w, const struct cli_args *args, struct buf *out, struct err *err)
{
	const char *path = args->value[OPT_FIX], *name = args->operand[0];
	const char *const inputs[] = {name, args->value[OPT_FLOOR_FILE] ? args->value[OPT_FLOOR_FILE] : name};
	cleanup_with(check_result_done) struct check_result after = {0};
	cleanup_names struct names answers = {0};
	cleanup_buf struct buf fixed = {0};
	size_t count = 0, line = 0;
	int r;

	if (args->operands != 1 || w->item_count != 1)
		return err_set(err, EINVAL, "--fix takes one profile: name its file, not a directory or a list");
	if (!w->results[0]->readable)
		return err_set(err, EINVAL, "--fix: %s is no profile that can be read, see above", name);
	if (w->text_count != 1)
		return err_set(err, EINVAL, "--fix: %s builds on another profile: fix that one", name);
	r = check_fix(w->plan, &w->texts[0].text, name, w->results[0], &fixed, &count, &line, &after, err);
	if (!r && count)
		r = check_fix_answers(w->results[0], &after, &answers, err);
	if (!r)
		r = save_output(w->cli, path, &fixed, inputs, ARRAY_SIZE(inputs), err);
	if (r < 0)
		return r;
	if (count) {
		buf_addf(out, "\n%s: written, %zu call%s added, line %zu%s\n", path, count, count == 1 ? "" : "s", line,
			 check_fix_leaves(&after) && !answers.count ? "; add the rules printed above by hand" : "");
		add_answers(&answers, out);
		amend_diff(&w->texts[0].text, &fixed, name, path, out);
	} else {
		buf_addf(out, "\n%s: written, unchanged: no call is missing%s\n", path,
			 is_found(w, true) ? "; names cannot mend the rest, see above" : "");
	}
	return 0;
}

/* Of one profile alone. */
static int tell_fix(const struct work *w, struct buf *out, struct err *err)
{
	cleanup_free const char **names = NULL;
	size_t count = 0;
	int r = w->item_count == 1 && w->text_count == 1 ? check_fix_names(w->results[0], &names, &count, err) : 0;

	if (count)
		buf_adds(out, "\nThe same command with --fix OUT writes the profile with these calls.\n");
	return r;
}

static int run(struct cli *cli, const struct cli_args *args, struct err *err)
{
	cleanup_buf struct buf aside = {0};
	cleanup_with(work_free) struct work *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return oom(err);
	w->cli = cli;
	r = load_floors(w, args, err);
	if (!r)
		r = check_plan_new(&w->floors, &w->plan, err);
	for (size_t i = 0; !r && i < args->operands; i++)
		r = operand_each(cli, args->operand[i], OPERAND_PROFILE, POLICY_TEXT_MAX, check_operand, w, &w->skipped,
				 err);
	if (r < 0)
		return r;
	if (args->value[OPT_JSON])
		check_json(&w->floors, w->items, w->item_count, &cli->out);
	else
		check_text(&w->floors, w->items, w->item_count, args->value[OPT_ALL], &cli->out);
	/* The output of --json must remain one value. */
	if (!args->value[OPT_FIX])
		r = args->value[OPT_JSON] ? 0 : tell_fix(w, &cli->out, err);
	else
		r = fix(w, args, args->value[OPT_JSON] ? &aside : &cli->out, err);
	if (r < 0)
		return r;
	if (w->skipped)
		fprintf(stderr, "skipped %zu files that are not .json, .yaml, .yml or .conf\n", w->skipped);
	return is_found(w, args->value[OPT_STRICT]) ? CLI_FOUND : CLI_GOOD;
}

const struct cli_command cmd_check = {
	.name = "check",
	.operands = "PROFILE...",
	.operands_min = 1,
	.operands_max = 100000,
	.summary = "says what a profile breaks, before you roll it out",
	.details =
		"PROFILE is a file in any format (OCI, Docker, SeccompProfile, ConfigMap, systemd), a directory of\n"
		"such files (/var/lib/kubelet/seccomp), a key, @moby, @containerd or @podman, or - for standard "
		"input.\n"
		"  snug check --runtime runc-1.3.6 profiles/          before an upgrade, anywhere (snug floor --list)\n"
		"  snug check --runtime /usr/sbin/runc.new my.json    with the new runtime at hand\n"
		"  snug floor --json >node.json                       on an upgraded node, then anywhere:\n"
		"  snug check --floor-file node.json profiles/\n"
		"  snug check --fix my-fixed.json my.json             writes it with what is missing\n"
		"  kubectl get configmap X -o json | snug check -\n"
		"Exit status: 0 nothing breaks (there may be warnings), 1 something does, 2 bad usage or input.\n",
	.options = OPTIONS,
	.option_count = ARRAY_SIZE(OPTIONS),
	.run = run,
};
