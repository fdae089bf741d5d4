#include "shim/cli/metrics/metrics.h"

#include "base/cleanup.h"
#include "base/json/json.h"
#include "shim/common/client.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#define PATIENCE_MS 2000

/* A recorder holds its lock while it runs. To connect would start one where a service manager listens in its place. A
 * recorder that starts while we try the lock tries again. */
static bool is_running(const char *run_dir, const char *lock)
{
	cleanup_free char *path = NULL;
	cleanup_fd int fd =
		asprintf(&path, "%s/%s", run_dir, lock) < 0 ? -1 : open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	return fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}

/* An older snugd does not know the question. */
static void ask(const struct config *config, struct exposition *x)
{
	static const struct {
		const char *name;
		enum metric metric;
	} members[] = {{"healthy", METRIC_RECORDER_HEALTHY},
		       {"runs", METRIC_RECORDER_RUNS},
		       {"counter", METRIC_RECORDER_COUNTS},
		       {"counted", METRIC_RECORDER_COUNTED}};
	cleanup_buf struct buf request = {0}, answer = {0};
	cleanup_json struct json_doc *doc = NULL;
	cleanup_fd int fd = client_connect(CLIENT_SNUGD, config->run_dir, NULL);

	buf_adds(&request, "{\"op\":\"status\"}");
	if (fd < 0 || client_request_within(fd, &request, PATIENCE_MS, &answer, NULL) < 0 ||
	    json_parse(answer.data, answer.len, JSON_OURS, "answer", &doc, NULL) < 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		uint64_t value = 0;

		if (json_want_u64(doc, json_root(doc), members[i].name, &value, NULL) == 0)
			exposition_add(x, members[i].metric, NULL, value);
	}
}

void metrics_add_recorders(const struct config *config, struct exposition *x)
{
	bool snugd = is_running(config->run_dir, "snugd.lock"), agent = is_running(config->run_dir, "agent.lock");

	exposition_add(x, METRIC_RECORDER_UP, (const struct exposition_label[]){{"program", "snugd"}, {NULL}}, snugd);
	exposition_add(x, METRIC_RECORDER_UP, (const struct exposition_label[]){{"program", "snug-agent"}, {NULL}},
		       agent);
	if (snugd)
		ask(config, x);
}
