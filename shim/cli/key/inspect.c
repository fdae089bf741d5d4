#include "shim/cli/key/inspect.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/json/json.h"
#include "base/text.h"
#include "seccomp/policy/defaults.h"
#include "seccomp/policy/read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

static const char UNCONFINED[] = "{\"defaultAction\": \"SCMP_ACT_ALLOW\"}";

static bool holds(const struct buf *text, const char *word)
{
	return text->len && memmem(text->data, text->len, word, strlen(word));
}

/* The container's own configuration, in what crictl inspect and ctr containers info print; NULL if it is elsewhere. */
static const struct json *spec_of(const struct json *v)
{
	const struct json *crictl = json_get(json_get(v, "info"), "runtimeSpec"), *ctr = json_get(v, "Spec");

	if (json_type(crictl) == JSON_OBJECT)
		return crictl;
	return json_get(ctr, "ociVersion") ? ctr : NULL;
}

static bool is_container(const struct json *v)
{
	return spec_of(v) || json_type(json_get(v, "HostConfig")) == JSON_OBJECT;
}

/* The first container in the output: a single object, or an array's first element. */
static const struct json *first_container(const struct json *root)
{
	return json_type(root) == JSON_ARRAY ? json_first(root) : root;
}

bool inspect_is_text(const struct buf *text)
{
	cleanup_json struct json_doc *doc = NULL;

	return (holds(text, "\"HostConfig\"") || holds(text, "\"runtimeSpec\"") || holds(text, "\"SpecTypeURL\"")) &&
	       json_parse(text->data, text->len, JSON_FOREIGN, "", &doc, NULL) == 0 && is_container(first_container(json_root(doc)));
}

/* "/web" for Docker, "web" for Podman, metadata.name for crictl; else the id, as for ctr. */
static const char *name_of(const struct json *v)
{
	const char *name = json_text(json_get(v, "Name"));

	if (!name)
		name = json_text(json_get(json_get(json_get(v, "status"), "metadata"), "name"));
	if (!name)
		name = json_text(json_get(v, "Id"));
	if (!name)
		name = json_text(json_get(v, "ID"));
	return !name ? "?" : *name == '/' ? name + 1 : name;
}

/* The value of --security-opt for seccomp; NULL: none. */
static const char *option_of(const struct json *v)
{
	const char *found = NULL;

	for (const struct json *o = json_first(json_get(json_get(v, "HostConfig"), "SecurityOpt")); o; o = json_next(o)) {
		const char *s = json_text(o);

		if (s && (text_starts(s, "seccomp=") || text_starts(s, "seccomp:")))
			found = s + strlen("seccomp=");
	}
	return found;
}

static int read_file(const char *path, const char *name, struct buf *ret, struct err *err)
{
	struct err inner = {0};
	int r = file_read_at(AT_FDCWD, path, POLICY_TEXT_MAX, ret, &inner);

	return r < 0 ? err_set(err, r, "%s: its profile lies in %s, which cannot be read: %s", name, path, inner.msg) : 0;
}

static void take_default(const char *engine, const char *name, struct buf *ret)
{
	const struct arch *host[4];
	const struct default_profile *d = default_profile(engine, arch_host(host) ? host[0]->name : NULL);

	fprintf(stderr, "snug: %s: has the default of its engine; that of %s is taken for it\n", name, d->version);
	buf_add(ret, d->text, d->len);
}

static int read_option(const struct json *v, const char *engine, const char *name, struct buf *ret, struct err *err)
{
	const char *option = option_of(v);
	bool privileged = json_type(json_get(json_get(v, "HostConfig"), "Privileged")) == JSON_TRUE;

	if (option && *option == '{')
		buf_adds(ret, option);
	else if (option ? text_streq(option, "unconfined") : privileged)
		buf_adds(ret, UNCONFINED);
	else if (!option || text_streq(option, "builtin"))
		take_default(engine, name, ret);
	else
		return read_file(option, name, ret, err);
	return 0;
}

/* A configuration without a filter confines nothing. */
static bool is_unconfined(const struct buf *config)
{
	cleanup_json struct json_doc *doc = NULL;

	return json_parse(config->data ? config->data : "", config->len, JSON_FOREIGN, "", &doc, NULL) == 0 &&
	       json_type(json_get(json_get(json_root(doc), "linux"), "seccomp")) != JSON_OBJECT;
}

static int read_container(const struct buf *text, const struct json *v, const char *name, struct buf *ret, struct err *err)
{
	const struct json *spec = spec_of(v);
	const char *config = json_text(json_get(v, "OCIConfigPath"));
	bool podman = config || json_get(v, "OCIRuntime");

	if (spec)
		buf_add(ret, text->data + json_start(spec), json_end(spec) - json_start(spec));
	else if (!config || file_read_at(AT_FDCWD, config, POLICY_TEXT_MAX, ret, NULL) < 0)
		return read_option(v, podman ? "podman" : "moby", name, ret, err);
	if (!is_unconfined(ret))
		return 0;
	buf_clear(ret);
	buf_adds(ret, UNCONFINED);
	return 0;
}

int inspect_each(const struct buf *text, const char *name, int (*fn)(const struct buf *profile, const char *name, void *arg, struct err *err),
		 void *arg, struct err *err)
{
	cleanup_json struct json_doc *doc = NULL;
	int r = json_parse(text->data, text->len, JSON_FOREIGN, name, &doc, err);
	const struct json *root = r < 0 ? NULL : json_root(doc);

	for (const struct json *v = first_container(root); v && r == 0; v = json_type(root) == JSON_ARRAY ? json_next(v) : NULL) {
		cleanup_buf struct buf profile = {0}, of = {0};

		if (!is_container(v))
			return json_err(doc, v, err, "is no container");
		buf_addf(&of, "%s: container ", name);
		text_add_safe(&of, name_of(v), strlen(name_of(v)));
		if (!buf_failed(&of))
			r = read_container(text, v, of.data, &profile, err);
		if (!r && (buf_failed(&of) || buf_failed(&profile)))
			r = err_set(err, ENOMEM, "out of memory");
		if (!r)
			r = fn(&profile, of.data, arg, err);
	}
	return r;
}
