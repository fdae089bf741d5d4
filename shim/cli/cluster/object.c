#include "shim/cli/cluster/object.h"

#include "base/json/json.h"
#include "base/sha256.h"
#include "base/text.h"
#include "oci/key.h"
#include "seccomp/write/object_name.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define PODS          "k8s/"
#define NAMESPACE_MAX 63  /* a DNS label, RFC 1123 */
#define NODE_MAX      253 /* a DNS subdomain */
#define LABEL_DIGITS  40

/* Lower-case letters, digits and, inside, '-' and, in a subdomain, single dots. */
static bool is_dns(const char *s, size_t len, size_t max, bool dots)
{
	for (size_t i = 0; i < len; i++) {
		bool plain = (s[i] >= 'a' && s[i] <= 'z') || (s[i] >= '0' && s[i] <= '9');
		bool edge = i == 0 || i + 1 == len || (dots && (s[i - 1] == '.' || s[i + 1] == '.'));

		if (!plain && (edge || !(s[i] == '-' || (dots && s[i] == '.'))))
			return false;
	}
	return len && len <= max;
}

int object_add_namespace(const char *key, struct buf *out, struct err *err)
{
	const char *name = text_starts(key, PODS) ? key + strlen(PODS) : "";
	size_t len = strcspn(name, "/");
	int r = oci_key_check(key, err);

	if (r < 0)
		return r;
	if (!len || !name[len])
		return err_set(err, EINVAL, "%s is not the key of a pod's container, k8s/NAMESPACE/CONTAINER/IMAGE",
			       key);
	if (!is_dns(name, len, NAMESPACE_MAX, false))
		return err_set(err, EINVAL, "%s: %.*s is no namespace", key, (int)len, name);
	if (strlen(key) > OBJECT_KEY_MAX)
		return err_set(err, EINVAL, "a key of more than %d bytes", OBJECT_KEY_MAX);
	buf_add(out, name, len);
	return 0;
}

int object_add_name(const char *key, const char *node, struct buf *out, struct err *err)
{
	cleanup_buf struct buf both = {0};

	if (node && !is_dns(node, strlen(node), NODE_MAX, true))
		return err_set(err, EINVAL, "a node's name has only lower-case letters, digits, '-' and '.'");
	/* Neither keys nor nodes contain an '@'. */
	buf_adds(&both, key);
	if (node)
		buf_addf(&both, "@%s", node);
	if (buf_failed(&both))
		return err_set(err, ENOMEM, "out of memory");
	object_name_add(both.data, out);
	return 0;
}

void object_add_label(const char *key, struct buf *out)
{
	char digest[SHA256_HEX_MAX];

	sha256_hex(key, strlen(key), digest);
	buf_add(out, digest, LABEL_DIGITS);
}

void object_add_digest(const struct buf *profile, struct buf *out)
{
	char digest[SHA256_HEX_MAX];

	sha256_hex(profile->data, profile->len, digest);
	buf_addf(out, "sha256:%s", digest);
}

static int check_text(const char *what, const char *text, size_t len, size_t max, struct err *err)
{
	if (len > max)
		return err_set(err, EINVAL, "%s has %zu bytes; the API takes %zu", what, len, max);
	if (!text_is_utf8(text, len) || strlen(text) != len)
		return err_set(err, EINVAL, "%s is not text in UTF-8", what);
	return 0;
}

static void write_metadata(const struct object_approval *a, const char *namespace, const char *name, const char *label,
			   struct json_writer *w)
{
	json_write_object(w, "metadata");
	json_write_string(w, "name", name);
	json_write_string(w, "namespace", namespace);
	if (a->version)
		json_write_string(w, "resourceVersion", a->version);
	json_write_object_flat(w, "labels");
	json_write_string(w, "snug.io/key", label);
	json_write_end_object(w);
	json_write_end_object(w);
}

int object_add_approval(const struct object_approval *a, struct buf *out, struct err *err)
{
	cleanup_buf struct buf namespace = {0}, name = {0}, label = {0}, digest = {0};
	struct json_writer w;
	int r = object_add_namespace(a->key, &namespace, err);

	if (r == 0)
		r = object_add_name(a->key, NULL, &name, err);
	if (r == 0)
		r = check_text("the approver's name", a->approver, strlen(a->approver), OBJECT_WHO_MAX, err);
	if (r == 0)
		r = check_text("the reason", a->reason, strlen(a->reason), OBJECT_REASON_MAX, err);
	if (r == 0)
		r = check_text("the profile", a->profile->data, a->profile->len, OBJECT_PROFILE_MAX, err);
	if (r < 0)
		return r;
	object_add_label(a->key, &label);
	object_add_digest(a->profile, &digest);
	if (buf_failed(&namespace) || buf_failed(&name) || buf_failed(&label) || buf_failed(&digest))
		return err_set(err, ENOMEM, "out of memory");
	json_write_begin(&w, out, true);
	json_write_object(&w, NULL);
	json_write_string(&w, "apiVersion", OBJECT_GROUP);
	json_write_string(&w, "kind", OBJECT_PROFILE);
	write_metadata(a, namespace.data, name.data, label.data, &w);
	json_write_object(&w, "spec");
	json_write_string(&w, "key", a->key);
	json_write_string(&w, "digest", digest.data);
	json_write_string(&w, "approver", a->approver);
	json_write_string(&w, "reason", a->reason);
	json_write_stringn(&w, "profile", a->profile->data, a->profile->len);
	json_write_end_object(&w);
	json_write_end_object(&w);
	buf_addc(out, '\n');
	return 0;
}
