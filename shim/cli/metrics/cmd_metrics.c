#include "shim/cli/common/cli.h"
#include "shim/cli/common/save.h"
#include "shim/cli/metrics/metrics.h"

#include "base/cleanup.h"

#include <errno.h>

#define KEYS_DEFAULT 1000
#define KEYS_MAX     100000

enum { OPT_OUTPUT, OPT_MAX_KEYS };

static const struct cli_option OPTIONS[] = {
	[OPT_OUTPUT] = {"output", 'o', "FILE", "write to FILE, atomically"},
	[OPT_MAX_KEYS] = {"max-keys", 0, "N",
			  "list at most N keys (default 1000); snug_keys_left_out counts the others"},
};

static const struct exposition_family FAMILIES[] = {
#define X(e, name, type, help) [METRIC_##e] = {name, EXPOSITION_##type, help},
	METRICS(X)
#undef X
};

static int run(struct cli *cli, const struct cli_args *args, struct err *err)
{
	struct buf samples[METRIC_COUNT] = {{0}};
	cleanup_exposition struct exposition x = {FAMILIES, samples, METRIC_COUNT};
	cleanup_buf struct buf page = {0};
	uint64_t max_keys = 0;
	int r = cli_args_number(&cmd_metrics, args, OPT_MAX_KEYS, 1, KEYS_MAX, KEYS_DEFAULT, &max_keys, err);

	if (r < 0)
		return r;
	exposition_add(&x, METRIC_BUILD, (const struct exposition_label[]){{"version", SNUG_VERSION}, {NULL}}, 1);
	metrics_add_recorders(&cli->config, &x);
	r = metrics_add_keys(&cli->config, max_keys, &x, err);
	if (r < 0)
		return r;
	exposition_write(&x, &page);
	if (buf_failed(&page))
		return err_set(err, ENOMEM, "out of memory");
	r = save_or_print(cli, args->value[OPT_OUTPUT], &page, NULL, 0, err);
	return r < 0 ? r : CLI_GOOD;
}

const struct cli_command cmd_metrics = {
	.name = "metrics",
	.operands = "",
	.summary = "prints figures about all keys and the recorder, for Prometheus",
	.details = "Prints the Prometheus text format. For the textfile collector of node_exporter, from a timer:\n"
		   "  snug metrics -o /var/lib/prometheus/node-exporter/snug.prom\n"
		   "It reads what is on disk, at most 5 seconds old, and starts no recorder.\n",
	.options = OPTIONS,
	.option_count = ARRAY_SIZE(OPTIONS),
	.run = run,
};
