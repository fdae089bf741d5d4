#include "shim/recorder/server/server.h"

#include "base/clock.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/json/json.h"
#include "base/text.h"
#include "shim/common/client.h"
#include "shim/common/session.h"
#include "shim/recorder/attribution/proc.h"
#include "shim/recorder/server/recorder.h"
#include "shim/recorder/server/requests.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int make_socket(const char *path, struct err *err)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	cleanup_fd int fd = -1;

	if (strlen(path) >= sizeof(addr.sun_path))
		return err_set(err, ENAMETOOLONG, "%s: too long for a socket path", path);
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
	s->fd = make_socket(path, err);
	if (s->fd < 0)
		return s->fd;
	if (lstat(path, &st) < 0)
		return err_sys(err, errno, "%s", path);
	s->dev = st.st_dev;
	s->ino = st.st_ino;
	return 0;
}

static void free_client(struct client *c)
{
	close(c->fd);
	json_free(c->request);
	free(c->text);
	free(c);
}

/* Another recorder's, where the directory was removed meanwhile and made anew. */
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
	c->heard_ms = clock_monotonic_ms();
	c->next = s->clients;
	s->clients = c;
	s->count++;
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
	c->heard_ms = clock_monotonic_ms();
	text[n] = '\0';
	if (json_parse(text, (size_t)n, JSON_OURS, "request", &doc, &err) < 0)
		requests_refuse(c, err.msg);
	else if (json_type(json_root(doc)) != JSON_OBJECT)
		requests_refuse(c, "request: expected an object");
	else
		requests_take(r, c, &doc);
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
