/* Feeds any bytes to the reader of config.json: a splice moves no byte outside the section, and the section that learning makes
 * of the caller's own allows nothing and denies what that denied. */
#include "oci/spec.h"
#include "seccomp/learning/section.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* How many bytes a splice takes away: the present value of linux.seccomp, or a null in the place of linux. */
static size_t removed_by(const struct oci_spec *spec)
{
	const struct json *part = json_get(json_root(oci_spec_doc(spec)), "linux"), *v = json_get(part, "seccomp");
	v = v ? v : json_type(part) == JSON_NULL ? part : NULL;
	return json_end(v) - json_start(v);
}

/* Every byte of the text but those stands in the result, in front of the new one or behind it. */
static void splice(const struct oci_spec *spec, const char *section, size_t len)
{
	cleanup_spec struct oci_spec *again = NULL;
	cleanup_buf struct buf out = {0}, one = {0}, two = {0};
	size_t size, n = 0, front = 0, back = 0;
	const char *text = oci_spec_text(spec, &size), *own;
	if (oci_spec_splice(spec, section, len, &out, NULL) != 0 || oci_spec_parse(out.data, out.len, "again", &again, NULL) != 0)
		abort();
	while (front < size && front < out.len && text[front] == out.data[front])
		front++;
	while (back < size && back < out.len && text[size - 1 - back] == out.data[out.len - 1 - back])
		back++;
	own = oci_spec_seccomp(again, &n);
	if (front + back < size - removed_by(spec) || !own != !section || (own && (n != len || memcmp(own, section, n) != 0)))
		abort();
	int a = oci_spec_shape(spec, false, &one, NULL), b = oci_spec_shape(again, false, &two, NULL);
	if (json_type(json_get(json_root(oci_spec_doc(spec)), "linux")) != JSON_OBJECT)
		return; /* the shape may have got an empty one */
	if (a != b || one.len != two.len || (one.len && memcmp(one.data, two.data, one.len) != 0))
		abort();
}

static void check_kept(const struct json *before, const struct json *after)
{
	const struct json *a = json_first(json_get(before, "syscalls")), *b = json_first(json_get(after, "syscalls"));
	for (; a; a = json_next(a), b = json_next(b)) {
		const char *old = json_text(json_get(a, "action")), *new = json_text(json_get(b, "action"));
		if (!old || !new || strcmp(new, strcmp(old, "SCMP_ACT_ALLOW") == 0 ? "SCMP_ACT_LOG" : old) != 0)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char log[] = "{\"defaultAction\":\"SCMP_ACT_LOG\"}";
	cleanup_spec struct oci_spec *spec = NULL;
	cleanup_json struct json_doc *before = NULL, *after = NULL;
	cleanup_buf struct buf kept = {0};
	size_t len = 0;
	if (oci_spec_parse((const char *)data, size, "fuzz", &spec, NULL) != 0)
		return 0;
	splice(spec, log, sizeof(log) - 1);
	splice(spec, NULL, 0);
	const char *own = oci_spec_seccomp(spec, &len);
	if (learning_keep(own, len, "fuzz", NULL, &kept, NULL) != 0)
		return 0;
	if (json_parse(kept.data, kept.len, JSON_FOREIGN, "kept", &after, NULL) != 0 ||
	    strcmp(json_text(json_get(json_root(after), "defaultAction")), "SCMP_ACT_ALLOW") == 0)
		abort();
	if (own && json_parse(own, len, JSON_FOREIGN, "own", &before, NULL) == 0)
		check_kept(json_root(before), json_root(after));
	splice(spec, kept.data, kept.len);
	return 0;
}
