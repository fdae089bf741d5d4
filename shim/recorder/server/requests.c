#include "shim/recorder/server/requests.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "shim/common/client.h"
#include "shim/common/session.h"
#include "shim/daemon/message.h"
#include "shim/recorder/attribution/proc.h"
#include "shim/recorder/attribution/unlogged_request.h"
#include "shim/recorder/server/counting.h"
#include "shim/recorder/server/recorder.h"
#include "shim/recorder/server/registration.h"
#include "shim/recorder/server/run_is_over.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void answer_registration(struct recorder *r, struct client *c, const struct json_doc *doc, const char *text)
{
	bool recorded = false, begun = false;
	struct err err = {0};
	int rc = registration_check_health(r, &err);

	if (rc == 0)
		rc = registration_add(r, c->pid, c->pid_start, doc, text, &recorded, &begun, &err);
	if (rc < 0)
		c->gone = !message_refuse(c->fd, err.msg);
	else
		c->gone = !message_flag(c->fd, "recorded", recorded);
	/* The run's own first barrier: that recording works was proved before, and nothing is lost unseen meanwhile. */
	if (begun)
		loss_checkpoint(&r->loss, clock_monotonic_ms());
}

/* A barrier that passed a moment ago is proof enough; after a quiet time, a new one must pass first. */
static bool is_proved(const struct recorder *r, uint64_t now_ms)
{
	return r->loss.passed && now_ms - r->loss.passed_ms < 2 * RECORDER_TICK_MS;
}

/* The checkpoint that will prove recording: the one in flight, or a new one. */
static uint64_t next_proof(struct recorder *r, uint64_t now_ms)
{
	return r->loss.running ? r->loss.running : loss_checkpoint(&r->loss, now_ms);
}

static void answer_health(const struct recorder *r, struct client *c)
{
	struct err err = {0};

	if (registration_check_health(r, &err) < 0)
		c->gone = !message_refuse(c->fd, err.msg);
	else
		c->gone = !message_ok(c->fd);
}

static void on_health(struct recorder *r, struct client *c, struct json_doc **doc, uint64_t now_ms)
{
	if (is_proved(r, now_ms)) {
		answer_health(r, c);
		return;
	}
	c->waiting = WAIT_HEALTH;
	c->checkpoint = next_proof(r, now_ms);
}

/* What an enforced run does not show proves nothing. */
static bool wants_proof(const struct json_doc *doc)
{
	return !text_streq(json_text(json_get(json_root(doc), "mode")), "enforce");
}

static void on_register(struct recorder *r, struct client *c, struct json_doc **doc, uint64_t now_ms)
{
	if (is_proved(r, now_ms) || !wants_proof(*doc)) {
		answer_registration(r, c, *doc, r->server.text);
		return;
	}
	c->text = strdup(r->server.text);
	if (!c->text) {
		c->gone = !message_refuse(c->fd, "out of memory");
		return;
	}
	c->waiting = WAIT_REGISTER;
	c->checkpoint = next_proof(r, now_ms);
	c->request = steal_ptr(doc);
}

static void on_version(struct recorder *r, struct client *c, struct json_doc **doc, uint64_t now_ms)
{
	struct server *s = &r->server;
	const char *id = NULL, *version = NULL;
	unsigned slot = s->next_version;
	struct err err = {0};

	if (json_want_string(*doc, json_root(*doc), "runtime_id", &id, &err) < 0) {
		c->gone = !message_refuse(c->fd, err.msg);
		return;
	}
	if (!json_get(json_root(*doc), "version")) {
		c->gone = !message_flag(c->fd, "want_version", !recorder_runtime_version(s, id));
		return;
	}
	if (json_want_string(*doc, json_root(*doc), "version", &version, &err) < 0) {
		c->gone = !message_refuse(c->fd, err.msg);
		return;
	}
	c->gone = !message_ok(c->fd);
	runs_name_version(&r->runs, id, version, now_ms);
	if (recorder_runtime_version(s, id))
		return;
	free(s->versions[slot].runtime_id);
	free(s->versions[slot].version);
	s->versions[slot].runtime_id = strdup(id);
	s->versions[slot].version = strdup(version);
	s->next_version = (slot + 1) % SERVER_VERSIONS;
}

/* For clients that read the stream themselves. */
static void on_lookup(struct recorder *r, struct client *c, struct json_doc **doc, uint64_t now_ms)
{
	cleanup_buf struct buf b = {0};
	uint64_t session = SESSION_UNSET;
	const struct run_session *s;
	struct json_writer w;
	struct err err = {0};

	if (json_want_u64(*doc, json_root(*doc), "session", &session, &err) < 0) {
		c->gone = !message_refuse(c->fd, err.msg);
		return;
	}
	s = session < SESSION_UNSET ? runs_session(&r->runs, (uint32_t)session) : NULL;
	json_write_begin(&w, &b, false);
	json_write_object(&w, NULL);
	json_write_bool(&w, "ok", true);
	if (s) {
		json_write_string(&w, "key", evidence_key(s->run->key->evidence));
		json_write_string(&w, "container", s->run->container);
	}
	json_write_end_object(&w);
	c->gone = !message_answer(c->fd, &b);
}

/* For monitoring (`snug metrics`). */
static void on_status(struct recorder *r, struct client *c, struct json_doc **doc, uint64_t now_ms)
{
	cleanup_buf struct buf b = {0};
	struct json_writer w;
	struct err err = {0};
	unsigned counted = 0;

	for (const struct run *run = r->runs.list; run; run = run->next)
		counted += run->counting;
	json_write_begin(&w, &b, false);
	json_write_object(&w, NULL);
	json_write_bool(&w, "ok", true);
	json_write_u64(&w, "healthy", registration_check_health(r, &err) == 0);
	json_write_u64(&w, "runs", r->runs.live);
	json_write_u64(&w, "counter", counting_is_possible(r));
	json_write_u64(&w, "counted", counted);
	json_write_end_object(&w);
	c->gone = !message_answer(c->fd, &b);
}

static void on_deleted(struct recorder *r, struct client *c, struct json_doc **doc, uint64_t now_ms)
{
	run_over_notice(r);
	c->gone = true;
}

static void on_sync(struct recorder *r, struct client *c, struct json_doc **doc, uint64_t now_ms)
{
	run_over_notice(r);
	counting_look(r, now_ms);
	c->waiting = WAIT_SYNC;
	c->marked = false;
	c->checkpoint = loss_checkpoint(&r->loss, now_ms);
}

/* While the client prepares its registration, what that needs is made ready. */
static void answer_offer(struct recorder *r, struct client *c, const struct json_doc *doc, uint64_t now_ms)
{
	cleanup_buf struct buf b = {0};
	bool counted = false;
	struct err err = {0};

	if (unlogged_request_answer(&r->store, doc, counting_is_possible(r), &counted, &b, &err) < 0) {
		c->gone = !message_refuse(c->fd, err.msg);
		return;
	}
	c->gone = !message_answer(c->fd, &b);
	if (!is_proved(r, now_ms))
		(void)next_proof(r, now_ms);
	if (counted)
		counting_expect(r, now_ms);
}

/* Only calls that are on disk are offered: first reads and saves what containers of the key have done up to now. */
static void on_offer(struct recorder *r, struct client *c, struct json_doc **doc, uint64_t now_ms)
{
	if (!unlogged_request_is_busy(&r->store, &r->runs, *doc)) {
		answer_offer(r, c, *doc, now_ms);
		return;
	}
	c->waiting = WAIT_OFFER;
	c->marked = false;
	c->checkpoint = loss_checkpoint(&r->loss, now_ms);
	c->request = steal_ptr(doc);
}

/* True if it was answered. Calls that cannot be saved are not offered. */
static bool step_offer(struct recorder *r, struct client *c, uint64_t now_ms)
{
	if (!c->marked && unlogged_request_is_unsaved(&r->store, c->request)) {
		c->mark = store_mark(&r->store, now_ms);
		c->marked = true;
	}
	if (c->marked && !store_is_saved(&r->store, c->mark, NULL))
		return false;
	answer_offer(r, c, c->request, now_ms);
	return true;
}

/* True if it was answered. */
static bool step_sync(struct recorder *r, struct client *c, uint64_t now_ms)
{
	struct err err = {0};
	int saved;

	if (!run_over_is_settled(r))
		return false;
	if (!c->marked) {
		c->mark = store_mark(&r->store, now_ms);
		c->marked = true;
	}
	saved = store_is_saved(&r->store, c->mark, &err);
	if (saved < 0)
		c->gone = !message_refuse(c->fd, err.msg);
	else if (saved)
		c->gone = !message_ok(c->fd);
	return saved != 0;
}

void requests_step(struct recorder *r, struct client *c, uint64_t now_ms)
{
	if (r->loss.passed < c->checkpoint)
		return;
	if (c->waiting == WAIT_SYNC && !step_sync(r, c, now_ms))
		return;
	if (c->waiting == WAIT_OFFER && !step_offer(r, c, now_ms))
		return;
	if (c->waiting == WAIT_HEALTH)
		answer_health(r, c);
	if (c->waiting == WAIT_REGISTER)
		answer_registration(r, c, c->request, c->text);
	json_free(steal_ptr(&c->request));
	free(steal_ptr(&c->text));
	c->waiting = IDLE;
	c->heard_ms = now_ms;
}

static const struct {
	const char *op;
	void (*fn)(struct recorder *r, struct client *c, struct json_doc **doc, uint64_t now_ms);
} operations[] = {
	{"register", on_register}, {"health", on_health},   {"whose", on_lookup},
	{"version", on_version},   {"deleted", on_deleted}, {"sync", on_sync},
	{"settle", on_sync},       {"offer", on_offer},     {"status", on_status},
};

void requests_take(struct recorder *r, struct client *c, const char *op, struct json_doc **doc)
{
	for (size_t i = 0; i < ARRAY_SIZE(operations); i++)
		if (text_streq(op, operations[i].op)) {
			operations[i].fn(r, c, doc, clock_monotonic_ms());
			return;
		}
	c->gone = !message_refuse(c->fd, "no such operation");
}
