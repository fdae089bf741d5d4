#include "shim/cli/build.h"
#include "shim/cli/cli.h"

#include "base/text.h"
#include "oci/spec.h"
#include "seccomp/syscall.h"
#include "shim/cli/floor.h"
#include "shim/cli/sample.h"
#include "shim/cli/table.h"
#include "shim/common/client.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { OPT_RUNTIME, OPT_KEY, OPT_SILENT, OPT_MAX, OPT_SHOW };

static const struct cli_option OPTIONS[] = {
	[OPT_RUNTIME] = {"runtime", 0, "PATH",
			 "the runtime; default: the configured one, else runc or crun where it is installed"},
	[OPT_KEY] = {"key", 0, "KEY", "start as KEY's containers are started; default: as `runc spec` has it"},
	[OPT_SILENT] = {"silent", 0, "N", "stop when N starts in a row showed no new call; default 60"},
	[OPT_MAX] = {"max", 0, "N", "stop after N starts in any case; default 400"},
	[OPT_SHOW] = {"show", 0, NULL, "only show what earlier samplings found"},
};

/* What `runc spec` writes, as far as it belongs to a process shape. */
#define CAPS "[\"CAP_AUDIT_WRITE\",\"CAP_KILL\",\"CAP_NET_BIND_SERVICE\"]"
#define STANDARD(nnp)                                                                                                  \
	"{\"process\":{\"user\":{\"uid\":0,\"gid\":0},\"capabilities\":{\"bounding\":" CAPS ",\"effective\":" CAPS     \
	",\"permitted\":" CAPS ",\"ambient\":" CAPS "},"                                                               \
	"\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\",\"hard\":1024,\"soft\":1024}],\"noNewPrivileges\":" nnp "},"         \
	"\"root\":{\"readonly\":true},\"linux\":{\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"network\"},"           \
	"{\"type\":\"ipc\"},{\"type\":\"uts\"},{\"type\":\"mount\"},{\"type\":\"cgroup\"}],"                           \
	"\"maskedPaths\":[\"/proc/acpi\",\"/proc/asound\",\"/proc/kcore\",\"/proc/keys\",\"/proc/latency_stats\","     \
	"\"/proc/timer_list\",\"/proc/timer_stats\",\"/proc/sched_debug\",\"/sys/firmware\",\"/proc/scsi\"],"          \
	"\"readonlyPaths\":[\"/proc/bus\",\"/proc/fs\",\"/proc/irq\",\"/proc/sys\",\"/proc/sysrq-trigger\"]}}"

static const struct standard {
	const char *title, *config;
} STANDARDS[] = {
	{"started as `runc spec` has it (noNewPrivileges true)", STANDARD("true")},
	{"started as `runc spec` has it, noNewPrivileges false", STANDARD("false")},
};

struct work {
	struct sample_plan plan;
	struct oci_runtime runtime;
	bool show;
	bool unsettled; /* some sampling stopped at the maximum */
};

static int shape_of_config(const char *config, struct buf *ret, struct err *err)
{
	cleanup_spec struct oci_spec *spec = NULL;
	int r = oci_spec_parse(config, strlen(config), "standard shape", &spec, err);

	return r < 0 ? r : oci_spec_shape(spec, false, ret, err);
}

static void print_calls(const struct evidence *ev, struct buf *out)
{
	const struct evidence_call *const *calls = NULL;
	size_t n = evidence_calls(ev, &calls);
	cleanup_table struct table t = {0};

	table_begin(&t, 3);
	table_add(&t, "CALL");
	table_add(&t, "STARTS AND EXECS");
	table_add(&t, "FIRST SEEN");
	for (size_t i = 0; i < n; i++) {
		char name[SYSCALL_NAME_MAX];

		if (calls[i]->phase == EVIDENCE_WORKLOAD || !calls[i]->count)
			continue;
		syscall_name(calls[i]->arch, calls[i]->nr, name);
		table_add(&t, name);
		table_addf(&t, "%llu", (unsigned long long)calls[i]->runs);
		table_add_time(&t, calls[i]->first_ms);
	}
	table_write(&t, "  ", out);
}

/* Samples one shape, unless it is only to be shown, and prints it. */
static int do_shape(struct work *w, const char *title, const char *shape, struct buf *out, struct err *err)
{
	cleanup_evidence struct evidence *ev = NULL;
	char id[OCI_RUNTIME_ID_MAX];
	bool settled = true;
	int r = 0;

	oci_runtime_id(&w->runtime, id);
	w->plan.shape = shape;
	if (!w->show)
		r = sample_floor(&w->plan, &settled, err);
	if (!r)
		r = floor_load(w->plan.config->state_dir, id, shape, &ev, err);
	if (r < 0)
		return r;
	w->unsettled |= !settled;
	floor_describe(ev, id, w->runtime.is_go, out);
	buf_addf(out, "\n%s\n", title);
	if (ev)
		print_calls(ev, out);
	return 0;
}

static int do_key(struct cli *cli, struct work *w, const char *key, struct err *err)
{
	cleanup_evidence struct evidence *ev = NULL;
	cleanup_buf struct buf title = {0};
	int r = build_load_evidence(cli, key, &ev, err);

	if (r < 0)
		return r;
	if (!evidence_shape(ev))
		return err_set(err, ENOENT, "%s has no learning run that tells how its containers are started", key);
	buf_addf(&title, "started as the containers of %s", key);
	if (buf_failed(&title))
		return err_set(err, ENOMEM, "out of memory");
	return do_shape(w, title.data, evidence_shape(ev), &cli->out, err);
}

static int do_standards(struct cli *cli, struct work *w, struct err *err)
{
	int r = 0;

	for (size_t i = 0; !r && i < ARRAY_SIZE(STANDARDS); i++) {
		cleanup_buf struct buf shape = {0};

		if (i)
			buf_addc(&cli->out, '\n');
		r = shape_of_config(STANDARDS[i].config, &shape, err);
		if (!r)
			r = do_shape(w, STANDARDS[i].title, shape.data, &cli->out, err);
	}
	return r;
}

static int open_runtime(const struct cli *cli, const char *path, struct oci_runtime *ret, struct err *err)
{
	cleanup_fd int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	if (!path)
		path = cli->config.runtime;
	return path ? oci_runtime_open(path, self, ret, err) : oci_runtime_find(self, ret, err);
}

static int run(struct cli *cli, const struct cli_args *args, struct err *err)
{
	struct work w = {.show = args->value[OPT_SHOW]};
	int r = cli_args_number(&cmd_floor, args, OPT_SILENT, 1, 100000, SAMPLE_SILENT, &w.plan.silent, err);

	if (!r)
		r = cli_args_number(&cmd_floor, args, OPT_MAX, 1, 100000, SAMPLE_MAX, &w.plan.max, err);
	if (!r)
		r = open_runtime(cli, args->value[OPT_RUNTIME], &w.runtime, err);
	if (r < 0)
		return r;
	w.plan.config = &cli->config;
	w.plan.runtime = &w.runtime;
	r = client_sync(cli->config.run_dir, err);
	if (!r)
		r = args->value[OPT_KEY] ? do_key(cli, &w, args->value[OPT_KEY], err) : do_standards(cli, &w, err);
	oci_runtime_done(&w.runtime);
	return r < 0 ? r : w.unsettled ? CLI_FOUND : CLI_GOOD;
}

const struct cli_command cmd_floor = {
	.name = "floor",
	.operands = "",
	.summary = "finds out what a runtime itself must be allowed to call",
	.details = "Once the filter is loaded the runtime still makes calls of its own before the program starts, some "
		   "of them only\n"
		   "now and then. A profile without them starts only sometimes. This starts many empty containers and "
		   "notes what\n"
		   "is called, every second ten of them with one CPU kept busy. It stops when the last N starts and "
		   "the last N/2\n"
		   "execs showed no new call (--silent), at most after --max starts (exit status 1). Only starts of "
		   "which the\n"
		   "kernel's record is complete count.\n",
	.options = OPTIONS,
	.option_count = ARRAY_SIZE(OPTIONS),
	.run = run,
};
