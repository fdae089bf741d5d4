#include "shim/cli/cluster/event.h"
#include "shim/cli/cluster/object.h"
#include "shim/cli/cluster/take.h"
#include "shim/cli/common/cli.h"

#include "base/file.h"
#include "base/json/json.h"
#include "base/text.h"
#include "seccomp/evidence/evidence.h"
#include "seccomp/profile/profile.h"
#include "shim/common/state.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define ANSWER_MAX (64u << 20) /* bytes of one answer of the API */

enum { OPT_NODE, OPT_APPROVER, OPT_REASON, OPT_VERSION, OPT_BUNDLES };

static const struct cli_option OPTIONS[] = {
	[OPT_NODE] = {"node", 0, "NAME",
		      "names: also what this node has, as evidence of the node NAME; events: the node"},
	[OPT_APPROVER] = {"approver", 0, "TEXT", "approval: who approves"},
	[OPT_REASON] = {"reason", 0, "TEXT", "approval: why"},
	[OPT_VERSION] = {"version", 0, "V", "approval: the resourceVersion of the object that it replaces"},
	[OPT_BUNDLES] = {"bundles", 0, "DIR",
			 "events: where the containers' bundles are, if not where the engines keep them"},
};

static void add_state(const struct evidence_verdict *v, struct buf *out)
{
	size_t from = out->len;

	if (v->complete)
		buf_adds(out, "complete");
	else if (!v->learn_runs)
		buf_adds(out, "no-learning-run");
	for (size_t i = 0; !v->complete && v->learn_runs && i < REASON_COUNT; i++)
		if (v->reasons & (reason_set)1 << i)
			buf_addf(out, "%s%s", out->len > from ? "," : "", reason_code((enum reason)i));
}

/* What the agent compares to know whether a run has ended since it published the evidence. */
static int add_evidence(const struct cli *cli, const char *key, const char *node, struct buf *out, struct err *err)
{
	cleanup_evidence struct evidence *ev = NULL;
	struct evidence_verdict verdict;
	const struct evidence_run *const *runs = NULL;
	size_t count, ended = 0;
	uint64_t last_ms = 0;
	int r;

	buf_adds(out, "evidence ");
	r = object_add_name(key, node, out, err);
	if (r == 0)
		r = state_load_evidence(cli->config.state_dir, STATE_KEYS, key, &ev, err);
	if (r < 0)
		return r;
	evidence_evaluate(ev, &verdict);
	count = evidence_runs(ev, &runs);
	for (size_t i = 0; i < count; i++) {
		ended += runs[i]->ended_ms != 0;
		last_ms = runs[i]->ended_ms > last_ms ? runs[i]->ended_ms : last_ms;
	}
	buf_addf(out, "\nruns %zu\nended %zu ", evidence_starts(ev), ended + (size_t)evidence_runs_dropped(ev));
	text_add_time(out, last_ms);
	buf_adds(out, "\nstate ");
	add_state(&verdict, out);
	buf_addc(out, '\n');
	return 0;
}

static int names(struct cli *cli, const struct cli_args *args, struct err *err)
{
	const char *key = args->operand[1];
	int r;

	buf_adds(&cli->out, "namespace ");
	r = object_add_namespace(key, &cli->out, err);
	if (r < 0)
		return r;
	buf_adds(&cli->out, "\nlabel ");
	object_add_label(key, &cli->out);
	buf_adds(&cli->out, "\nprofile ");
	r = object_add_name(key, NULL, &cli->out, err);
	buf_addc(&cli->out, '\n');
	return r < 0 || !args->value[OPT_NODE] ? r : add_evidence(cli, key, args->value[OPT_NODE], &cli->out, err);
}

static int approval(struct cli *cli, const struct cli_args *args, struct err *err)
{
	cleanup_buf struct buf profile = {0};
	cleanup_profile struct profile *parsed = NULL;
	struct object_approval a = {
		.key = args->operand[1],
		.approver = args->value[OPT_APPROVER] ? args->value[OPT_APPROVER] : "",
		.reason = args->value[OPT_REASON] ? args->value[OPT_REASON] : "",
		.version = args->value[OPT_VERSION],
		.profile = &profile,
	};
	int r = file_read_fd(STDIN_FILENO, OBJECT_PROFILE_MAX, "the profile", &profile, err);

	if (r == 0)
		r = profile_parse_oci(profile.data ? profile.data : "", profile.len, "the profile", &parsed, err);
	return r < 0 ? r : object_add_approval(&a, &cli->out, err);
}

static int take(struct cli *cli, const struct cli_args *args, struct err *err)
{
	cleanup_buf struct buf text = {0};
	const struct take_to to = {
		.state_dir = cli->config.state_dir, .export_dir = cli->config.export_dir, .out = &cli->out};
	size_t refused = 0;
	int r = file_read_fd(STDIN_FILENO, ANSWER_MAX, "the API's answer", &text, err);

	(void)args;
	if (r == 0)
		r = take_text(&to, &text, &refused, err);
	return r < 0 ? r : refused ? CLI_FOUND : CLI_GOOD;
}

static int events(struct cli *cli, const struct cli_args *args, struct err *err)
{
	cleanup_buf struct buf text = {0};
	const char *node = args->value[OPT_NODE];
	cleanup_buf struct buf name = {0};
	int r = node ? object_add_name("events", node, &name, err)
		     : err_set(err, EINVAL, "cluster events needs --node");

	if (r == 0)
		r = file_read_fd(STDIN_FILENO, ANSWER_MAX, "the journal", &text, err);
	return r < 0 ? r : event_add_all(args->value[OPT_BUNDLES], node, &text, &cli->out, err);
}

/* Of one object on standard input; a label of that name is none. */
static int version(struct cli *cli, const struct cli_args *args, struct err *err)
{
	cleanup_buf struct buf text = {0};
	cleanup_json struct json_doc *doc = NULL;
	const char *value = NULL;
	int r = file_read_fd(STDIN_FILENO, ANSWER_MAX, "the API's answer", &text, err);

	(void)args;
	if (r == 0)
		r = json_parse(text.data ? text.data : "", text.len, JSON_FOREIGN, "the API's answer", &doc, err);
	if (r < 0)
		return r;
	if (json_type(json_get(json_root(doc), "metadata")) != JSON_OBJECT)
		return err_set(err, EINVAL, "the API's answer is no object");
	r = json_want_string(doc, json_get(json_root(doc), "metadata"), "resourceVersion", &value, err);
	if (r < 0)
		return r;
	if (!*value || strlen(value) > 64 || strspn(value, "0123456789abcdefghijklmnopqrstuvwxyz") != strlen(value))
		return err_set(err, EINVAL, "the object's version has other characters than expected");
	buf_addf(&cli->out, "%s\n", value);
	return 0;
}

static const struct verb {
	const char *name;
	size_t operands;
	int (*run)(struct cli *cli, const struct cli_args *args, struct err *err);
} VERBS[] = {{"names", 1, names},
	     {"approval", 1, approval},
	     {"take", 0, take},
	     {"version", 0, version},
	     {"events", 0, events}};

static int run(struct cli *cli, const struct cli_args *args, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(VERBS); i++) {
		if (!text_streq(args->operand[0], VERBS[i].name))
			continue;
		if (args->operands != 1 + VERBS[i].operands)
			return err_set(err, EINVAL, "cluster %s takes %s", VERBS[i].name,
				       VERBS[i].operands ? "a key" : "no key");
		return VERBS[i].run(cli, args, err);
	}
	return err_set(err, EINVAL, "cluster takes names, approval, take, version or events, not '%s'",
		       args->operand[0]);
}

const struct cli_command cmd_cluster = {
	.name = "cluster",
	.operands = "names|approval|take|version|events [KEY]",
	.operands_min = 1,
	.operands_max = 2,
	.summary = "reads and writes the objects of the Kubernetes API (for scripts)",
	.details = "The node's agent and `kubectl snug` call it; kubectl carries the text.\n"
		   "  names KEY     namespace, label and names of the key's objects\n"
		   "  approval KEY  makes an ApprovedProfile of the profile on standard input\n"
		   "  take          takes the ApprovedProfiles on standard input to this node: verifies key, name,\n"
		   "                namespace and digest, then approves and exports as `snug approve` does\n"
		   "  version       the resourceVersion of the object on standard input\n"
		   "  events        makes Events on pods of the denials in the journal (journalctl -o json)\n",
	.options = OPTIONS,
	.option_count = ARRAY_SIZE(OPTIONS),
	.exits = "0: good. 1: take refused an object, which standard error names. 2: bad usage or input",
	.run = run,
};
