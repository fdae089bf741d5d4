#include "shim/daemon/message.h"

#include "base/cleanup.h"
#include "shim/common/client.h"

#include <errno.h>
#include <sys/socket.h>

int message_receive(int fd, char *text, struct json_doc **ret_doc, const char **ret_op, struct err *err)
{
	cleanup_json struct json_doc *doc = NULL;
	struct iovec iov = {.iov_base = text, .iov_len = CLIENT_MESSAGE_MAX};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	ssize_t n = recvmsg(fd, &msg, MSG_DONTWAIT);
	int r;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return -EAGAIN;
	if (n <= 0 || msg.msg_flags & MSG_TRUNC)
		return -ECONNRESET;
	text[n] = '\0';
	r = json_parse(text, (size_t)n, JSON_OURS, "request", &doc, err);
	if (r == 0 && json_type(json_root(doc)) != JSON_OBJECT)
		r = err_set(err, EINVAL, "request: expected an object");
	if (r == 0)
		r = json_want_string(doc, json_root(doc), "op", ret_op, err);
	if (r == 0)
		*ret_doc = steal_ptr(&doc);
	return r;
}

bool message_answer(int fd, const struct buf *text)
{
	return !buf_failed(text) && send(fd, text->data, text->len, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

bool message_ok(int fd)
{
	cleanup_buf struct buf b = {0};

	buf_adds(&b, "{\"ok\":true}");
	return message_answer(fd, &b);
}

bool message_flag(int fd, const char *name, bool value)
{
	cleanup_buf struct buf b = {0};
	struct json_writer w;

	json_write_begin(&w, &b, false);
	json_write_object(&w, NULL);
	json_write_bool(&w, "ok", true);
	json_write_bool(&w, name, value);
	json_write_end_object(&w);
	return message_answer(fd, &b);
}

bool message_refuse(int fd, const char *sentence)
{
	cleanup_buf struct buf b = {0};
	struct json_writer w;

	json_write_begin(&w, &b, false);
	json_write_object(&w, NULL);
	json_write_bool(&w, "ok", false);
	json_write_string(&w, "error", sentence);
	json_write_end_object(&w);
	return message_answer(fd, &b);
}
