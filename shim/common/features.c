#include "shim/common/features.h"

#include "base/file.h"
#include "base/json/json.h"
#include "base/text.h"
#include "shim/common/ask.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX     16384
#define FEATURES_MAX (256u << 10)

/* features.md of runtime-spec: supportedFlags are the flags that libseccomp and the kernel accept, too. */
static bool lists_flag(const struct json *seccomp)
{
	for (const struct json *e = json_first(json_get(seccomp, "supportedFlags")); e; e = json_next(e))
		if (text_streq(json_text(e), "SECCOMP_FILTER_FLAG_LOG"))
			return true;
	return false;
}

bool features_takes_log_flag(const char *version, const struct buf *features)
{
	cleanup_json struct json_doc *doc = NULL;
	const struct json *seccomp = NULL;
	bool crun = text_starts(version, "crun version ");

	if (!crun && !text_starts(version, "runc version "))
		return false;
	if (features && features->len && json_parse(features->data, features->len, JSON_FOREIGN, "features", &doc, NULL) == 0)
		seccomp = json_get(json_get(json_root(doc), "linux"), "seccomp");
	if (json_get(seccomp, "supportedFlags") || json_get(seccomp, "knownFlags"))
		return lists_flag(seccomp);
	/* crun accepted flags long before it reported them; runc before 1.2 refuses all. */
	return crun && version[strlen("crun version ")] >= '1' && version[strlen("crun version ")] <= '9';
}

enum features_log features_by_id(const char *state_dir, const char *runtime_id)
{
	cleanup_json struct json_doc *doc = NULL;
	cleanup_free char *path = NULL;
	cleanup_buf struct buf text = {0};
	const struct json *v;

	if (strchr(runtime_id, '/') || asprintf(&path, "%s/runtimes/%s.json", state_dir, runtime_id) < 0)
		return FEATURES_UNKNOWN;
	if (file_read_at(AT_FDCWD, path, FILE_MAX, &text, NULL) < 0 ||
	    json_parse(text.data ? text.data : "", text.len, JSON_OURS, path, &doc, NULL) < 0)
		return FEATURES_UNKNOWN;
	v = json_get(json_root(doc), "log_denials");
	return json_type(v) == JSON_TRUE ? FEATURES_CAN : json_type(v) == JSON_FALSE ? FEATURES_CANNOT : FEATURES_UNKNOWN;
}

enum features_log features_log_denials(const char *state_dir, const struct oci_runtime *rt)
{
	char id[OCI_RUNTIME_ID_MAX];

	/* A script may call another program tomorrow, so no answer is stored for it. */
	if (rt->is_script)
		return FEATURES_CANNOT;
	oci_runtime_id(rt, id);
	return features_by_id(state_dir, id);
}

static int save(int dir, const struct oci_runtime *rt, const char *version, bool can, struct err *err)
{
	cleanup_buf struct buf text = {0};
	char id[OCI_RUNTIME_ID_MAX], name[OCI_RUNTIME_ID_MAX + 8];
	struct json_writer w;

	json_write_begin(&w, &text, true);
	json_write_object(&w, NULL);
	json_write_u64(&w, "version", 1);
	json_write_string(&w, "path", rt->path);
	json_write_string(&w, "says", version);
	json_write_bool(&w, "log_denials", can);
	json_write_end_object(&w);
	buf_addc(&text, '\n');
	if (buf_failed(&text))
		return err_set(err, ENOMEM, "out of memory");
	oci_runtime_id(rt, id);
	snprintf(name, sizeof(name), "%s.json", id);
	return file_save_at(dir, name, text.data, text.len, 0600, err);
}

int features_learn(const char *state_dir, const struct oci_runtime *rt, struct err *err)
{
	cleanup_buf struct buf version = {0}, features = {0};
	cleanup_free char *path = NULL;
	cleanup_fd int dir = -1;
	bool has_features;
	int r;

	if (features_log_denials(state_dir, rt) != FEATURES_UNKNOWN)
		return 0;
	if (asprintf(&path, "%s/runtimes", state_dir) < 0)
		return err_set(err, ENOMEM, "out of memory");
	dir = file_open_dirs(path, err);
	if (dir < 0)
		return dir;
	/* If the answer could not be stored, the runtime would be asked after every start. */
	if (faccessat(dir, ".", W_OK, AT_EACCESS) < 0)
		return err_sys(err, errno, "%s", path);
	r = ask_version(rt->path, &version);
	if (r == -ETIMEDOUT || r == -ENOMEM)
		return err_sys(err, r, "%s --version: no answer", rt->path);
	has_features = r == 0 && ask_program(rt->path, "features", FEATURES_MAX, &features) == 0;
	return save(dir, rt, version.data ? version.data : "",
		    features_takes_log_flag(version.data ? version.data : "", has_features ? &features : NULL), err);
}
