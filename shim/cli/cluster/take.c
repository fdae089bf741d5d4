#include "shim/cli/cluster/take.h"

#include "base/text.h"
#include "oci/key.h"
#include "shim/cli/approve/export.h"
#include "shim/cli/cluster/object.h"
#include "shim/cli/key/approved.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TOKEN_MAX 4096

void take_item_done(struct take_item *item)
{
	if (item)
		buf_done(&item->profile);
}

/* Its key decides what it must be called: nobody can approve a key of another namespace, and no two objects are of one
 * key. */
static int check_name(const struct json_doc *doc, const struct json *metadata, const char *key, struct err *err)
{
	cleanup_buf struct buf name = {0}, namespace = {0};
	const char *has_name = NULL, *has_namespace = NULL;
	int r = json_want_string(doc, metadata, "name", &has_name, err);

	if (r == 0)
		r = json_want_string(doc, metadata, "namespace", &has_namespace, err);
	if (r == 0)
		r = object_add_namespace(key, &namespace, err);
	if (r == 0)
		r = object_add_name(key, NULL, &name, err);
	if (r < 0)
		return r;
	if (buf_failed(&name) || buf_failed(&namespace))
		return err_set(err, ENOMEM, "out of memory");
	if (!text_streq(has_namespace, namespace.data))
		return err_set(err, EINVAL, "the key %s belongs to another namespace", key);
	if (!text_streq(has_name, name.data))
		return err_set(err, EINVAL, "the object of the key %s is called %s", key, name.data);
	return 0;
}

static int check_profile(struct take_item *item, const char *profile, const char *digest, struct err *err)
{
	cleanup_profile struct profile *parsed = NULL;
	cleanup_buf struct buf own = {0};

	buf_adds(&item->profile, profile);
	if (buf_failed(&item->profile))
		return err_set(err, ENOMEM, "out of memory");
	if (item->profile.len > OBJECT_PROFILE_MAX)
		return err_set(err, EINVAL, "its profile is too long");
	object_add_digest(&item->profile, &own);
	if (!text_streq(own.data, digest))
		return err_set(err, ESTALE, "its profile has another digest than it says");
	return profile_parse_oci(item->profile.data, item->profile.len, "its profile", &parsed, err);
}

static int read_members(const struct json_doc *doc, const struct json *object, struct take_item *item, struct err *err)
{
	const struct json *spec = json_get(object, "spec");
	const char *kind = json_text(json_get(object, "kind")), *version = json_text(json_get(object, "apiVersion"));
	const char *digest = NULL, *profile = NULL;
	int r = 0;

	/* Items of a list may go without. */
	if ((kind && !text_streq(kind, OBJECT_PROFILE)) || (version && !text_streq(version, OBJECT_GROUP)))
		return err_set(err, EINVAL, "it is no " OBJECT_PROFILE " of " OBJECT_GROUP);
	r = json_want_string(doc, spec, "key", &item->key, err);
	/* A message about it would contain it. */
	if (r == 0 && oci_key_check(item->key, NULL) < 0)
		return err_set(err, EINVAL, "its key is none");
	if (r == 0)
		r = check_name(doc, json_get(object, "metadata"), item->key, err);
	if (r == 0)
		r = json_want_string(doc, spec, "digest", &digest, err);
	if (r == 0)
		r = json_want_string(doc, spec, "profile", &profile, err);
	return r < 0 ? r : check_profile(item, profile, digest, err);
}

int take_read(const struct json_doc *doc, const struct json *object, struct take_item *ret, struct err *err)
{
	cleanup_with(take_item_done) struct take_item item = {0};
	const struct json *metadata = json_get(object, "metadata");
	int r;

	if (json_type(object) != JSON_OBJECT || json_type(json_get(object, "spec")) != JSON_OBJECT ||
	    json_type(metadata) != JSON_OBJECT)
		return err_set(err, EINVAL, "an object without metadata or spec");
	r = read_members(doc, object, &item, err);
	if (r < 0) {
		cleanup_buf struct buf who = {0};
		const struct json *parts[] = {json_get(metadata, "namespace"), json_get(metadata, "name")};

		for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
			buf_adds(&who, i ? "/" : "");
			if (json_type(parts[i]) == JSON_STRING)
				text_add_safe(&who, json_text(parts[i]),
					      json_text_len(parts[i]) < 253 ? json_text_len(parts[i]) : 253);
		}
		return err_wrap(err, "%s", buf_failed(&who) ? "?" : who.data);
	}
	*ret = item;
	item = (struct take_item){0};
	return 0;
}

static int save(const struct take_to *to, const struct take_item *item, struct err *err)
{
	cleanup_buf struct buf old = {0};
	cleanup_profile struct profile *profile = NULL;
	struct err why = {0};
	unsigned number = 0;
	int r = approved_read(to->state_dir, item->key, 0, &old, &profile, &why);
	bool same = r == 0 && old.len == item->profile.len && !memcmp(old.data, item->profile.data, old.len);

	buf_addf(to->out, "have %s\n", item->key);
	r = same ? 0 : approved_save(to->state_dir, item->key, &item->profile, &number, err);
	if (r == 0 && to->export_dir)
		r = export_save(to->export_dir, item->key, &item->profile, err);
	if (r < 0 || same)
		return r;
	buf_addf(to->out, "approved %s %u ", item->key, number);
	object_add_digest(&item->profile, to->out);
	buf_addc(to->out, '\n');
	return 0;
}

static int take_object(const struct take_to *to, const struct json_doc *doc, const struct json *object, struct err *err)
{
	cleanup_with(take_item_done) struct take_item item = {0};
	int r = take_read(doc, object, &item, err);

	return r < 0 ? r : save(to, &item, err);
}

/* The token goes into a URL: only characters that need no escape there. */
static int add_token(const struct json *list, struct buf *out, struct err *err)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
	const char *token = json_text(json_get(json_get(list, "metadata"), "continue"));

	if (!token || !*token)
		return 0;
	if (strlen(token) > TOKEN_MAX || token[strspn(token, plain)])
		return err_set(err, EINVAL, "the list's token has other characters than expected");
	buf_addf(out, "continue %s\n", token);
	return 0;
}

int take_text(const struct take_to *to, const struct buf *text, size_t *ret_refused, struct err *err)
{
	cleanup_json struct json_doc *doc = NULL;
	int r = json_parse(text->data ? text->data : "", text->len, JSON_FOREIGN, "the API's answer", &doc, err);
	const struct json *root = r < 0 ? NULL : json_root(doc), *items = json_get(root, "items");
	size_t refused = 0;

	if (r < 0)
		return r;
	if (!items && !text_streq(json_text(json_get(root, "kind")), OBJECT_PROFILE))
		return err_set(err, EINVAL, "the API's answer is no " OBJECT_PROFILE ", and no list of them");
	for (const struct json *v = items ? json_first(items) : root; v; v = items ? json_next(v) : NULL) {
		struct err why = {0};

		if (take_object(to, doc, v, &why) < 0) {
			fprintf(stderr, "snug: %s\n", why.msg);
			refused++;
		}
	}
	*ret_refused = refused;
	return items ? add_token(root, to->out, err) : 0;
}
