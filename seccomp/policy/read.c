#include "seccomp/policy/read.h"

#include "base/json/members.h"
#include "base/text.h"
#include "seccomp/evidence/evidence.h"
#include "seccomp/policy/read_private.h"
#include "yaml/json.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NESTING_MAX     2   /* a ConfigMap in a ConfigMap's data is not supported */
#define LISTS_MAX       8   /* a List within a List */
#define JSON_VALUES_MAX 256 /* one behind the other in a text */

struct reader {
	struct policy_list *list;
	unsigned nesting, lists;
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
	buf_done(&l->other_kinds);
}

/* Takes ownership of p, also on failure. */
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

/* "NAME: PATH", the name of a part of a text. */
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
	/* A ConfigMap may contain other things as well. */
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
		return json_err(doc, data ? data : obj, rd->err, "a ConfigMap without \"data\" contains no profile");
	for (const struct json *m = json_first(data); m && r == 0; m = json_next(m))
		r = json_type(m) == JSON_STRING ? add_member(rd, m, name)
						: json_err(doc, m, rd->err, "expected a string");
	return r;
}

/* The name of a Kubernetes object: "NAME: NAMESPACE/NAME". */
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

/* Skips an object without a profile; its kind is kept for the message about a text without any. */
static int pass_over(struct reader *rd, const char *kind)
{
	struct policy_list *l = rd->list;

	if (l->others++ < POLICY_KINDS_NAMED) {
		buf_adds(&l->other_kinds, l->other_kinds.len ? ", " : "");
		text_add_safe(&l->other_kinds, kind, strlen(kind));
	}
	return 0;
}

static int add_profile(struct reader *rd, const struct json_doc *doc, const struct json *obj, const char *name)
{
	const char *object = json_text(json_get(json_get(obj, "metadata"), "name"));
	int r = add_section(rd, doc, json_get(obj, "spec"), POLICY_SPO, name);

	return r == 0 && object ? policy_set_object(rd->list->policy[rd->list->count - 1], object, rd->err) : r;
}

static int add_list(struct reader *rd, const struct json_doc *doc, const struct json *list, const char *kind, const char *name);

/* Adds one Kubernetes object of that kind. named: there are others, which may contain anything. */
static int add_object(struct reader *rd, const struct json_doc *doc, const struct json *obj, const char *kind,
		      const char *name, bool named)
{
	cleanup_free char *own = named ? name_of_object(obj, name) : strdup(name);

	if (!own)
		return err_set(rd->err, ENOMEM, "out of memory");
	if (json_type(json_get(obj, "items")) == JSON_ARRAY)
		return add_list(rd, doc, obj, kind, name);
	if (text_streq(kind, "ConfigMap") && (!named || json_type(json_get(obj, "data")) == JSON_OBJECT))
		return add_config_map(rd, doc, obj, own);
	if (text_streq(kind, "SeccompProfile") && json_type(json_get(obj, "spec")) == JSON_OBJECT)
		return add_profile(rd, doc, obj, own);
	if (text_streq(kind, "SeccompProfile"))
		return json_err(doc, obj, rd->err, "a SeccompProfile needs a \"spec\"");
	return pass_over(rd, kind);
}

/* Adds the items of a List, or of a ConfigMapList and the like, whose items need no kind. */
static int add_list(struct reader *rd, const struct json_doc *doc, const struct json *list, const char *kind, const char *name)
{
	cleanup_free char *of = strdup(kind);
	size_t len = strlen(kind);
	int r = 0;

	if (!of)
		return err_set(rd->err, ENOMEM, "out of memory");
	if (rd->lists == LISTS_MAX)
		return json_err(doc, list, rd->err, "lists are nested more than %d deep", LISTS_MAX);
	if (len > 4 && text_streq(of + len - 4, "List"))
		of[len - 4] = '\0';
	rd->lists++;
	for (const struct json *e = json_first(json_get(list, "items")); e && r == 0; e = json_next(e)) {
		const char *own = json_text(json_get(e, "kind"));

		if (json_type(e) != JSON_OBJECT)
			r = json_err(doc, e, rd->err, "expected an object");
		else
			r = add_object(rd, doc, e, own ? own : of, name, true);
	}
	rd->lists--;
	return r;
}

static int add_document(struct reader *rd, const struct json_doc *doc, const char *name, bool named)
{
	enum policy_format format = POLICY_OCI;
	const struct json *root = json_root(doc), *section = policy_find_section(doc, &format);
	const char *kind = json_text(json_get(root, "kind"));

	if (json_type(root) != JSON_OBJECT)
		return json_err(doc, root, rd->err, "expected an object");
	if (section && format != POLICY_SPO)
		return add_section(rd, doc, section, format, name);
	if (json_get(root, "ociVersion") || json_get(root, "linux"))
		return json_err(doc, root, rd->err, "has no linux.seccomp: such a container runs without a filter");
	if (!json_get(root, "apiVersion") || json_type(json_get(root, "kind")) != JSON_STRING)
		return json_err(doc, root, rd->err,
				"is not a profile: it has no \"defaultAction\", \"linux\" or \"kind\"");
	return add_object(rd, doc, root, kind, name, named);
}

/* True for a whole config.json: runtimes ignore what stands behind it. */
static bool is_config(const struct json *root)
{
	return !json_get(root, "defaultAction") && (json_get(root, "ociVersion") || json_get(root, "linux"));
}

/* Whether only blanks stand behind the value, or else another Kubernetes object may: kubectl reads one after the other.
 * Engines read a profile by Go's json.Unmarshal, which refuses everything else. */
static int find_next(const struct json_doc *doc, const char *text, size_t len, size_t *ret_next, struct err *err)
{
	const struct json *root = json_root(doc);
	size_t next = json_end(root);

	/* JSON's blanks; Go refuses what else isspace(3) takes for one. */
	while (next < len && text[next] && strchr(" \t\r\n", text[next]))
		next++;
	if (next < len && !is_config(root) && !json_get(root, "apiVersion"))
		return json_err(doc, root, err,
				"there is more text behind the profile: Docker, Podman and containerd refuse it");
	*ret_next = is_config(root) ? len : next;
	return 0;
}

static int read_yaml(struct reader *rd, const char *text, size_t len, const char *name, const char *else_says);

/* Reads a JSON text, or several Kubernetes objects one behind the other. What has been read is blanked, so that lines
 * count on. */
static int read_json(struct reader *rd, const char *text, size_t len, const char *name)
{
	cleanup_buf struct buf rest = {0};
	size_t next = 0;
	int r = 0;

	for (unsigned n = 0; r == 0 && (n == 0 || next < len); n++) {
		cleanup_json struct json_doc *doc = NULL;
		size_t from = next;

		if (n == JSON_VALUES_MAX)
			return err_set(rd->err, E2BIG, "%s: more than %d JSON objects", name, JSON_VALUES_MAX);
		r = json_parse(n ? rest.data : text, len, JSON_FOREIGN, name, &doc, rd->err);
		if (r == 0)
			r = find_next(doc, text, len, &next, rd->err);
		if (r == 0 && n == 0 && len - next >= 3 && memcmp(text + next, "---", 3) == 0)
			return read_yaml(rd, text, len, name, "is no object of Kubernetes");
		if (r == 0)
			r = add_document(rd, doc, name, n || next < len);
		if (r == 0 && n == 0 && next < len)
			buf_add(&rest, text, len);
		if (buf_failed(&rest))
			return err_set(rd->err, ENOMEM, "out of memory");
		for (size_t i = from; r == 0 && next < len && i < next; i++)
			rest.data[i] = rest.data[i] == '\n' ? '\n' : ' ';
	}
	return r;
}

/* snug's files begin with the version (seccomp/evidence/evidence.h). */
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

/* The length of a UTF-8 byte order mark at the beginning, or 0. */
static size_t byte_order_mark(const char *text, size_t len)
{
	return len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

/* UTF-16 by its mark, as PowerShell's > writes it; libyaml reads it. */
static bool is_wide(const char *text, size_t len)
{
	return len >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0);
}

static char first_char(const char *text, size_t len)
{
	for (size_t i = byte_order_mark(text, len); i < len; i++)
		if (!isspace((unsigned char)text[i]))
			return text[i];
	return '\0';
}

/* True if a line begins as only those of a unit file do: with a section, or with a setting that is read here. */
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
	int r = policy_read_systemd(text, len, name, rd->list->systemd_groups, &p, rd->err);

	return r < 0 ? r : list_add(rd, p);
}

/* Each document becomes a JSON text of its own, with the line numbers of the whole. else_says: the message for a document that
 * is not a Kubernetes object; NULL: any format is read. */
static int read_yaml(struct reader *rd, const char *text, size_t len, const char *name, const char *else_says)
{
	cleanup_yaml struct yaml *y = NULL;
	bool named = false;
	int r = yaml_open(text, len, name, &y, rd->err);

	while (r >= 0) {
		cleanup_yaml_doc struct yaml_doc *tree = NULL;
		cleanup_json struct json_doc *doc = NULL;
		cleanup_buf struct buf json = {0};

		r = yaml_next(y, &tree, rd->err);
		if (r <= 0)
			return r;
		named |= yaml_more(y);
		if (yaml_is_nothing(yaml_root(tree)))
			continue;
		r = yaml_write_json(tree, &json, rd->err);
		if (r == 0)
			r = json_parse(json.data, json.len, JSON_OURS, name, &doc, rd->err);
		if (r == 0 && json_type(json_root(doc)) == JSON_NULL)
			continue;
		if (r == 0 && else_says && !json_get(json_root(doc), "apiVersion"))
			r = json_err(doc, json_root(doc), rd->err, "%s", else_says);
		if (r == 0)
			r = add_document(rd, doc, name, named);
	}
	return r;
}

/* Reads a text that begins as JSON does. It may also be YAML in flow style, but only for Kubernetes objects: others read
 * everything else as JSON, and without a byte order mark. */
static int read_brackets(struct reader *rd, const char *text, size_t len, const char *name)
{
	struct err *err = rd->err, first = {0}, second = {0};
	size_t count = rd->list->count;
	int r, again;

	if (byte_order_mark(text, len))
		return read_yaml(rd, text, len, name, "a byte order mark stands in front of it, and runtimes refuse it: save it as UTF-8 without one");
	rd->err = &first;
	r = read_json(rd, text, len, name);
	if (r < 0 && r != -ENOMEM && rd->list->count == count && strstr(first.msg, "not JSON")) {
		rd->err = &second;
		again = read_yaml(rd, text, len, name, "is no object of Kubernetes");
		r = again == 0 || rd->list->count > count ? again : r;
		first = again < 0 && rd->list->count > count ? second : first;
	}
	rd->err = err;
	return r < 0 ? err_set(err, -r, "%s", first.msg) : 0;
}

/* The line, counted from 1, on which a template's action begins; 0: there is none. */
static size_t template_line(const char *text, size_t len)
{
	const char *found = memmem(text, len, "{{", 2);
	size_t line = 1;

	for (const char *p = text; found && p < found; p++)
		line += *p == '\n';
	return found ? line : 0;
}

static int read_form(struct reader *rd, const char *text, size_t len, const char *name)
{
	size_t template;
	int r;

	if (first_char(text, len) == '\0')
		return err_set(rd->err, EINVAL, "%s: is empty", name);
	if (is_drop_in(text, len))
		return read_drop_in(rd, text, len, name);
	if (strchr("{[", first_char(text, len)))
		r = read_brackets(rd, text, len, name);
	else if (is_wide(text, len))
		r = read_yaml(rd, text, len, name, "is UTF-16, and runtimes refuse it: save it as UTF-8");
	else
		r = read_yaml(rd, text, len, name, NULL);
	template = r < 0 && r != -ENOMEM ? template_line(text, len) : 0;
	if (template)
		return err_set(rd->err, EINVAL, "%s: line %zu: a template ({{ }}): render it first, for example with helm template", name,
			       template);
	return r;
}

/* What helm install and helm upgrade print with --dry-run: manifests between MANIFEST: and NOTES:, after a few words of its own. They
 * are blanked, so that lines count on. */
static bool is_of_helm(const char *text, size_t len)
{
	return len > 6 && memcmp(text, "NAME: ", 6) == 0 && memmem(text, len, "\nMANIFEST:\n", 11);
}

static int read_of_helm(struct reader *rd, const char *text, size_t len, const char *name)
{
	cleanup_buf struct buf b = {0};
	const char *manifest = memmem(text, len, "\nMANIFEST:\n", 11), *notes;
	size_t begin = (size_t)(manifest - text) + 11, end;

	notes = memmem(text + begin, len - begin, "\nNOTES:\n", 8);
	end = notes ? (size_t)(notes - text) : len;
	for (size_t i = 0; i < begin; i++)
		buf_addc(&b, text[i] == '\n' ? '\n' : ' ');
	buf_add(&b, text + begin, end - begin);
	return buf_failed(&b) ? err_set(rd->err, ENOMEM, "out of memory") : read_form(rd, b.data, b.len, name);
}

static int read_text(struct reader *rd, const char *text, size_t len, const char *name)
{
	struct policy *p = NULL;
	int r;

	if (rd->nesting == NESTING_MAX)
		return err_set(rd->err, EINVAL, "%s: objects are nested too deep", name);
	if (is_evidence(text, len)) {
		r = policy_read_evidence(text, len, name, &p, rd->err);
		return r < 0 ? r : list_add(rd, p);
	}
	if (len > POLICY_TEXT_MAX)
		return err_set(rd->err, EFBIG, "%s: more than %u bytes", name, POLICY_TEXT_MAX);
	rd->nesting++;
	r = is_of_helm(text, len) ? read_of_helm(rd, text, len, name) : read_form(rd, text, len, name);
	rd->nesting--;
	return r;
}

int policy_read(const char *text, size_t len, const char *name, struct policy_list *ret, struct err *err)
{
	struct reader rd = {.list = ret, .err = err};
	int r = read_text(&rd, text, len, name);

	if (r == 0)
		r = policy_add_bases(ret->policy, ret->count, ret->policy, ret->count, err);
	if (r == 0 && ret->count == 0 && ret->others)
		r = err_set(err, EINVAL, "%s: contains no profile: expected a SeccompProfile or a ConfigMap, found only %s%s", name,
			    buf_failed(&ret->other_kinds) ? "something else" : ret->other_kinds.data,
			    ret->others > POLICY_KINDS_NAMED ? " and more" : "");
	else if (r == 0 && ret->count == 0)
		r = err_set(err, EINVAL, "%s: contains no profile", name);
	return r;
}

int policy_read_one(const char *text, size_t len, const char *name, struct policy **ret, struct err *err)
{
	cleanup_policy_list struct policy_list list = {0};
	int r = policy_read(text, len, name, &list, err);

	if (r == 0 && list.count > 1)
		r = err_set(err, EINVAL, "%s: contains %zu profiles; name a file with one", name, list.count);
	if (r == 0)
		*ret = steal_ptr(&list.policy[0]);
	return r;
}
