#include "shim/agent/handover.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/json/json.h"
#include "base/text.h"
#include "shim/daemon/log.h"
#include "shim/daemon/unix_socket.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define LISTENER_NAME "seccompFd" /* from runtime-spec */

int handover_open(struct handover *in, const char *run_dir, struct err *err)
{
	if (asprintf(&in->path, "%s/listener.sock", run_dir) < 0) {
		in->path = NULL;
		return err_set(err, ENOMEM, "out of memory");
	}
	/* The umask is 077: only this user can connect. */
	in->fd = unix_socket_listen(in->path, SOCK_STREAM, err);
	return in->fd < 0 ? in->fd : 0;
}

static void free_connection(struct handover_connection *c)
{
	for (size_t i = 0; i < c->fd_count; i++)
		if (c->fds[i] >= 0)
			close(c->fds[i]);
	close(c->fd);
	buf_done(&c->text);
	free(c);
}

void handover_close(struct handover *in)
{
	while (in->pending) {
		struct handover_connection *c = in->pending;

		in->pending = c->next;
		free_connection(c);
	}
	if (in->fd >= 0) {
		close(steal_fd(&in->fd));
		unlink(in->path);
	}
	free(steal_ptr(&in->path));
}

int handover_accept(struct handover *in, int *ret_fd, struct err *err)
{
	cleanup_fd int fd = unix_socket_accept(in->fd, NULL);
	struct handover_connection *c;

	*ret_fd = -1;
	if (fd == -EAGAIN || fd == -EINTR || fd == -ECONNABORTED || fd == -EPERM)
		return 0;
	if (fd < 0)
		return err_sys(err, fd, "cannot accept a runtime's connection");
	c = in->count < HANDOVER_PENDING_MAX ? calloc(1, sizeof(*c)) : NULL;
	if (!c)
		return err_set(err, ENOMEM, "cannot accept a runtime's connection: too many at once, or out of memory");
	*ret_fd = c->fd = steal_fd(&fd);
	c->next = in->pending;
	in->pending = c;
	in->count++;
	return 0;
}

static size_t index_of_listener(const struct json *names)
{
	size_t i = 0;

	for (const struct json *e = json_first(names); e; e = json_next(e), i++)
		if (json_type(e) == JSON_STRING && text_streq(json_text(e), LISTENER_NAME))
			return i;
	return SIZE_MAX;
}

static pid_t pid_of(const struct json *v)
{
	uint64_t pid = 0;

	return json_type(v) == JSON_NUMBER && json_u64(v, &pid) == 0 && pid <= INT_MAX ? (pid_t)pid : 0;
}

int handover_parse(const char *text, size_t len, struct json_doc **ret_doc, size_t *ret_index,
		   struct handover_state *ret, struct err *err)
{
	const struct json *root, *v;
	const char *status;
	int r = json_parse(text, len, JSON_FOREIGN, "the runtime's message", ret_doc, err);

	if (r < 0)
		return r;
	root = json_root(*ret_doc);
	if (json_type(root) != JSON_OBJECT)
		return err_set(err, EINVAL, "the runtime's message: an object is wanted");
	v = json_get(root, "metadata");
	ret->metadata = json_type(v) == JSON_STRING && strlen(json_text(v)) == json_text_len(v) ? json_text(v) : NULL;
	ret->pid = pid_of(json_get(root, "pid"));
	v = json_get(root, "state");
	ret->init = json_type(v) == JSON_OBJECT ? pid_of(json_get(v, "pid")) : 0;
	status = json_type(v) == JSON_OBJECT ? json_text(json_get(v, "status")) : NULL;
	ret->joins = status && !text_streq(status, "creating") && !(ret->pid && ret->pid == ret->init);
	*ret_index = index_of_listener(json_get(root, "fds"));
	return 0;
}

static void take_fds(struct handover_connection *c, struct msghdr *msg)
{
	c->cut |= msg->msg_flags & MSG_CTRUNC;
	for (struct cmsghdr *m = CMSG_FIRSTHDR(msg); m; m = CMSG_NXTHDR(msg, m)) {
		const unsigned char *data = CMSG_DATA(m);
		size_t count = m->cmsg_level == SOL_SOCKET && m->cmsg_type == SCM_RIGHTS
				       ? (m->cmsg_len - CMSG_LEN(0)) / sizeof(int)
				       : 0;

		for (size_t i = 0; i < count; i++) {
			int fd;

			memcpy(&fd, data + i * sizeof(int), sizeof(fd));
			if (c->fd_count < HANDOVER_FDS_MAX)
				c->fds[c->fd_count++] = fd;
			else
				close(fd);
		}
	}
}

/* Returns 1 if more may come, 0 at the end. */
static int receive(struct handover_connection *c)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(HANDOVER_FDS_MAX * sizeof(int))];
	} control;
	char part[4096];
	struct iovec iov = {.iov_base = part, .iov_len = sizeof(part)};

	for (;;) {
		struct msghdr msg = {.msg_iov = &iov,
				     .msg_iovlen = 1,
				     .msg_control = control.bytes,
				     .msg_controllen = sizeof(control.bytes)};
		ssize_t n = recvmsg(c->fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		take_fds(c, &msg);
		if (n == 0)
			return 0;
		buf_add(&c->text, part, (size_t)n);
		if (buf_failed(&c->text) || c->text.len > HANDOVER_STATE_MAX)
			return 0;
	}
}

/* Any other descriptor would be taken for a filter without a task. */
static bool is_listener(int fd)
{
	cleanup_free char *target = NULL;
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return file_read_link(path, &target) == 0 && text_streq(target, "anon_inode:seccomp notify");
}

/* Reports the state. False if it is incomplete and more may come. A runtime may keep its end open, so this does not wait for
 * the end. */
static bool tell(struct handover_connection *c, bool over, handover_fn *fn, void *arg)
{
	cleanup_json struct json_doc *doc = NULL;
	struct handover_state s = {.listener = -1, .cut = c->cut};
	struct err err = {0};
	size_t index = SIZE_MAX;
	int r = c->text.len ? handover_parse(c->text.data, c->text.len, &doc, &index, &s, &err)
			    : err_set(&err, EINVAL, "a runtime said nothing");

	if (r < 0 && !over)
		return false;
	if (r < 0)
		log_say("%s", err.msg);
	if (r == 0 && index < c->fd_count && is_listener(c->fds[index]))
		s.listener = steal_fd(&c->fds[index]);
	fn(arg, &s);
	return true;
}

bool handover_read(struct handover *in, int fd, handover_fn *fn, void *arg)
{
	struct handover_connection **link = &in->pending, *c;
	int more;

	while (*link && (*link)->fd != fd)
		link = &(*link)->next;
	c = *link;
	if (!c)
		return false;
	more = receive(c);
	if (!tell(c, more == 0, fn, arg))
		return true;
	*link = c->next;
	in->count--;
	free_connection(c);
	return true;
}
