#include "shim/cli/floor/canary_call.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/json/json.h"
#include "shim/cli/common/run.h"
#include "shim/common/client.h"
#include "shim/common/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARGS_MAX 16

/* session: NULL for snug-agent, which needs none. */
static void compose_register(const struct canary_call *call, const uint32_t *session, struct buf *out)
{
	const struct canary_plan *plan = call->plan;
	char runtime_id[OCI_RUNTIME_ID_MAX];
	struct json_writer w;

	oci_runtime_id(plan->runtime, runtime_id);
	json_write_begin(&w, out, false);
	json_write_object(&w, NULL);
	json_write_string(&w, "op", "register");
	json_write_string(&w, "command", session ? call->register_as : "canary");
	json_write_string(&w, "mode", "learn");
	if (session) {
		json_write_string(&w, "space", "floor");
		json_write_u64(&w, "session", *session);
		json_write_string(&w, "baseline", "drop");
	} else {
		json_write_string(&w, "exec_key", plan->exec_key);
	}
	json_write_string(&w, "id", call->id);
	json_write_string(&w, "root", call->root);
	json_write_string(&w, "key", call->key);
	json_write_string(&w, "runtime", plan->runtime->path);
	json_write_string(&w, "runtime_id", runtime_id);
	json_write_bool(&w, "go", plan->runtime->is_go);
	json_write_raw(&w, "shape", plan->shape, strlen(plan->shape));
	json_write_end_object(&w);
}

static int take_answer(const struct canary_call *call, bool agent, const struct buf *answer, struct err *err)
{
	cleanup_json struct json_doc *doc = NULL;
	cleanup_buf struct buf section = {0};
	const struct json *v;
	int r = json_parse(answer->data, answer->len, JSON_OURS, "the recorder's answer", &doc, err);

	if (r < 0)
		return r;
	if (!agent)
		return json_type(json_get(json_root(doc), "recorded")) == JSON_TRUE
			       ? 0
			       : err_set(err, EREMOTEIO, "the recorder does not record the canary");
	v = json_get(json_root(doc), "section");
	if (json_type(v) != JSON_OBJECT)
		return err_set(err, EPROTO, "the agent's answer has no section");
	buf_add(&section, answer->data + json_start(v), json_end(v) - json_start(v));
	return buf_failed(&section) ? err_set(err, ENOMEM, "out of memory") : call->take_section(call->arg, section.data, err);
}

/* The recorder takes the sender of a registration for the runtime. */
static int register_call(const struct canary_call *call, struct err *err)
{
	bool agent = call->plan->recorder == CLIENT_AGENT;
	cleanup_buf struct buf request = {0}, answer = {0};
	cleanup_fd int fd = client_connect_or_start(call->plan->recorder, call->plan->config, err);
	uint32_t session = SESSION_UNSET;
	int r;

	if (fd < 0)
		return fd;
	r = agent ? 0 : session_begin(&session, err);
	if (r < 0)
		return r;
	compose_register(call, agent ? NULL : &session, &request);
	r = client_request(fd, &request, &answer, err);
	return r < 0 ? r : take_answer(call, agent, &answer, err);
}

/* Runs in the process that becomes the runtime. */
static int prepare(void *arg, struct err *err)
{
	const struct canary_call *call = arg;
	int r = call->register_as ? register_call(call, err) : 0;

	return r || !call->users ? r : own_users_enter(call->users, err);
}

/* What an ordinary user's runtime needs to reach the user's systemd, and its own directory. */
static const char *const variables[] = {"HOME", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS"};

struct environment {
	char *v[ARRAY_SIZE(variables) + 1];
	size_t count;
};

static void environment_done(struct environment *e)
{
	for (size_t i = 0; i < e->count; i++)
		free(e->v[i]);
}

static int make_environment(struct environment *e, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(variables); i++) {
		const char *value = secure_getenv(variables[i]);

		if (!value)
			continue;
		if (asprintf(&e->v[e->count], "%s=%s", variables[i], value) < 0) {
			e->v[e->count] = NULL;
			return err_set(err, ENOMEM, "out of memory");
		}
		e->count++;
	}
	return 0;
}

int canary_call_run(const struct canary_call *call, struct err *err)
{
	const char *args[ARGS_MAX] = {call->plan->runtime->path, "--root", call->root};
	cleanup_with(environment_done) struct environment environment = {0};
	size_t n = 3;
	int r = call->plan->rootless ? make_environment(&environment, err) : 0;

	if (r < 0)
		return r;
	if (call->systemd_cgroup)
		args[n++] = "--systemd-cgroup";
	for (size_t i = 0; call->words[i] && n < ARGS_MAX - 1; i++)
		args[n++] = call->words[i];
	const struct run run = {
		.argv = (char *const *)(uintptr_t)args,
		.environment = environment.v,
		.before = prepare,
		.arg = (void *)(uintptr_t)call,
		.signal_fd = call->signal_fd,
		.timeout_ms = call->timeout_ms ? call->timeout_ms : CANARY_CALL_TIMEOUT_MS,
	};

	return run_program(&run, NULL, err);
}
