#include "shim/cli/setup/cri.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#define PATIENCE_S 5
#define ANSWER_MAX (4u << 20) /* bytes; containerd's whole configuration is about 10 KiB */

/* Frames of RFC 9113, 6. */
enum { FRAME_DATA, FRAME_HEADERS, FRAME_RST_STREAM = 3, FRAME_SETTINGS, FRAME_PING = 6, FRAME_GOAWAY, FRAME_WINDOW_UPDATE };
#define FLAG_END_STREAM  0x1u
#define FLAG_ACK         0x1u
#define FLAG_END_HEADERS 0x4u
#define FLAG_PADDED      0x8u

#define SETTING_INITIAL_WINDOW 4u

struct frame {
	unsigned type, flags;
	unsigned char payload[1 << 14]; /* the largest that a peer may send by default */
	size_t len;
};

static void add_u32(struct buf *b, uint32_t v)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		buf_addc(b, (char)(v >> shift));
}

static void add_frame(struct buf *out, unsigned type, unsigned flags, uint32_t stream, const void *payload, size_t len)
{
	add_u32(out, (uint32_t)(len << 8 | type));
	buf_addc(out, (char)flags);
	add_u32(out, stream);
	buf_add(out, payload, len);
}

/* RFC 7541, 6.2.2: a literal field without indexing, both lengths below 127, no Huffman code. */
static void add_field(struct buf *out, const char *name, const char *value)
{
	buf_addc(out, 0);
	buf_addc(out, (char)strlen(name));
	buf_adds(out, name);
	buf_addc(out, (char)strlen(value));
	buf_adds(out, value);
}

/* Makes both flow-control windows so large that no answer needs an update. */
static void add_opening(struct buf *out)
{
	cleanup_buf struct buf settings = {0}, window = {0};

	buf_adds(out, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
	buf_add(&settings, "\0", 1);
	buf_addc(&settings, SETTING_INITIAL_WINDOW);
	add_u32(&settings, ANSWER_MAX);
	add_u32(&window, ANSWER_MAX);
	add_frame(out, FRAME_SETTINGS, 0, 0, settings.data, settings.len);
	add_frame(out, FRAME_WINDOW_UPDATE, 0, 0, window.data, window.len);
}

static void add_call(struct buf *out, const char *method, const char *message, size_t len)
{
	cleanup_buf struct buf path = {0}, fields = {0}, body = {0};

	buf_addf(&path, "/runtime.v1.RuntimeService/%s", method);
	add_field(&fields, ":method", "POST");
	add_field(&fields, ":scheme", "http");
	add_field(&fields, ":path", path.data ? path.data : "");
	add_field(&fields, ":authority", "localhost");
	add_field(&fields, "content-type", "application/grpc");
	add_field(&fields, "te", "trailers");
	buf_addc(&body, 0); /* not compressed */
	add_u32(&body, (uint32_t)len);
	buf_add(&body, message, len);
	add_frame(out, FRAME_HEADERS, FLAG_END_HEADERS, 1, fields.data, fields.len);
	add_frame(out, FRAME_DATA, FLAG_END_STREAM, 1, body.data, body.len);
}

static int read_full(int fd, void *p, size_t len, struct err *err)
{
	char *s = p;

	while (len) {
		ssize_t n = recv(fd, s, len, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return err_set(err, ETIMEDOUT, "no answer within %d s", PATIENCE_S);
		if (n <= 0)
			return n < 0 ? err_sys(err, errno, "cannot read its answer") : err_set(err, EPROTO, "it closed the connection");
		s += n;
		len -= (size_t)n;
	}
	return 0;
}

static int read_frame(int fd, struct frame *ret, struct err *err)
{
	unsigned char head[9];
	int r = read_full(fd, head, sizeof(head), err);

	if (r < 0)
		return r;
	ret->len = (size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2];
	ret->type = head[3];
	ret->flags = head[4];
	if (ret->len > sizeof(ret->payload))
		return err_set(err, EPROTO, "it does not speak gRPC");
	return read_full(fd, ret->payload, ret->len, err);
}

static int send_all(int fd, const struct buf *b, struct err *err)
{
	if (buf_failed(b))
		return err_set(err, ENOMEM, "out of memory");
	for (size_t sent = 0; sent < b->len;) {
		ssize_t n = send(fd, b->data + sent, b->len - sent, MSG_NOSIGNAL);

		if (n < 0 && errno != EINTR)
			return err_sys(err, errno, "cannot send the request");
		sent += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

static int add_data(const struct frame *f, struct buf *answer, struct err *err)
{
	size_t pad = f->flags & FLAG_PADDED && f->len ? (size_t)f->payload[0] + 1 : 0;

	if (pad > f->len || answer->len + f->len > ANSWER_MAX)
		return err_set(err, EPROTO, "its answer is too long");
	buf_add(answer, f->payload + (pad ? 1 : 0), f->len - pad);
	return 0;
}

/* Acknowledges the frames that require it. */
static int acknowledge(int fd, const struct frame *f, struct err *err)
{
	cleanup_buf struct buf out = {0};

	if (f->flags & FLAG_ACK)
		return 0;
	add_frame(&out, f->type, FLAG_ACK, 0, f->payload, f->type == FRAME_PING ? f->len : 0);
	return send_all(fd, &out, err);
}

static int read_answer(int fd, struct buf *answer, struct err *err)
{
	struct frame f;

	for (;;) {
		int r = read_frame(fd, &f, err);

		if (r == 0 && (f.type == FRAME_SETTINGS || f.type == FRAME_PING))
			r = acknowledge(fd, &f, err);
		if (r == 0 && f.type == FRAME_DATA)
			r = add_data(&f, answer, err);
		if (r == 0 && (f.type == FRAME_GOAWAY || f.type == FRAME_RST_STREAM))
			r = err_set(err, EPROTO, "it rejects the request");
		if (r < 0)
			return r;
		if ((f.type == FRAME_DATA || f.type == FRAME_HEADERS) && f.flags & FLAG_END_STREAM)
			return buf_failed(answer) ? err_set(err, ENOMEM, "out of memory") : 0;
	}
}

static int connect_to(const char *path, struct err *err)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	const struct timeval patience = {.tv_sec = PATIENCE_S};
	cleanup_fd int fd = -1;

	if (strlen(path) >= sizeof(to.sun_path))
		return err_set(err, ENAMETOOLONG, "the path is too long for a socket");
	memcpy(to.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		return err_sys(err, errno, "cannot connect");
	return steal_fd(&fd);
}

/* Makes one call; its message follows a header of five bytes. */
static int call(const char *socket, const char *method, const char *question, size_t len, struct buf *answer, struct err *err)
{
	cleanup_buf struct buf out = {0};
	cleanup_fd int fd = connect_to(socket, err);
	const unsigned char *h;
	size_t said;
	int r = fd < 0 ? fd : 0;

	if (r == 0) {
		add_opening(&out);
		add_call(&out, method, question, len);
		r = send_all(fd, &out, err);
	}
	if (r == 0)
		r = read_answer(fd, answer, err);
	if (r < 0)
		return r;
	h = (const unsigned char *)answer->data;
	said = answer->len >= 5 ? (size_t)h[1] << 24 | (size_t)h[2] << 16 | (size_t)h[3] << 8 | h[4] : 0;
	/* A refusal has no message, but a status in its trailers. */
	if (answer->len < 5 || h[0] || said != answer->len - 5)
		return err_set(err, EPROTO, "it does not speak CRI version 1, or is still starting");
	return 0;
}

int cri_ask(const char *socket, struct cri_answer *ret, struct err *err)
{
	static const char verbose[] = {0x08, 0x01};
	cleanup_buf struct buf version = {0}, status = {0};
	struct cri_answer a = {0};
	int r = call(socket, "Version", "", 0, &version, err);

	if (r == 0)
		r = cri_read_version(version.data + 5, version.len - 5, &a, err);
	if (r == 0)
		r = call(socket, "Status", verbose, sizeof(verbose), &status, err);
	if (r == 0)
		r = cri_read_status(status.data + 5, status.len - 5, &a, err);
	if (r == 0 && buf_failed(&a.engine))
		r = err_set(err, ENOMEM, "out of memory");
	if (r < 0) {
		cri_answer_done(&a);
		return err_wrap(err, "%s", socket);
	}
	*ret = a;
	return 0;
}
