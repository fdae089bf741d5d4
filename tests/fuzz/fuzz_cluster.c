/* Feeds any text to what `snug cluster` reads: the first byte chooses between the API's answer (take) and the journal
 * (event). What is taken belongs to its key; each Event is one line of JSON, for the namespace of the key. */
#include "base/cleanup.h"
#include "base/file.h"
#include "base/json/json.h"
#include "oci/key.h"
#include "seccomp/profile/profile.h"
#include "shim/cli/cluster/event.h"
#include "shim/cli/cluster/object.h"
#include "shim/cli/cluster/take.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define POD                                                                                                            \
	"{\"annotations\": {\"io.kubernetes.cri.sandbox-namespace\": \"shop\", \"io.kubernetes.cri.sandbox-name\": "   \
	"\"web-0\", \"io.kubernetes.cri.container-name\": \"web\"}}"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_item(const struct json_doc *doc, const struct json *object)
{
	cleanup_with(take_item_done) struct take_item item = {0};
	cleanup_profile struct profile *profile = NULL;
	cleanup_buf struct buf namespace = {0};
	struct err err = {0};

	if (take_read(doc, object, &item, &err) < 0) {
		if (!err.msg[0] || item.key || item.profile.data)
			abort();
		return;
	}
	if (oci_key_check(item.key, NULL) < 0 || object_add_namespace(item.key, &namespace, NULL) < 0 ||
	    strcmp(namespace.data, json_text(json_get(json_get(object, "metadata"), "namespace"))) != 0)
		abort();
	if (profile_parse_oci(item.profile.data, item.profile.len, "", &profile, NULL) < 0)
		abort();
}

static void feed_answer(const char *text, size_t size)
{
	cleanup_json struct json_doc *doc = NULL;

	if (json_parse(text, size, JSON_FOREIGN, "the API's answer", &doc, NULL) < 0)
		return;
	for (const struct json *v = json_first(json_get(json_root(doc), "items")); v; v = json_next(v))
		check_item(doc, v);
	check_item(doc, json_root(doc));
}

/* The bundles of two containers, for as long as this process lives. */
static char bundles[] = "/tmp/snug-fuzz.XXXXXX";

static void remove_bundles(void)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/abc/config.json", bundles);
	unlink(path);
	snprintf(path, sizeof(path), "%s/abc", bundles);
	rmdir(path);
	rmdir(bundles);
}

static void make_bundles(void)
{
	char path[64];
	FILE *f;

	if (!strstr(bundles, "XXXXXX"))
		return;
	if (!mkdtemp(bundles))
		abort();
	snprintf(path, sizeof(path), "%s/abc", bundles);
	if (mkdir(path, 0700) < 0)
		abort();
	snprintf(path, sizeof(path), "%s/abc/config.json", bundles);
	f = fopen(path, "we");
	if (!f || fputs(POD, f) < 0 || fclose(f) != 0 || atexit(remove_bundles) != 0)
		abort();
}

static void feed_journal(const char *text, size_t size)
{
	cleanup_buf struct buf journal = {0}, out = {0};
	char *rest = NULL;

	make_bundles();
	buf_add(&journal, text, size);
	if (event_add_all(bundles, "node-1", &journal, &out, NULL) < 0 || !out.len)
		return;
	for (char *line = strtok_r(out.data, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		cleanup_json struct json_doc *doc = NULL;
		const char *event = strchr(line, '{');

		if (strncmp(line, "shop ", 5) != 0 || !event ||
		    json_parse(event, strlen(event), JSON_OURS, "the Event", &doc, NULL) < 0)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A copy of its own size: one byte read behind it is an error. */
	cleanup_free char *text = size > 1 ? malloc(size - 1) : NULL;

	if (!text)
		return 0;
	memcpy(text, data + 1, size - 1);
	if (data[0] & 1)
		feed_answer(text, size - 1);
	else
		feed_journal(text, size - 1);
	return 0;
}
