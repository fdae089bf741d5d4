#include "shim/agent/agent_requests.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/json/json.h"
#include "base/text.h"
#include "oci/key.h"
#include "seccomp/evidence/unlogged_proof.h"
#include "seccomp/syscall/sets.h"
#include "shim/common/client.h"
#include "shim/daemon/message.h"
#include "shim/daemon/unix_socket.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int agent_requests_open(struct agent *a, struct err *err)
{
	a->text = malloc(CLIENT_MESSAGE_MAX + 1);
	if (!a->text || asprintf(&a->server_path, "%s/%s", a->config.run_dir, CLIENT_AGENT_SOCKET) < 0) {
		a->server_path = NULL;
		return err_set(err, ENOMEM, "out of memory");
	}
	a->server_fd = unix_socket_listen(a->server_path, SOCK_SEQPACKET, err);
	if (a->server_fd < 0)
		return a->server_fd;
	return agent_watch(a, a->server_fd) < 0 ? err_sys(err, errno, "cannot watch a descriptor") : 0;
}

static void drop_gone(struct agent *a)
{
	struct agent_client **link = &a->clients;

	while (*link) {
		struct agent_client *c = *link;

		if (!c->gone) {
			link = &c->next;
			continue;
		}
		*link = c->next;
		close(c->fd);
		free(c);
		a->client_count--;
	}
}

void agent_requests_close(struct agent *a)
{
	for (struct agent_client *c = a->clients; c; c = c->next)
		c->gone = true;
	drop_gone(a);
	if (a->server_fd >= 0) {
		close(steal_fd(&a->server_fd));
		unlink(a->server_path);
	}
	free(steal_ptr(&a->server_path));
	free(steal_ptr(&a->text));
}

void agent_requests_accept(struct agent *a)
{
	pid_t pid = 0;
	cleanup_fd int fd = unix_socket_accept(a->server_fd, &pid);
	struct agent_client *c;

	if (fd < 0 || a->client_count >= AGENT_CLIENTS_MAX)
		return;
	c = calloc(1, sizeof(*c));
	if (!c || agent_watch(a, fd) < 0) {
		free(c);
		return;
	}
	*c = (struct agent_client){
		.next = a->clients, .fd = steal_fd(&fd), .pid = pid, .heard_ms = clock_monotonic_ms()};
	a->clients = c;
	a->client_count++;
}

static int read_hot(const struct json_doc *doc, const struct json *v, const char **hot, size_t *ret_count,
		    struct err *err)
{
	const struct set_hot *set;
	size_t n = 0, count = json_type(v) == JSON_TRUE ? set_hot(&set) : 0;

	for (; n < count && n < UNLOGGED_HOT_MAX; n++)
		hot[n] = set[n].name;
	for (const struct json *e = json_type(v) == JSON_ARRAY ? json_first(v) : NULL; e; e = json_next(e)) {
		if (json_type(e) != JSON_STRING || n == UNLOGGED_HOT_MAX)
			return json_err(doc, e, err, "at most %d names are wanted", UNLOGGED_HOT_MAX);
		hot[n++] = json_text(e);
	}
	*ret_count = n;
	return 0;
}

static int read_registration(struct agent *a, const struct json_doc *doc, struct agent_run_request *q,
			     struct buf *shape, struct err *err)
{
	const struct json *root = json_root(doc), *v = json_get(root, "shape");
	const char *mode = NULL, *command = NULL;
	const struct {
		const char *name, **where;
	} strings[] = {{"command", &command},
		       {"mode", &mode},
		       {"id", &q->id},
		       {"root", &q->root},
		       {"key", &q->key},
		       {"runtime", &q->runtime},
		       {"runtime_id", &q->runtime_id}};
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(strings) && r == 0; i++)
		r = json_want_string(doc, root, strings[i].name, strings[i].where, err);
	if (r == 0)
		r = oci_key_check(q->key, err);
	if (r == 0 && json_get(root, "exec_key"))
		r = json_want_string(doc, root, "exec_key", &q->exec_key, err);
	if (r == 0 && q->exec_key)
		r = oci_key_check(q->exec_key, err);
	if (r == 0)
		r = read_hot(doc, json_get(root, "hot"), q->hot, &q->hot_count, err);
	if (r < 0)
		return r;
	q->space = text_streq(command, "canary") ? STATE_FLOOR : STATE_KEYS;
	if (!text_streq(mode, "learn") || (q->space == STATE_KEYS && !text_streq(command, "create") && !text_streq(command, "run")))
		return err_set(err, EINVAL, "registration: only a start that learns is wanted");
	q->go = json_type(json_get(root, "go")) == JSON_TRUE;
	q->go_on = json_type(json_get(root, "go_on")) == JSON_TRUE;
	q->experiments = json_type(json_get(root, "experiments")) == JSON_TRUE;
	q->kernel = a->release;
	if (json_type(v) == JSON_OBJECT) {
		buf_add(shape, a->text + json_start(v), json_end(v) - json_start(v));
		q->shape = shape->data;
	}
	return 0;
}

static void on_register(struct agent *a, struct agent_client *c, const struct json_doc *doc)
{
	cleanup_buf struct buf b = {0}, section = {0}, shape = {0};
	const char *hot[UNLOGGED_HOT_MAX];
	struct agent_run_request q = {.pid = c->pid, .hot = hot};
	struct json_writer w;
	struct err err = {0};
	int r = read_registration(a, doc, &q, &shape, &err);

	if (r == 0)
		r = agent_runs_begin(&a->runs, &q, a->handover.path, clock_monotonic_ms(), &section, &err);
	if (r == 0)
		r = agent_watch(a, a->runs.list->starter);
	if (r < 0) {
		c->gone = !message_refuse(c->fd, err.msg[0] ? err.msg : "a descriptor cannot be watched");
		return;
	}
	json_write_begin(&w, &b, false);
	json_write_object(&w, NULL);
	json_write_bool(&w, "ok", true);
	json_write_u64(&w, "since", unlogged_since(a->runs.list->key->evidence));
	json_write_raw(&w, "section", section.data, section.len);
	json_write_end_object(&w);
	c->gone = !message_answer(c->fd, &b);
}

/* Known calls are not left unlogged here, as these are test runs. The request asks how long the key has been learnt. */
static void on_offer(struct agent *a, struct agent_client *c, const struct json_doc *doc)
{
	cleanup_buf struct buf b = {0};
	struct store_key *k = NULL;
	const char *key = NULL;
	struct err err = {0};
	int r = json_want_string(doc, json_root(doc), "key", &key, &err);

	if (r == 0)
		r = oci_key_check(key, &err);
	if (r == 0)
		r = store_hold(&a->store, STATE_KEYS, key, &k, &err);
	if (r < 0) {
		c->gone = !message_refuse(c->fd, err.msg);
		return;
	}
	buf_addf(&b, "{\"ok\":true,\"since\":%" PRIu64 "}", unlogged_since(k->evidence));
	store_release(&a->store, k);
	c->gone = !message_answer(c->fd, &b);
}

static void on_version(struct agent *a, struct agent_client *c, const struct json_doc *doc)
{
	const char *id = NULL, *version = NULL;
	struct err err = {0};

	if (json_want_string(doc, json_root(doc), "runtime_id", &id, &err) < 0) {
		c->gone = !message_refuse(c->fd, err.msg);
		return;
	}
	if (json_get(json_root(doc), "version")) {
		if (json_want_string(doc, json_root(doc), "version", &version, &err) == 0)
			agent_runs_name_version(&a->runs, id, version, clock_monotonic_ms());
		c->gone = !message_ok(c->fd);
		return;
	}
	c->gone = !message_flag(c->fd, "want_version", agent_runs_wants_version(&a->runs, id));
}

static void on_health(struct agent *a, struct agent_client *c, const struct json_doc *doc)
{
	c->gone = !message_ok(c->fd);
}

static void on_deleted(struct agent *a, struct agent_client *c, const struct json_doc *doc)
{
	agent_runs_give_up(&a->runs, clock_monotonic_ms());
	c->gone = true;
}

static void on_sync(struct agent *a, struct agent_client *c, const struct json_doc *doc)
{
	c->waiting = true;
	c->marked = false;
	a->quiet = false;
}

static const struct {
	const char *op;
	void (*fn)(struct agent *a, struct agent_client *c, const struct json_doc *doc);
} operations[] = {{"offer", on_offer},     {"register", on_register}, {"version", on_version}, {"health", on_health},
		  {"deleted", on_deleted}, {"sync", on_sync},         {"settle", on_sync}};

static void take(struct agent *a, struct agent_client *c, const char *op, const struct json_doc *doc)
{
	for (size_t i = 0; i < ARRAY_SIZE(operations); i++)
		if (text_streq(op, operations[i].op)) {
			operations[i].fn(a, c, doc);
			return;
		}
	c->gone = !message_refuse(c->fd, "no such operation");
}

static void receive(struct agent *a, struct agent_client *c)
{
	cleanup_json struct json_doc *doc = NULL;
	const char *op = NULL;
	struct err err = {0};
	int r = message_receive(c->fd, a->text, &doc, &op, &err);

	if (r == -EAGAIN)
		return;
	if (r == -ECONNRESET || c->waiting) {
		c->gone = true;
		return;
	}
	c->heard_ms = clock_monotonic_ms();
	if (r < 0)
		c->gone = !message_refuse(c->fd, err.msg);
	else
		take(a, c, op, doc);
}

bool agent_requests_serve(struct agent *a, int fd)
{
	for (struct agent_client *c = a->clients; c; c = c->next)
		if (c->fd == fd) {
			receive(a, c);
			drop_gone(a);
			return true;
		}
	return false;
}

bool agent_requests_are_waiting(const struct agent *a)
{
	for (const struct agent_client *c = a->clients; c; c = c->next)
		if (c->waiting)
			return true;
	return false;
}

/* Once the loop found nothing more, all calls and hang-ups have been received; then they are saved. */
static void step(struct agent *a, struct agent_client *c, uint64_t now_ms)
{
	struct err err = {0};
	int saved;

	if (!c->marked && !a->quiet)
		return;
	if (!c->marked) {
		agent_runs_give_up(&a->runs, now_ms);
		c->mark = store_mark(&a->store, now_ms);
		c->marked = true;
	}
	saved = store_is_saved(&a->store, c->mark, &err);
	if (!saved)
		return;
	c->waiting = false;
	c->heard_ms = now_ms;
	if (saved < 0)
		c->gone = !message_refuse(c->fd, err.msg);
	else
		c->gone = !message_ok(c->fd);
}

void agent_requests_step(struct agent *a, uint64_t now_ms)
{
	for (struct agent_client *c = a->clients; c; c = c->next) {
		if (c->waiting)
			step(a, c, now_ms);
		else
			c->gone |= now_ms - c->heard_ms >= AGENT_SILENT_MS;
	}
	drop_gone(a);
}
