#include "shim/cli/common/word.h"
#include "shim/cli/common/cli.h"

#include "seccomp/syscall/names.h"
#include "shim/cli/floor/canary_bundle.h"
#include "shim/cli/floor/catalogue.h"
#include "shim/cli/floor/floor_file.h"
#include "shim/cli/floor/sample.h"
#include "shim/cli/floor/shapes.h"
#include "shim/cli/common/table.h"
#include "shim/common/client.h"
#include "shim/common/namespaces.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { OPT_RUNTIME, OPT_KEY, OPT_SILENT, OPT_MAX, OPT_SHOW, OPT_JSON, OPT_LIST };

static const struct cli_option OPTIONS[] = {
	[OPT_RUNTIME] = {"runtime", 0, "PATH",
			 "runtimes, separated by commas: paths or names (crun); default: the configured one"},
	[OPT_KEY] = {"key", 0, "KEY", "start like the containers of KEY; default: like `runc spec`"},
	[OPT_SILENT] = {"silent", 0, "N", "stop after N starts in a row without a new call; default 60"},
	[OPT_MAX] = {"max", 0, "N", "stop after N starts at most; default 400"},
	[OPT_SHOW] = {"show", 0, NULL, "only show what was sampled before"},
	[OPT_JSON] = {"json", 0, NULL, "print this node's runtimes and floors, for `snug check --floor-file`"},
	[OPT_LIST] = {"list", 0, NULL, "list the runtime releases whose floors are built in"},
};

struct work {
	struct sample_plan plan;
	struct oci_runtime runtime;
	bool show, json;
	bool unsettled; /* some sampling stopped at its maximum */
	struct floor_file file;
	struct floor_runtime *entry; /* the runtime's, in the file */
};

/* How often it was seen, and how the runtime uses it. */
static void add_runs(struct table *t, const struct floor *f, enum floor_phase phase, const struct evidence_call *c)
{
	static const char *const words[FLOOR_USES] = {
		[FLOOR_UNKNOWN] = "", [FLOOR_NEEDS] = "needed", [FLOOR_TRIES] = "tried", [FLOOR_MAY_USE] = "sometimes",
		[FLOOR_EITHER] = "one of several"};
	const struct ablation_call *a = c ? ablation_find(&f->ablation, phase, c->arch, c->nr) : NULL;
	enum floor_use use = c ? floor_use(f, phase, c) : FLOOR_UNKNOWN;

	if (c)
		table_addf(t, "%llu", (unsigned long long)c->runs);
	else
		table_add(t, "-");
	table_addf(t, "%s%s", words[use],
		   !floor_is_tried(use) || !a			? ""
		   : a->unmade				? ", only while learnt"
		   : a->without[ABLATION_ENOSYS] == ABLATION_FAILS ? ", not by ENOSYS"
		   : a->without[ABLATION_EPERM] == ABLATION_FAILS  ? ", not by EPERM"
								       : "");
}

static void print_calls(const struct floor *f, struct buf *out)
{
	cleanup_table struct table t = {0};

	table_begin(&t, 6);
	table_add(&t, "CALL");
	table_add(&t, "STARTS");
	table_add(&t, "");
	table_add(&t, "EXECS");
	table_add(&t, "");
	table_add(&t, "FIRST SEEN");
	for (enum floor_phase p = 0; p < FLOOR_PHASES; p++) {
		const struct evidence_call *const *calls = NULL;
		size_t n = f->phase[p] ? evidence_calls(f->phase[p], &calls) : 0;

		for (size_t i = 0; i < n; i++) {
			const struct evidence_call *other = floor_find(f, !p, calls[i]);
			char name[SYSCALL_NAME_MAX];

			if (!floor_is_call(calls[i]) || (p == FLOOR_EXEC && other))
				continue;
			syscall_name(calls[i]->arch, calls[i]->nr, name);
			table_add(&t, name);
			add_runs(&t, f, FLOOR_CREATE, p == FLOOR_CREATE ? calls[i] : NULL);
			add_runs(&t, f, FLOOR_EXEC, p == FLOOR_EXEC ? calls[i] : other);
			table_add_time(&t, calls[i]->first_ms);
		}
	}
	table_write(&t, "  ", out);
}

/* Samples one shape, unless it is only to be shown, and prints it or adds it to the file. */
static int do_shape(struct work *w, const char *title, const char *shape, bool no_new_privileges, struct buf *out,
		    struct err *err)
{
	cleanup_floor struct floor floor = {0};
	char runtime_id[OCI_RUNTIME_ID_MAX];
	bool confidence = true;
	int r = 0;

	oci_runtime_id(&w->runtime, runtime_id);
	const struct floor_id id = floor_id_here(w->plan.config->state_dir, runtime_id, shape);

	w->plan.shape = shape;
	if (!w->show)
		r = sample_floor(&w->plan, &confidence, err);
	if (!r)
		r = floor_load(&id, &floor, err);
	if (r < 0)
		return r;
	w->unsettled |= !confidence;
	if (w->json)
		return floor_file_add_floor(&w->file, w->entry, &floor, shape, title, no_new_privileges, err);
	floor_describe(&floor, runtime_id, w->runtime.is_go, out);
	buf_addf(out, "\n%s\n", title);
	if (floor_is_sampled(&floor))
		print_calls(&floor, out);
	return 0;
}

static int do_key(struct cli *cli, struct work *w, const char *key, struct err *err)
{
	cleanup_evidence struct evidence *ev = NULL;
	cleanup_buf struct buf title = {0};
	int r = word_load_evidence(cli, key, &ev, err);

	if (r < 0)
		return r;
	if (!evidence_shape(ev))
		return err_set(err, ENOENT, "%s has no learning run, so how its containers start is unknown", key);
	buf_addf(&title, "started like the containers of %s", key);
	if (buf_failed(&title))
		return err_set(err, ENOMEM, "out of memory");
	return do_shape(w, title.data, evidence_shape(ev), canary_no_new_privileges(evidence_shape(ev)), &cli->out,
			err);
}

static int do_standards(struct cli *cli, struct work *w, struct err *err)
{
	bool rootless = !namespaces_is_root();
	int r = 0;

	for (size_t i = 0; !r && i < SHAPES_COUNT; i++) {
		cleanup_buf struct buf shape = {0};

		if (i && !w->json)
			buf_addc(&cli->out, '\n');
		r = shapes_shape(i, rootless, &shape, err);
		if (!r)
			r = do_shape(w, shapes_title(i, rootless), shape.data, shapes_no_new_privileges(i), &cli->out, err);
	}
	return r;
}

static int open_default(const struct cli *cli, struct oci_runtime *ret, struct err *err)
{
	cleanup_fd int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	const char *path = cli->config.runtime;

	return path ? oci_runtime_open(path, self, ret, err) : oci_runtime_find(self, ret, err);
}

struct each {
	struct cli *cli;
	struct work *work;
	const char *key;
	bool any;
};

static int do_runtime(struct each *e, struct err *err)
{
	struct work *w = e->work;
	int r = w->json ? floor_file_add_runtime(&w->file, &w->runtime, &w->entry, err) : 0;

	if (e->any && !w->json)
		buf_addc(&e->cli->out, '\n');
	e->any = true;
	if (!r)
		r = e->key ? do_key(e->cli, w, e->key, err) : do_standards(e->cli, w, err);
	oci_runtime_done(&w->runtime);
	return r;
}

static int do_named(const char *name, void *arg, struct err *err)
{
	struct each *e = arg;
	int r = oci_runtime_open_or_find(name, -1, &e->work->runtime, err);

	return r < 0 ? r : do_runtime(e, err);
}

static int run(struct cli *cli, const struct cli_args *args, struct err *err)
{
	struct work w = {.show = args->value[OPT_SHOW], .json = args->value[OPT_JSON]};
	struct each each = {.cli = cli, .work = &w, .key = args->value[OPT_KEY]};

	if (args->value[OPT_LIST]) {
		catalogue_list(&cli->out);
		return CLI_GOOD;
	}
	int r = cli_args_number(&cmd_floor, args, OPT_SILENT, 1, 100000, SAMPLE_SILENT, &w.plan.silent, err);

	if (!r)
		r = cli_args_number(&cmd_floor, args, OPT_MAX, 1, 100000, SAMPLE_MAX, &w.plan.max, err);
	if (!r)
		r = floor_file_here(&w.file, err);
	if (!r)
		r = client_sync(&cli->config, err);
	w.plan.config = &cli->config;
	w.plan.runtime = &w.runtime;
	if (!r && args->value[OPT_RUNTIME]) {
		r = cli_args_each(&cmd_floor, args, OPT_RUNTIME, do_named, &each, err);
	} else if (!r) {
		r = open_default(cli, &w.runtime, err);
		if (!r)
			r = do_runtime(&each, err);
	}
	if (!r && w.json)
		r = floor_file_write(&w.file, &cli->out, err);
	floor_file_done(&w.file);
	return r < 0 ? r : w.unsettled ? CLI_FOUND : CLI_GOOD;
}

const struct cli_command cmd_floor = {
	.name = "floor",
	.operands = "",
	.summary = "samples which calls a runtime itself needs",
	.details =
		"After loading the filter, the runtime makes calls of its own before the program starts, some of\n"
		"them only now and then. Without them in the profile, a container starts only sometimes. This starts\n"
		"many empty containers and records the calls; in every second round, two of them run at a time. It\n"
		"stops once the last N starts and the last N/2 execs showed no new call (--silent), or after --max\n"
		"starts (exit status 1). Only completely recorded starts count. Then each call is refused in turn:\n"
		"if nothing starts without it, it is needed; if the runtime falls back, it is only tried.\n"
		"An ordinary user's containers are rootless; what their starts need is kept apart from root's.\n",
	.options = OPTIONS,
	.option_count = ARRAY_SIZE(OPTIONS),
	.run = run,
};
