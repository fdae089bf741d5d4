#include "shim/recorder/server.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "shim/common/client.h"
#include "shim/common/session.h"
#include "shim/recorder/ends.h"
#include "shim/recorder/offers.h"
#include "shim/recorder/proc.h"
#include "shim/recorder/recorder.h"
#include "shim/recorder/registration.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

struct client {
	struct client *next;
	int fd;
	pid_t pid;
	uint64_t pid_start; /* clock ticks since boot: that number may come to mean another process */
	uint64_t heard_ms;
	enum { IDLE, WAIT_REGISTER, WAIT_HEALTH, WAIT_SYNC, WAIT_OFFER } waiting;
	uint64_t checkpoint;       /* that it waits for */
	bool marked;               /* that has passed, and this is what it waits for in the store: */
	uint64_t mark;
	struct json_doc *request;  /* of a waiting registration, and its text; owned */
	char *text;
	bool gone;
};

static int make_socket(const char *path, struct err *err)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	cleanup_fd int fd = -1;

	if (strlen(path) >= sizeof(addr.sun_path))
		return err_set(err, ENAMETOOLONG, "%s: too long for a socket's name", path);
	memcpy(addr.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_sys(err, errno, "cannot make a socket");
	if (unlink(path) < 0 && errno != ENOENT)
		return err_sys(err, errno, "%s: cannot remove", path);
	/* The umask is 077: nobody but root connects. */
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 || listen(fd, SOMAXCONN) < 0)
		return err_sys(err, errno, "%s: cannot listen", path);
	return steal_fd(&fd);
}

static int socket_path(const char *run_dir, char **ret)
{
	return asprintf(ret, "%s/snugd.sock", run_dir) < 0 ? -ENOMEM : 0;
}

/* Another kind of socket would be a unit file gone wrong: requests are told apart by SOCK_SEQPACKET. */
static int check_inherited(int fd, struct err *err)
{
	int type = 0, listens = 0;
	socklen_t len = sizeof(int);

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0 || type != SOCK_SEQPACKET ||
	    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) < 0 || !listens)
		return err_set(err, EINVAL, "the socket that was handed over is not a listening one of type SOCK_SEQPACKET (ListenSequentialPacket=)");
	return fcntl(fd, F_SETFL, O_NONBLOCK) < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ? err_sys(err, errno, "fcntl") : 0;
}

int server_open(struct server *s, const char *run_dir, int inherited, struct err *err)
{
	cleanup_free char *path = NULL;

	s->text = malloc(CLIENT_MESSAGE_MAX + 1);
	if (!s->text || socket_path(run_dir, &path) < 0)
		return err_set(err, ENOMEM, "out of memory");
	if (inherited >= 0) {
		s->fd = inherited;
		s->inherited = true;
		return check_inherited(inherited, err);
	}
	s->fd = make_socket(path, err);
	return s->fd < 0 ? s->fd : 0;
}

static void free_client(struct client *c)
{
	close(c->fd);
	json_free(c->request);
	free(c->text);
	free(c);
}

void server_close(struct server *s, const char *run_dir)
{
	cleanup_free char *path = NULL;

	if (s->fd >= 0) {
		if (!s->inherited && socket_path(run_dir, &path) == 0)
			unlink(path);
		close(steal_fd(&s->fd));
	}
	while (s->clients) {
		struct client *c = s->clients;

		s->clients = c->next;
		free_client(c);
	}
	for (unsigned i = 0; i < SERVER_VERSIONS; i++) {
		free(s->versions[i].runtime_id);
		free(s->versions[i].version);
	}
	free(s->text);
}

static void drop_gone(struct server *s)
{
	struct client **link = &s->clients;

	while (*link) {
		struct client *c = *link;

		if (c->gone) {
			*link = c->next;
			free_client(c);
			s->count--;
		} else {
			link = &c->next;
		}
	}
}

/* The one that has been silent for longest makes room: a crowd that only connects must not keep a wrapper out. One that is owed an answer stays. */
static void make_room(struct server *s)
{
	struct client *oldest = NULL;

	for (struct client *c = s->clients; c; c = c->next)
		if (c->waiting == IDLE && (!oldest || c->heard_ms <= oldest->heard_ms))
			oldest = c;
	if (!oldest)
		return;
	oldest->gone = true;
	drop_gone(s);
}

void server_accept(struct recorder *r)
{
	struct server *s = &r->server;
	cleanup_fd int fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct proc_stat st = {0};
	struct ucred cred;
	socklen_t len = sizeof(cred);
	struct client *c;

	if (s->count >= SERVER_CLIENTS_MAX || (fd < 0 && (errno == EMFILE || errno == ENFILE)))
		make_room(s);
	if (fd < 0 || s->count >= SERVER_CLIENTS_MAX)
		return;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0 || (cred.uid != 0 && cred.uid != geteuid()))
		return;
	c = calloc(1, sizeof(*c));
	if (!c || recorder_watch(r, fd) < 0) {
		free(c);
		return;
	}
	c->fd = steal_fd(&fd);
	c->pid = cred.pid;
	if (proc_read_stat(c->pid, &st) == 0)
		c->pid_start = st.start;
	c->heard_ms = recorder_now();
	c->next = s->clients;
	s->clients = c;
	s->count++;
}

static void answer(struct client *c, const struct buf *text)
{
	if (buf_failed(text) || send(c->fd, text->data, text->len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		c->gone = true;
}

static void answer_ok(struct client *c)
{
	cleanup_buf struct buf b = {0};

	buf_adds(&b, "{\"ok\":true}");
	answer(c, &b);
}

static void answer_error(struct client *c, const char *sentence)
{
	cleanup_buf struct buf b = {0};
	struct json_writer w;

	json_write_begin(&w, &b, false);
	json_write_object(&w, NULL);
	json_write_bool(&w, "ok", false);
	json_write_string(&w, "error", sentence);
	json_write_end_object(&w);
	answer(c, &b);
}

const char *server_version(const struct server *s, const char *runtime_id)
{
	for (unsigned i = 0; i < SERVER_VERSIONS; i++)
		if (text_streq(s->versions[i].runtime_id, runtime_id))
			return s->versions[i].version;
	return NULL;
}

/* One flag besides ok. */
static void answer_flag(struct client *c, const char *name, bool value)
{
	cleanup_buf struct buf b = {0};
	struct json_writer w;

	json_write_begin(&w, &b, false);
	json_write_object(&w, NULL);
	json_write_bool(&w, "ok", true);
	json_write_bool(&w, name, value);
	json_write_end_object(&w);
	answer(c, &b);
}

static void answer_registration(struct recorder *r, struct client *c, const struct json_doc *doc, const char *text)
{
	bool recorded = false;
	struct err err = {0};
	int rc = registration_check_health(r, &err);

	if (rc == 0)
		rc = registration_book(r, c->pid, c->pid_start, doc, text, &recorded, &err);
	if (rc < 0)
		answer_error(c, err.msg);
	else
		answer_flag(c, "recorded", recorded);
}

/* A barrier that came back a moment ago will do; after a quiet time a new one is passed first. */
static bool is_proved(const struct recorder *r, uint64_t now_ms)
{
	return r->loss.passed && now_ms - r->loss.passed_ms < 2 * RECORDER_TICK_MS;
}

static void answer_health(const struct recorder *r, struct client *c)
{
	struct err err = {0};

	if (registration_check_health(r, &err) < 0)
		answer_error(c, err.msg);
	else
		answer_ok(c);
}

static void on_health(struct recorder *r, struct client *c, struct json_doc **doc, uint64_t now_ms)
{
	if (is_proved(r, now_ms)) {
		answer_health(r, c);
		return;
	}
	c->waiting = WAIT_HEALTH;
	c->checkpoint = loss_checkpoint(&r->loss, now_ms);
}

/* Nothing is concluded from what an enforced run does not show. */
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
		answer_error(c, "out of memory");
		return;
	}
	c->waiting = WAIT_REGISTER;
	c->checkpoint = loss_checkpoint(&r->loss, now_ms);
	c->request = steal_ptr(doc);
}

static void on_version(struct recorder *r, struct client *c, struct json_doc **doc, uint64_t now_ms)
{
	struct server *s = &r->server;
	const char *id = NULL, *version = NULL;
	unsigned slot = s->next_version;
	struct err err = {0};

	if (json_want_string(*doc, json_root(*doc), "runtime_id", &id, &err) < 0) {
		answer_error(c, err.msg);
		return;
	}
	if (!json_get(json_root(*doc), "version")) {
		answer_flag(c, "want_version", !server_version(s, id));
		return;
	}
	if (json_want_string(*doc, json_root(*doc), "version", &version, &err) < 0) {
		answer_error(c, err.msg);
		return;
	}
	answer_ok(c);
	runs_name_version(&r->runs, id, version, now_ms);
	if (server_version(s, id))
		return;
	free(s->versions[slot].runtime_id);
	free(s->versions[slot].version);
	s->versions[slot].runtime_id = strdup(id);
	s->versions[slot].version = strdup(version);
	s->next_version = (slot + 1) % SERVER_VERSIONS;
}

/* For those who read the stream themselves. */
static void on_whose(struct recorder *r, struct client *c, struct json_doc **doc, uint64_t now_ms)
{
	cleanup_buf struct buf b = {0};
	uint64_t session = SESSION_UNSET;
	const struct run_session *s;
	struct json_writer w;
	struct err err = {0};

	if (json_want_u64(*doc, json_root(*doc), "session", &session, &err) < 0) {
		answer_error(c, err.msg);
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
	answer(c, &b);
}

static void on_deleted(struct recorder *r, struct client *c, struct json_doc **doc, uint64_t now_ms)
{
	ends_notice(r);
	c->gone = true;
}

static void on_sync(struct recorder *r, struct client *c, struct json_doc **doc, uint64_t now_ms)
{
	ends_notice(r);
	c->waiting = WAIT_SYNC;
	c->marked = false;
	c->checkpoint = loss_checkpoint(&r->loss, now_ms);
}

static void answer_offer(struct recorder *r, struct client *c, const struct json_doc *doc)
{
	cleanup_buf struct buf b = {0};
	struct err err = {0};

	if (offers_answer(&r->store, doc, &b, &err) < 0)
		answer_error(c, err.msg);
	else
		answer(c, &b);
}

/* Offered is what is on disk: what containers of the key did up to now is read and brought there first. */
static void on_offer(struct recorder *r, struct client *c, struct json_doc **doc, uint64_t now_ms)
{
	if (!offers_is_busy(&r->store, *doc)) {
		answer_offer(r, c, *doc);
		return;
	}
	c->waiting = WAIT_OFFER;
	c->marked = false;
	c->checkpoint = loss_checkpoint(&r->loss, now_ms);
	c->request = steal_ptr(doc);
}

/* True if it was answered. What cannot be saved is not offered. */
static bool step_offer(struct recorder *r, struct client *c, uint64_t now_ms)
{
	if (!c->marked && offers_is_unsaved(&r->store, c->request)) {
		c->mark = store_mark(&r->store, now_ms);
		c->marked = true;
	}
	if (c->marked && !store_is_saved(&r->store, c->mark, NULL))
		return false;
	answer_offer(r, c, c->request);
	return true;
}

static const struct {
	const char *op;
	void (*fn)(struct recorder *r, struct client *c, struct json_doc **doc, uint64_t now_ms);
} operations[] = {
	{"register", on_register}, {"health", on_health}, {"whose", on_whose}, {"version", on_version}, {"deleted", on_deleted},
	{"sync", on_sync}, {"settle", on_sync}, {"offer", on_offer},
};

static void dispatch(struct recorder *r, struct client *c, struct json_doc **doc)
{
	const char *op = NULL;
	struct err err = {0};

	if (json_want_string(*doc, json_root(*doc), "op", &op, &err) < 0) {
		answer_error(c, err.msg);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(operations); i++)
		if (text_streq(op, operations[i].op)) {
			operations[i].fn(r, c, doc, recorder_now());
			return;
		}
	answer_error(c, "no such operation");
}

static void receive(struct recorder *r, struct client *c)
{
	cleanup_json struct json_doc *doc = NULL;
	char *text = r->server.text;
	struct err err = {0};
	struct iovec iov = {.iov_base = text, .iov_len = CLIENT_MESSAGE_MAX};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	ssize_t n = recvmsg(c->fd, &msg, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	/* Its end, a message that is too long, or one more before the last was answered. */
	if (n <= 0 || msg.msg_flags & MSG_TRUNC || c->waiting != IDLE) {
		c->gone = true;
		return;
	}
	c->heard_ms = recorder_now();
	text[n] = '\0';
	if (json_parse(text, (size_t)n, JSON_OURS, "request", &doc, &err) < 0)
		answer_error(c, err.msg);
	else if (json_type(json_root(doc)) != JSON_OBJECT)
		answer_error(c, "request: an object is wanted");
	else
		dispatch(r, c, &doc);
}

bool server_serve(struct recorder *r, int fd)
{
	for (struct client *c = r->server.clients; c; c = c->next)
		if (c->fd == fd) {
			receive(r, c);
			drop_gone(&r->server);
			return true;
		}
	return false;
}

/* True if it was answered. */
static bool step_sync(struct recorder *r, struct client *c, uint64_t now_ms)
{
	struct err err = {0};
	int saved;

	if (!ends_are_settled(r))
		return false;
	if (!c->marked) {
		c->mark = store_mark(&r->store, now_ms);
		c->marked = true;
	}
	saved = store_is_saved(&r->store, c->mark, &err);
	if (saved < 0)
		answer_error(c, err.msg);
	else if (saved)
		answer_ok(c);
	return saved != 0;
}

void server_step(struct recorder *r, uint64_t now_ms)
{
	for (struct client *c = r->server.clients; c; c = c->next) {
		if (c->waiting == IDLE) {
			c->gone |= now_ms - c->heard_ms >= SERVER_HANG_MS;
			continue;
		}
		if (r->loss.passed < c->checkpoint)
			continue;
		if (c->waiting == WAIT_SYNC && !step_sync(r, c, now_ms))
			continue;
		if (c->waiting == WAIT_OFFER && !step_offer(r, c, now_ms))
			continue;
		if (c->waiting == WAIT_HEALTH)
			answer_health(r, c);
		if (c->waiting == WAIT_REGISTER)
			answer_registration(r, c, c->request, c->text);
		json_free(steal_ptr(&c->request));
		free(steal_ptr(&c->text));
		c->waiting = IDLE;
		c->heard_ms = now_ms;
	}
	drop_gone(&r->server);
}

uint64_t server_deadline(const struct server *s)
{
	uint64_t at = UINT64_MAX;

	for (const struct client *c = s->clients; c; c = c->next)
		if (c->waiting == IDLE && c->heard_ms + SERVER_HANG_MS < at)
			at = c->heard_ms + SERVER_HANG_MS;
	return at;
}
