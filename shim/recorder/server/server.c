#include "shim/recorder/server/server.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json/json.h"
#include "shim/common/client.h"
#include "shim/daemon/message.h"
#include "shim/daemon/unix_socket.h"
#include "shim/recorder/attribution/proc.h"
#include "shim/recorder/server/recorder.h"
#include "shim/recorder/server/requests.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int socket_path(const char *run_dir, char **ret)
{
	return asprintf(ret, "%s/snugd.sock", run_dir) < 0 ? -ENOMEM : 0;
}

/* Requests rely on SOCK_SEQPACKET to keep them apart; another type means a mistake in the unit file. */
static int check_inherited(int fd, struct err *err)
{
	int type = 0, listens = 0;
	socklen_t len = sizeof(int);

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0 || type != SOCK_SEQPACKET ||
	    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) < 0 || !listens)
		return err_set(err, EINVAL, "the inherited socket is not a listening SOCK_SEQPACKET socket (ListenSequentialPacket=)");
	return fcntl(fd, F_SETFL, O_NONBLOCK) < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ? err_sys(err, errno, "fcntl") : 0;
}

int server_open(struct server *s, const char *run_dir, int inherited, struct err *err)
{
	cleanup_free char *path = NULL;
	struct stat st;

	s->text = malloc(CLIENT_MESSAGE_MAX + 1);
	if (!s->text || socket_path(run_dir, &path) < 0)
		return err_set(err, ENOMEM, "out of memory");
	if (inherited >= 0) {
		s->fd = inherited;
		s->inherited = true;
		return check_inherited(inherited, err);
	}
	/* The umask is 077: only root can connect. */
	s->fd = unix_socket_listen(path, SOCK_SEQPACKET, err);
	if (s->fd < 0)
		return s->fd;
	if (lstat(path, &st) < 0)
		return err_sys(err, errno, "%s", path);
	s->dev = st.st_dev;
	s->ino = st.st_ino;
	return 0;
}

bool server_send_away(int inherited, const char *run_dir)
{
	struct pollfd p = {.fd = inherited, .events = POLLIN};

	while (poll(&p, 1, 0) > 0) {
		cleanup_fd int other = client_connect_started(run_dir);
		int fd;

		if (other < 0)
			return false;
		fd = accept4(inherited, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd < 0)
			return false;
		close(fd);
	}
	return true;
}

static void free_client(struct client *c)
{
	close(c->fd);
	json_free(c->request);
	free(c->text);
	free(c);
}

/* False if the socket is another recorder's: the directory was removed and made anew. */
static bool is_own(const struct server *s, const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && st.st_dev == s->dev && st.st_ino == s->ino;
}

void server_close(struct server *s, const char *run_dir)
{
	cleanup_free char *path = NULL;

	if (s->fd >= 0) {
		if (!s->inherited && socket_path(run_dir, &path) == 0 && is_own(s, path))
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

/* Drops the client that has been silent longest: many idle connections must not keep a wrapper out. A client that waits for an
 * answer stays. */
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
	pid_t pid = 0;
	cleanup_fd int fd = unix_socket_accept(s->fd, &pid);
	struct proc_stat st = {0};
	struct client *c;

	if (s->count >= SERVER_CLIENTS_MAX || fd == -EMFILE || fd == -ENFILE)
		make_room(s);
	if (fd < 0 || s->count >= SERVER_CLIENTS_MAX)
		return;
	c = calloc(1, sizeof(*c));
	if (!c || recorder_watch(r, fd) < 0) {
		free(c);
		return;
	}
	c->fd = steal_fd(&fd);
	c->pid = pid;
	if (proc_read_stat(c->pid, &st) == 0)
		c->pid_start = st.start;
	c->heard_ms = clock_monotonic_ms();
	c->next = s->clients;
	s->clients = c;
	s->count++;
}

static void receive(struct recorder *r, struct client *c)
{
	cleanup_json struct json_doc *doc = NULL;
	const char *op = NULL;
	struct err err = {0};
	int rc = message_receive(c->fd, r->server.text, &doc, &op, &err);

	if (rc == -EAGAIN)
		return;
	/* It disconnected, or sent another request before the answer. */
	if (rc == -ECONNRESET || c->waiting != IDLE) {
		c->gone = true;
		return;
	}
	c->heard_ms = clock_monotonic_ms();
	if (rc < 0)
		c->gone = !message_refuse(c->fd, err.msg);
	else
		requests_take(r, c, op, &doc);
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

void server_step(struct recorder *r, uint64_t now_ms)
{
	for (struct client *c = r->server.clients; c; c = c->next) {
		if (c->waiting == IDLE)
			c->gone |= now_ms - c->heard_ms >= SERVER_HANG_MS;
		else
			requests_step(r, c, now_ms);
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
