#include "shim/runtime/register.h"

#include "base/cleanup.h"
#include "base/json/json.h"
#include "shim/common/ask.h"
#include "shim/common/client.h"
#include "shim/common/session.h"
#include "shim/runtime/request.h"
#include "shim/runtime/section.h"

#include <errno.h>
#include <string.h>

/* session: NULL if there is none. */
static void compose(struct buf *out, const struct plan *p, const uint32_t *session, const char *key, enum config_mode mode,
		    const struct section *section, const char *shape)
{
	struct json_writer w;

	request_begin(&w, out, p, key, mode);
	json_write_string(&w, "space", "keys");
	if (p->call.terminal)
		json_write_bool(&w, "terminal", true);
	if (session)
		json_write_u64(&w, "session", *session);
	else
		json_write_string(&w, "attribution", "cgroup");
	json_write_string(&w, "baseline", section ? section->baseline : "");
	if (section && section->handed_over)
		json_write_bool(&w, "handed_over", true);
	if (section && section->unlogged.len)
		json_write_raw(&w, "quiet", section->unlogged.data, section->unlogged.len);
	if (section && section->caller.len)
		json_write_raw(&w, section->caller_denies ? "caller_denies" : "caller_allows", section->caller.data,
			       section->caller.len);
	if (shape)
		json_write_raw(&w, "shape", shape, strlen(shape));
	json_write_end_object(&w);
}

int register_ready(const struct plan *p, int *recorder, struct err *err)
{
	if (*recorder < 0)
		*recorder = client_connect_or_start(CLIENT_SNUGD, &p->config, err);
	return *recorder < 0 ? *recorder : 0;
}

int register_health(const struct plan *p, int *recorder, struct err *err)
{
	cleanup_buf struct buf request = {0};
	cleanup_fd int fd = *recorder >= 0 ? steal_fd(recorder)
					   : client_connect_or_start_within(CLIENT_SNUGD, &p->config, REGISTER_PATIENCE_MS, err);
	int r;

	if (fd < 0)
		return fd;
	buf_adds(&request, "{\"op\":\"health\"}");
	r = client_request_within(fd, &request, REGISTER_PATIENCE_MS, NULL, err);
	if (r == 0)
		*recorder = steal_fd(&fd);
	return r;
}

/* For an exec into an enforced container no recorder is started: a new one would not know the container. */
static int reach(const struct plan *p, enum config_mode mode, struct err *err)
{
	if (mode != CONFIG_ENFORCE)
		return client_connect_or_start(CLIENT_SNUGD, &p->config, err);
	return p->call.command == OCI_EXEC ? client_connect(CLIENT_SNUGD, p->config.run_dir, err)
					   : client_connect_or_start_within(CLIENT_SNUGD, &p->config, REGISTER_PATIENCE_MS, err);
}

int register_session(const struct plan *p, const char *key, enum config_mode mode, int *recorder, const struct section *section,
		     const char *shape, bool *ret_recorded, struct err *err)
{
	cleanup_buf struct buf request = {0}, answer = {0};
	cleanup_json struct json_doc *doc = NULL;
	uint32_t session;
	int r;

	/* First, so that a recorder started here does not inherit the container's session. */
	cleanup_fd int fd = *recorder >= 0 ? steal_fd(recorder) : reach(p, mode, err);

	if (fd < 0)
		return fd;
	r = p->config.session ? session_begin(&session, err) : -EPERM;
	/* If the kernel refuses a session (loginuid_immutable), the recorder attributes by process and cgroup, and says so. */
	if (r < 0 && r != -EPERM)
		return r;
	compose(&request, p, r == 0 ? &session : NULL, key, mode, section, shape);
	r = mode == CONFIG_ENFORCE ? client_request_within(fd, &request, REGISTER_PATIENCE_MS, &answer, err)
				   : request_ask(p, &fd, &request, &answer, err);
	if (r == 0)
		r = json_parse(answer.data, answer.len, JSON_OURS, "the recorder's answer", &doc, err);
	if (r < 0)
		return r;
	*ret_recorded = json_type(json_get(json_root(doc), "recorded")) == JSON_TRUE;
	return 0;
}

static void compose_version(const struct plan *p, const char *version, struct buf *out)
{
	char runtime_id[OCI_RUNTIME_ID_MAX];
	struct json_writer w;

	oci_runtime_id(&p->runtime, runtime_id);
	json_write_begin(&w, out, false);
	json_write_object(&w, NULL);
	json_write_string(&w, "op", "version");
	json_write_string(&w, "runtime_id", runtime_id);
	if (version)
		json_write_string(&w, "version", version);
	json_write_end_object(&w);
}

void register_version(const struct plan *p)
{
	cleanup_buf struct buf version = {0}, question = {0}, answer = {0}, request = {0};
	cleanup_json struct json_doc *doc = NULL;
	cleanup_fd int fd = client_connect(p->notify ? CLIENT_AGENT : CLIENT_SNUGD, p->config.run_dir, NULL);

	compose_version(p, NULL, &question);
	if (fd < 0 || client_request(fd, &question, &answer, NULL) < 0 ||
	    json_parse(answer.data, answer.len, JSON_OURS, "answer", &doc, NULL) < 0 ||
	    json_type(json_get(json_root(doc), "want_version")) != JSON_TRUE)
		return;
	if (ask_version(p->runtime.path, &version) < 0 || !version.len)
		return;
	compose_version(p, version.data, &request);
	(void)client_request(fd, &request, NULL, NULL);
}

void register_deleted(const struct plan *p)
{
	cleanup_buf struct buf request = {0};
	struct json_writer w;

	json_write_begin(&w, &request, false);
	json_write_object(&w, NULL);
	json_write_string(&w, "op", "deleted");
	json_write_string(&w, "root", p->root);
	json_write_string(&w, "id", p->call.id);
	json_write_end_object(&w);
	client_notify(p->notify ? CLIENT_AGENT : CLIENT_SNUGD, p->config.run_dir, &request);
}
