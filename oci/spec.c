#include "oci/spec.h"

#include "base/json/members.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct oci_spec {
	char *text;
	size_t len;
	struct json_doc *doc;
	const struct json *linux_part, *seccomp; /* NULL if absent; may be null */
};

/* What the wrapper acts on: a runtime that read another member here would run a container that nobody has examined. */
static const char *const root_members[] = {"annotations", "hooks", "linux", "process"};
static const char *const linux_members[] = {"seccomp"};
static const char *const process_members[] = {"args", "noNewPrivileges"};
static const char *const hooks_members[] = {"startContainer"};

static int check_members(const struct json_doc *doc, struct err *err)
{
	const struct json *root = json_root(doc);
	const struct {
		const struct json *obj;
		const char *const *names;
		size_t count;
	} checks[] = {
		{root, root_members, ARRAY_SIZE(root_members)},
		{json_get(root, "linux"), linux_members, ARRAY_SIZE(linux_members)},
		{json_get(root, "process"), process_members, ARRAY_SIZE(process_members)},
		{json_get(root, "hooks"), hooks_members, ARRAY_SIZE(hooks_members)},
	};

	for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
		int r = json_check_members(doc, checks[i].obj, checks[i].names, checks[i].count, err);

		if (r < 0)
			return r;
	}
	return json_check_map(doc, json_get(root, "annotations"), err);
}

static int want_object_or_null(const struct json_doc *doc, const struct json *v, struct err *err)
{
	if (json_type(v) == JSON_OBJECT || json_type(v) == JSON_NULL)
		return 0;
	return json_err(doc, v, err, "expected an object");
}

static int find_parts(struct oci_spec *spec, struct err *err)
{
	const struct json *root = json_root(spec->doc);
	int r;

	if (json_type(root) != JSON_OBJECT)
		return json_err(spec->doc, root, err, "a container's configuration is a JSON object");
	r = check_members(spec->doc, err);
	if (r < 0)
		return r;
	spec->linux_part = json_get(root, "linux");
	r = want_object_or_null(spec->doc, spec->linux_part, err);
	if (r < 0)
		return r;
	spec->seccomp = json_get(spec->linux_part, "seccomp");
	return want_object_or_null(spec->doc, spec->seccomp, err);
}

int oci_spec_parse(const char *text, size_t len, const char *name, struct oci_spec **ret, struct err *err)
{
	cleanup_spec struct oci_spec *spec = NULL;
	int r;

	if (len > OCI_SPEC_SIZE_MAX)
		return err_set(err, EFBIG, "%s: larger than %u MiB", name, OCI_SPEC_SIZE_MAX >> 20);
	spec = calloc(1, sizeof(*spec));
	if (!spec || !(spec->text = malloc(len + 1)))
		return err_set(err, ENOMEM, "%s: out of memory", name);
	memcpy(spec->text, text, len);
	spec->text[len] = '\0';
	spec->len = len;
	r = json_parse(spec->text, len, JSON_FOREIGN, name, &spec->doc, err);
	if (r < 0)
		return r;
	r = find_parts(spec, err);
	if (r < 0)
		return r;
	*ret = steal_ptr(&spec);
	return 0;
}

void oci_spec_free(struct oci_spec *spec)
{
	if (!spec)
		return;
	json_free(spec->doc);
	free(spec->text);
	free(spec);
}

const struct json_doc *oci_spec_doc(const struct oci_spec *spec)
{
	return spec->doc;
}

const char *oci_spec_text(const struct oci_spec *spec, size_t *ret_len)
{
	*ret_len = spec->len;
	return spec->text;
}

const char *oci_spec_seccomp(const struct oci_spec *spec, size_t *ret_len)
{
	if (json_type(spec->seccomp) != JSON_OBJECT)
		return NULL;
	*ret_len = json_end(spec->seccomp) - json_start(spec->seccomp);
	return spec->text + json_start(spec->seccomp);
}

static const char *string_or_null(const struct json *v)
{
	return json_type(v) == JSON_STRING ? json_text(v) : NULL;
}

const char *oci_spec_annotation(const struct oci_spec *spec, const char *name)
{
	return string_or_null(json_get(json_get(json_root(spec->doc), "annotations"), name));
}

static const struct json *process(const struct oci_spec *spec)
{
	return json_get(json_root(spec->doc), "process");
}

const char *oci_spec_program(const struct oci_spec *spec)
{
	const struct json *args = json_get(process(spec), "args");
	const struct json *program = json_type(args) == JSON_ARRAY ? json_first(args) : NULL;
	const char *s = string_or_null(program);

	return s && strlen(s) == json_text_len(program) ? s : NULL;
}

bool oci_spec_no_new_privileges(const struct oci_spec *spec)
{
	return json_type(json_get(process(spec), "noNewPrivileges")) == JSON_TRUE;
}

bool oci_spec_mapped_root(const struct oci_spec *spec, uint64_t *ret_uid)
{
	for (const struct json *m = json_first(json_get(spec->linux_part, "uidMappings")); m; m = json_next(m)) {
		uint64_t inside = 1, outside = 0, size = 0;

		if (json_u64(json_get(m, "hostID"), &outside) < 0 || json_u64(json_get(m, "size"), &size) < 0 || !size)
			continue;
		/* 0 is what is left out. */
		if (!json_get(m, "containerID") || (json_u64(json_get(m, "containerID"), &inside) == 0 && inside == 0)) {
			*ret_uid = outside;
			return true;
		}
	}
	return false;
}

bool oci_spec_has_start_hooks(const struct oci_spec *spec)
{
	const struct json *hooks = json_get(json_get(json_root(spec->doc), "hooks"), "startContainer");

	return json_type(hooks) == JSON_ARRAY && json_count(hooks) > 0;
}

/* A section from a file that closed its own brace and went on could add members to the configuration. */
static int check_section(const char *section, size_t len, struct err *err)
{
	cleanup_json struct json_doc *doc = NULL;
	int r = json_parse(section, len, JSON_FOREIGN, "the new seccomp section", &doc, err);

	if (r < 0)
		return r;
	if (json_type(json_root(doc)) != JSON_OBJECT)
		return json_err(doc, json_root(doc), err, "expected an object");
	for (size_t i = json_end(json_root(doc)); i < len; i++)
		if (!strchr(" \t\r\n", section[i]) || !section[i])
			return json_err(doc, json_root(doc), err, "trailing text after the object");
	return 0;
}

struct splice {
	size_t from, to; /* the range that is replaced; empty for an insertion */
	const char *before, *after;
};

/* A new member goes first, after the brace: anywhere else, a comma might have to be added or not. */
static struct splice plan_splice(const struct oci_spec *spec)
{
	const struct json *root = json_root(spec->doc), *part = spec->linux_part;

	if (spec->seccomp)
		return (struct splice){json_start(spec->seccomp), json_end(spec->seccomp), "", ""};
	if (json_type(part) == JSON_OBJECT)
		return (struct splice){json_start(part) + 1, json_start(part) + 1,
				       "\"seccomp\":", json_count(part) ? "," : ""};
	if (part)
		return (struct splice){json_start(part), json_end(part), "{\"seccomp\":", "}"};
	return (struct splice){json_start(root) + 1, json_start(root) + 1,
			       "\"linux\":{\"seccomp\":", json_count(root) ? "}," : "}"};
}

bool oci_spec_has_capability(const struct oci_spec *spec, const char *set, const char *name)
{
	const struct json *caps = json_get(json_get(json_root(spec->doc), "process"), "capabilities");

	for (const struct json *list = json_first(caps); list; list = json_next(list)) {
		if (set && strcmp(json_key(list), set) != 0)
			continue;
		for (const struct json *e = json_first(list); e; e = json_next(e))
			if (json_type(e) == JSON_STRING && strcmp(json_text(e), name) == 0)
				return true;
	}
	return false;
}

int oci_spec_splice_own(const struct oci_spec *spec, const char *section, size_t section_len, struct buf *ret, struct err *err)
{
	struct splice s = plan_splice(spec);

	if (!section && spec->seccomp) {
		section = "null";
		section_len = strlen(section);
	} else if (!section) {
		s = (struct splice){spec->len, spec->len, "", ""};
	}
	(void)buf_room(ret, spec->len + section_len + strlen(s.before) + strlen(s.after));
	buf_add(ret, spec->text, s.from);
	buf_adds(ret, s.before);
	if (section)
		buf_add(ret, section, section_len);
	buf_adds(ret, s.after);
	buf_add(ret, spec->text + s.to, spec->len - s.to);
	return buf_failed(ret) ? err_set(err, ENOMEM, "out of memory") : 0;
}

int oci_spec_splice(const struct oci_spec *spec, const char *section, size_t section_len, struct buf *ret, struct err *err)
{
	int r = section ? check_section(section, section_len, err) : 0;

	return r < 0 ? r : oci_spec_splice_own(spec, section, section_len, ret, err);
}
