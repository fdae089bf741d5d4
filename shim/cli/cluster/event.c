#include "shim/cli/cluster/event.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/json/json.h"
#include "base/names.h"
#include "base/text.h"
#include "oci/spec.h"
#include "shim/cli/cluster/object.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ID_MAX      128
#define MESSAGE_MAX 900 /* the API takes 1024 bytes */
#define CRI         "io.kubernetes.cri."
#define CRIO_NAME   "io.kubernetes.cri-o.Name" /* k8s_CONTAINER_POD_NAMESPACE_UID_ATTEMPT */

/* Where containerd, that of k3s and rke2, and CRI-O keep a container's config.json; %s: its id. */
static const char *const PLACES[] = {
	"/run/containerd/io.containerd.runtime.v2.task/k8s.io/%s/config.json",
	"/run/k3s/containerd/io.containerd.runtime.v2.task/k8s.io/%s/config.json",
	"/run/containers/storage/overlay-containers/%s/userdata/config.json",
	"/var/lib/containers/storage/overlay-containers/%s/userdata/config.json",
};

void event_pod_done(struct event_pod *pod)
{
	if (!pod)
		return;
	free(pod->namespace);
	free(pod->name);
	free(pod->uid);
	free(pod->container);
	*pod = (struct event_pod){0};
}

static bool is_plain(const char *s, size_t max)
{
	size_t len = strlen(s);

	return len && len <= max && s[0] != '.' &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == len;
}

static int read_bundle(const char *bundles, const char *id, struct buf *ret)
{
	char path[512];
	int r = -ENOENT;

	if (bundles) {
		snprintf(path, sizeof(path), "%s/%s/config.json", bundles, id);
		return file_read_at(AT_FDCWD, path, OCI_SPEC_SIZE_MAX, ret, NULL);
	}
	for (size_t i = 0; r < 0 && i < ARRAY_SIZE(PLACES); i++) {
		/* The places are the table's own. */
		size_t before = (size_t)(strstr(PLACES[i], "%s") - PLACES[i]);

		snprintf(path, sizeof(path), "%.*s%s%s", (int)before, PLACES[i], id, PLACES[i] + before + 2);
		r = file_read_at(AT_FDCWD, path, OCI_SPEC_SIZE_MAX, ret, NULL);
	}
	return r;
}

/* A name that goes into an object. */
static int copy(const char *value, char **ret)
{
	if (!value || !is_plain(value, 253))
		return -ENOENT;
	*ret = strdup(value);
	return *ret ? 0 : -ENOMEM;
}

static int read_crio(const char *name, struct event_pod *pod)
{
	cleanup_free char *parts = strdup(name);
	char *rest = NULL, *prefix = parts ? strtok_r(parts, "_", &rest) : NULL;
	int r = !parts                      ? -ENOMEM
		: text_streq(prefix, "k8s") ? copy(strtok_r(NULL, "_", &rest), &pod->container)
					    : -ENOENT;

	if (r == 0)
		r = copy(strtok_r(NULL, "_", &rest), &pod->name);
	if (r == 0)
		r = copy(strtok_r(NULL, "_", &rest), &pod->namespace);
	return r < 0 ? r : copy(strtok_r(NULL, "_", &rest), &pod->uid);
}

int event_find_pod(const char *bundles, const char *id, struct event_pod *ret, struct err *err)
{
	cleanup_with(event_pod_done) struct event_pod pod = {0};
	cleanup_buf struct buf text = {0};
	cleanup_spec struct oci_spec *spec = NULL;
	const char *crio = NULL, *uid = NULL;
	int r = is_plain(id, ID_MAX) ? read_bundle(bundles, id, &text) : -ENOENT;

	if (r == 0)
		r = oci_spec_parse(text.data, text.len, "config.json", &spec, err);
	if (r < 0)
		return err_set(err, -r, "the container's bundle cannot be read");
	crio = oci_spec_annotation(spec, CRIO_NAME);
	if (crio) {
		r = read_crio(crio, &pod);
	} else {
		r = copy(oci_spec_annotation(spec, CRI "sandbox-namespace"), &pod.namespace);
		r = r < 0 ? r : copy(oci_spec_annotation(spec, CRI "sandbox-name"), &pod.name);
		r = r < 0 ? r : copy(oci_spec_annotation(spec, CRI "container-name"), &pod.container);
		uid = oci_spec_annotation(spec, CRI "sandbox-uid");
		if (r == 0 && uid)
			r = copy(uid, &pod.uid);
	}
	if (r < 0)
		return err_set(err, -r, "the container is no pod's");
	*ret = pod;
	pod = (struct event_pod){0};
	return 0;
}

struct denial {
	const char *key, *container, *message, *count;
	bool denied;
	uint64_t time_ms;
};

/* A field that journald gives as text; it gives others as numbers, and several of a name as a list. */
static const char *field(const struct json *entry, const char *name)
{
	const struct json *v = json_get(entry, name);

	return json_type(v) == JSON_STRING && strlen(json_text(v)) == json_text_len(v) ? json_text(v) : NULL;
}

static bool read_denial(const struct json *entry, struct denial *ret)
{
	const char *time = field(entry, "__REALTIME_TIMESTAMP"), *action = field(entry, "SNUG_ACTION");
	struct denial d = {.key = field(entry, "SNUG_KEY"),
			   .container = field(entry, "SNUG_CONTAINER"),
			   .message = field(entry, "MESSAGE"),
			   .count = field(entry, "SNUG_COUNT"),
			   .denied = text_streq(action, "denied")};

	if (!d.key || !d.container || !d.message || !d.count || !action || !time ||
	    text_parse_u64(time, &d.time_ms) < 0)
		return false;
	d.time_ms /= 1000;
	*ret = d;
	return true;
}

static void write_event(const struct denial *d, const struct event_pod *pod, const char *node, struct buf *out)
{
	cleanup_buf struct buf message = {0}, time = {0}, place = {0};
	uint64_t count = 1;
	struct json_writer w;
	char second[32] = "";

	text_add_safe(&message, d->message, strnlen(d->message, MESSAGE_MAX));
	if (message.data && message.len > MESSAGE_MAX)
		message.data[MESSAGE_MAX] = '\0';
	text_add_time(&time, d->time_ms);
	/* The API wants whole seconds. */
	if (time.data)
		snprintf(second, sizeof(second), "%.*sZ", (int)strcspn(time.data, "."), time.data);
	buf_addf(&place, "spec.containers{%s}", pod->container);
	(void)text_parse_u64(d->count, &count);
	json_write_begin(&w, out, false);
	json_write_object(&w, NULL);
	json_write_string(&w, "apiVersion", "v1");
	json_write_string(&w, "kind", "Event");
	json_write_object(&w, "metadata");
	json_write_string(&w, "generateName", "snug-");
	json_write_string(&w, "namespace", pod->namespace);
	json_write_end_object(&w);
	json_write_object(&w, "involvedObject");
	json_write_string(&w, "apiVersion", "v1");
	json_write_string(&w, "kind", "Pod");
	json_write_string(&w, "namespace", pod->namespace);
	json_write_string(&w, "name", pod->name);
	if (pod->uid)
		json_write_string(&w, "uid", pod->uid);
	json_write_string(&w, "fieldPath", place.data ? place.data : "");
	json_write_end_object(&w);
	json_write_string(&w, "type", "Warning");
	json_write_string(&w, "reason", d->denied ? "SeccompDenied" : "SeccompAudited");
	json_write_string(&w, "message", message.data ? message.data : "");
	json_write_object(&w, "source");
	json_write_string(&w, "component", "snug");
	json_write_string(&w, "host", node);
	json_write_end_object(&w);
	json_write_string(&w, "firstTimestamp", second);
	json_write_string(&w, "lastTimestamp", second);
	json_write_u64(&w, "count", count < 1000000 ? count : 1000000);
	json_write_string(&w, "reportingComponent", "snug.io/snug");
	json_write_string(&w, "reportingInstance", node);
	json_write_end_object(&w);
	buf_addc(out, '\n');
}

static int add(const char *bundles, const char *node, const struct json *entry, struct names *told, struct buf *out)
{
	cleanup_with(event_pod_done) struct event_pod pod = {0};
	cleanup_buf struct buf namespace = {0};
	struct denial d;

	if (!read_denial(entry, &d) || names_have(told, d.key) || object_add_namespace(d.key, &namespace, NULL) < 0)
		return 0;
	/* What the journal says and what the engine says must agree. */
	if (event_find_pod(bundles, d.container, &pod, NULL) < 0 || !text_streq(pod.namespace, namespace.data))
		return 0;
	if (names_add(told, d.key) < 0)
		return -ENOMEM;
	buf_addf(out, "%s ", pod.namespace);
	object_add_label(d.key, out);
	buf_addc(out, ' ');
	write_event(&d, &pod, node, out);
	return 0;
}

int event_add_all(const char *bundles, const char *node, const struct buf *journal, struct buf *out, struct err *err)
{
	cleanup_names struct names told = {0};
	size_t end = journal->len;
	int r = 0;

	/* The newest first. */
	while (end && r == 0) {
		cleanup_json struct json_doc *doc = NULL;
		size_t from = end - (journal->data[end - 1] == '\n');
		size_t stop = from;

		while (from && journal->data[from - 1] != '\n')
			from--;
		if (stop > from &&
		    json_parse(journal->data + from, stop - from, JSON_FOREIGN, "the journal", &doc, NULL) == 0)
			r = add(bundles, node, json_root(doc), &told, out);
		end = from;
	}
	return r < 0 ? err_set(err, -r, "out of memory") : 0;
}
