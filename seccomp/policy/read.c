#include "seccomp/policy/read.h"

#include "base/json/members.h"
#include "base/text.h"
#include "base/yaml.h"
#include "seccomp/evidence/evidence.h"
#include "seccomp/policy/read_private.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NESTING_MAX 2 /* a ConfigMap in a ConfigMap's data is none of ours */

struct reader {
	struct policy_list *list;
	unsigned nesting;
	struct err *err;
};

static int read_text(struct reader *rd, const char *text, size_t len, const char *name);

void policy_list_done(struct policy_list *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->count; i++)
		policy_free(l->policy[i]);
	free(l->policy);
	buf_done(&l->skipped);
}

/* Takes p over, also after an error. */
static int list_add(struct reader *rd, struct policy *p)
{
	struct policy_list *l = rd->list;

	if (l->count == l->cap && l->cap < POLICY_LIST_MAX) {
		size_t cap = l->cap ? l->cap * 2 : 4;
		struct policy **policy = reallocarray(l->policy, cap, sizeof(struct policy *));

		if (policy) {
			l->policy = policy;
			l->cap = cap;
		}
	}
	if (l->count == l->cap) {
		policy_free(p);
		return err_set(rd->err, l->cap >= POLICY_LIST_MAX ? E2BIG : ENOMEM,
			       l->cap >= POLICY_LIST_MAX ? "more than %d profiles in one text" : "out of memory (%d)",
			       POLICY_LIST_MAX);
	}
	l->policy[l->count++] = p;
	return 0;
}

static int add_section(struct reader *rd, const struct json_doc *doc, const struct json *section,
		       enum policy_format format, const char *name)
{
	struct policy *p = NULL;
	int r = policy_read_section(doc, section, format, name, &p, rd->err);

	return r < 0 ? r : list_add(rd, p);
}

static bool has_kind(const struct json *obj, const char *kind)
{
	return json_get(obj, "apiVersion") && text_streq(json_text(json_get(obj, "kind")), kind);
}

const struct json *policy_find_section(const struct json_doc *doc, enum policy_format *ret_format)
{
	const struct json *root = json_root(doc), *in = json_get(json_get(root, "linux"), "seccomp");

	if (json_get(root, "defaultAction")) {
		*ret_format = POLICY_OCI;
		return root;
	}
	if (json_type(in) == JSON_OBJECT) {
		*ret_format = POLICY_CONFIG;
		return in;
	}
	if (has_kind(root, "SeccompProfile") && json_type(json_get(root, "spec")) == JSON_OBJECT) {
		*ret_format = POLICY_SPO;
		return json_get(root, "spec");
	}
	return NULL;
}

/* "NAME: PATH", of a part of a text. */
static char *name_of_part(const char *name, const char *group, const char *part)
{
	struct buf b = {0};

	buf_addf(&b, "%s: %s%s", name, group, *group ? "." : "");
	text_add_safe(&b, part, strlen(part));
	return buf_steal(&b);
}

static int add_member(struct reader *rd, const struct json *m, const char *name)
{
	cleanup_free char *part = name_of_part(name, "data", json_key(m));

	if (!part)
		return err_set(rd->err, ENOMEM, "out of memory");
	/* A ConfigMap may hold other things as well. */
	if (!strstr(json_text(m), "defaultAction") && !strstr(json_text(m), "SystemCallFilter")) {
		buf_addf(&rd->list->skipped, "%s: no profile\n", part);
		return 0;
	}
	return read_text(rd, json_text(m), strlen(json_text(m)), part);
}

static int add_config_map(struct reader *rd, const struct json_doc *doc, const struct json *obj, const char *name)
{
	const struct json *data = json_get(obj, "data");
	int r = json_check_map(doc, data, rd->err);

	if (r == 0 && json_type(data) != JSON_OBJECT)
		return json_err(doc, data ? data : obj, rd->err, "a ConfigMap without \"data\" holds no profile");
	for (const struct json *m = json_first(data); m && r == 0; m = json_next(m))
		r = json_type(m) == JSON_STRING ? add_member(rd, m, name)
						: json_err(doc, m, rd->err, "a string is wanted");
	return r;
}

/* What a Kubernetes object is called: "NAME: NAMESPACE/NAME". */
static char *name_of_object(const struct json *obj, const char *name)
{
	const struct json *meta = json_get(obj, "metadata");
	const char *space = json_text(json_get(meta, "namespace")), *own = json_text(json_get(meta, "name"));
	struct buf b = {0};

	buf_adds(&b, name);
	if (own) {
		buf_addf(&b, ": ");
		text_add_safe(&b, space ? space : "", space ? strlen(space) : 0);
		buf_adds(&b, space ? "/" : "");
		text_add_safe(&b, own, strlen(own));
	}
	return buf_steal(&b);
}

/* One object of Kubernetes that is no list. `named`: it stands beside others. */
static int add_object(struct reader *rd, const struct json_doc *doc, const struct json *obj, const char *name,
		      bool named)
{
	cleanup_free char *own = named ? name_of_object(obj, name) : strdup(name);

	if (!own)
		return err_set(rd->err, ENOMEM, "out of memory");
	if (has_kind(obj, "ConfigMap"))
		return add_config_map(rd, doc, obj, own);
	if (has_kind(obj, "SeccompProfile") && json_type(json_get(obj, "spec")) == JSON_OBJECT)
		return add_section(rd, doc, json_get(obj, "spec"), POLICY_SPO, own);
	if (has_kind(obj, "SeccompProfile"))
		return json_err(doc, obj, rd->err, "a SeccompProfile has a \"spec\"");
	return json_err(doc, obj, rd->err, "a SeccompProfile or a ConfigMap is wanted");
}

static int add_document(struct reader *rd, const struct json_doc *doc, const char *name, bool named)
{
	enum policy_format format = POLICY_OCI;
	const struct json *root = json_root(doc), *section = policy_find_section(doc, &format);
	const struct json *items = json_get(root, "items");
	int r = 0;

	if (json_type(root) != JSON_OBJECT)
		return json_err(doc, root, rd->err, "an object is wanted");
	if (section && format != POLICY_SPO)
		return add_section(rd, doc, section, format, name);
	if (json_get(root, "ociVersion") || json_get(root, "linux"))
		return json_err(doc, root, rd->err, "has no linux.seccomp: such a container runs without a filter");
	if (!json_get(root, "apiVersion") || !json_get(root, "kind"))
		return json_err(doc, root, rd->err,
				"is no profile: neither \"defaultAction\" nor \"linux\" nor \"kind\" is there");
	if (json_type(items) != JSON_ARRAY)
		return add_object(rd, doc, root, name, named);
	for (const struct json *e = json_first(items); e && r == 0; e = json_next(e))
		r = add_object(rd, doc, e, name, true);
	return r;
}

static int read_json(struct reader *rd, const char *text, size_t len, const char *name)
{
	cleanup_json struct json_doc *doc = NULL;
	int r = json_parse(text, len, JSON_FOREIGN, name, &doc, rd->err);

	return r < 0 ? r : add_document(rd, doc, name, false);
}

/* snug writes its version first (seccomp/evidence/evidence.h). */
static bool is_evidence(const char *text, size_t len)
{
	static const char *const words[] = {"{", "\"version\""};
	size_t at = 0;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		while (at < len && isspace((unsigned char)text[at]))
			at++;
		if (len - at < strlen(words[i]) || memcmp(text + at, words[i], strlen(words[i])) != 0)
			return false;
		at += strlen(words[i]);
	}
	return true;
}

static char first_char(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isspace((unsigned char)text[i]))
			return text[i];
	return '\0';
}

/* True if a line begins as only a unit's does: with a section, or one of the settings that are read. */
static bool is_drop_in(const char *text, size_t len)
{
	static const char *const words[] = {"[Service]", "SystemCallFilter=", "SystemCallArchitectures=",
					    "SystemCallErrorNumber="};
	const char *end = text + len;

	for (const char *p = text, *next; p < end; p = next) {
		next = memchr(p, '\n', (size_t)(end - p));
		next = next ? next + 1 : end;
		for (size_t i = 0; i < ARRAY_SIZE(words); i++)
			if ((size_t)(next - p) >= strlen(words[i]) && memcmp(p, words[i], strlen(words[i])) == 0)
				return true;
	}
	return false;
}

static int read_drop_in(struct reader *rd, const char *text, size_t len, const char *name)
{
	struct policy *p = NULL;
	int r = policy_read_systemd(text, len, name, &p, rd->err);

	return r < 0 ? r : list_add(rd, p);
}

/* Each document is a JSON text of its own, with the lines of the whole. */
static int read_yaml(struct reader *rd, const char *text, size_t len, const char *name)
{
	cleanup_buf struct buf json = {0};
	bool named = false;
	struct yaml y;
	int r;

	yaml_begin(&y, text, len, name);
	for (r = yaml_next(&y, &json, rd->err); r == 1; r = yaml_next(&y, &json, rd->err)) {
		cleanup_json struct json_doc *doc = NULL;

		named |= y.pos < y.len;
		r = json_parse(json.data, json.len, JSON_OURS, name, &doc, rd->err);
		if (r == 0)
			r = add_document(rd, doc, name, named);
		if (r < 0)
			return r;
	}
	return r;
}

static int read_text(struct reader *rd, const char *text, size_t len, const char *name)
{
	struct policy *p = NULL;
	int r;

	if (rd->nesting == NESTING_MAX)
		return err_set(rd->err, EINVAL, "%s: objects within objects", name);
	if (is_evidence(text, len)) {
		r = policy_read_evidence(text, len, name, &p, rd->err);
		return r < 0 ? r : list_add(rd, p);
	}
	if (len > POLICY_TEXT_MAX)
		return err_set(rd->err, EFBIG, "%s: more than %u bytes", name, POLICY_TEXT_MAX);
	rd->nesting++;
	if (first_char(text, len) == '\0')
		r = err_set(rd->err, EINVAL, "%s: is empty", name);
	else if (strchr("{[\"", first_char(text, len)) && !is_drop_in(text, len))
		r = read_json(rd, text, len, name);
	else if (is_drop_in(text, len))
		r = read_drop_in(rd, text, len, name);
	else
		r = read_yaml(rd, text, len, name);
	rd->nesting--;
	return r;
}

int policy_read(const char *text, size_t len, const char *name, struct policy_list *ret, struct err *err)
{
	struct reader rd = {.list = ret, .err = err};
	int r = read_text(&rd, text, len, name);

	if (r == 0 && ret->count == 0)
		r = err_set(err, EINVAL, "%s: holds no profile", name);
	return r;
}

int policy_read_one(const char *text, size_t len, const char *name, struct policy **ret, struct err *err)
{
	cleanup_policy_list struct policy_list list = {0};
	int r = policy_read(text, len, name, &list, err);

	if (r == 0 && list.count > 1)
		r = err_set(err, EINVAL, "%s: holds %zu profiles, and one is wanted", name, list.count);
	if (r == 0)
		*ret = steal_ptr(&list.policy[0]);
	return r;
}
