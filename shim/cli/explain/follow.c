#include "shim/cli/explain/follow.h"

#include "base/file.h"
#include "base/text.h"
#include "shim/cli/explain/follow_line.h"
#include "shim/recorder/stream/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER  (8u << 20) /* bytes of receive buffer for the audit stream */
#define LOOK_MS 200        /* between two looks at files */
#define BATCHES 64         /* batches to read from the stream before the signals get their turn */

/* A file that is followed by name. */
struct source {
	const char *path;
	int fd; /* -1: it does not exist now */
	dev_t dev;
	ino_t ino;
	off_t at;
	uint64_t *bytes; /* of all sources together */
	bool standard, ended;
	struct log_line_reader *reader;
};

static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void on_message(void *arg, uint16_t type, const char *text, size_t len)
{
	struct log_line line = {.text = text, .len = len};

	if (type == AUDIT_SECCOMP)
		line.kind = record_parse(text, len, &line.record) == 0 ? LOG_LINE_RECORD : LOG_LINE_UNREADABLE;
	else if (type == AUDIT_AVC && (memmem(text, len, "DENIED", 6) || memmem(text, len, "denied", 6)))
		line.kind = LOG_LINE_LSM;
	else
		return;
	follow_line(&line, arg);
}

static void on_datagram(void *arg, const void *data, size_t len)
{
	if (audit_each(data, len, on_message, arg) < 0) {
		struct log_line line = {.kind = LOG_LINE_UNREADABLE, .text = "", .len = 0};

		follow_line(&line, arg);
	}
}

static int read_stream(struct audit_reader *a, struct follow_out *out, struct err *err)
{
	for (int i = 0; i < BATCHES; i++) {
		int n = audit_read(a, on_datagram, out);

		if (n == -ENOBUFS || n == -EMSGSIZE) {
			struct log_line lost = {.kind = LOG_LINE_LOST, .text = "", .loss = LOG_LINE_LOSS_STREAM};

			follow_line(&lost, out);
		} else if (n < 0) {
			return n == -EAGAIN ? 0 : err_sys(err, n, "cannot read the kernel's audit stream");
		}
	}
	return 0;
}

static void close_reader(struct audit_reader **a)
{
	audit_close(*a);
}

static int follow_stream(struct follow_out *out, int signals, struct err *err)
{
	cleanup_with(close_reader) struct audit_reader *a = NULL;
	int r = audit_open(BUFFER, &a, err);

	if (r < 0)
		return r;
	fputs("snug: listening to the kernel; Ctrl-C stops and prints a summary\n", stderr);
	while (r == 0 && !follow_failed(out, err)) {
		struct pollfd p[] = {{.fd = signals, .events = POLLIN}, {.fd = audit_fd(a), .events = POLLIN}};

		if (poll(p, ARRAY_SIZE(p), -1) < 0 && errno != EINTR)
			return err_sys(err, errno, "cannot wait for records");
		/* The stream first: what happened before the signal belongs in the summary. */
		r = read_stream(a, out, err);
		if (p[0].revents)
			break;
	}
	return r;
}

static int source_open(struct source *s, bool at_end, struct err *err)
{
	struct stat st;

	s->fd = open(s->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (s->fd < 0 || fstat(s->fd, &st) < 0)
		return err_sys(err, errno, "%s", s->path);
	if (S_ISDIR(st.st_mode))
		return err_sys(err, EISDIR, "%s", s->path);
	s->dev = st.st_dev;
	s->ino = st.st_ino;
	s->at = at_end && S_ISREG(st.st_mode) ? lseek(s->fd, 0, SEEK_END) : 0;
	return 0;
}

static void source_close(struct source *s)
{
	log_line_end(s->reader);
	if (s->fd >= 0 && !s->standard)
		close(steal_fd(&s->fd));
	s->fd = -1;
}

/* Reads what has been written since the last look. */
static int source_read(struct source *s, struct err *err)
{
	char part[65536];
	ssize_t n = -1;

	while (s->fd >= 0 && (n = read(s->fd, part, sizeof(part))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0)
			return err_sys(err, errno, "%s", s->standard ? "standard input" : s->path);
		s->at += n;
		*s->bytes += (uint64_t)n;
		log_line_feed(s->reader, part, (size_t)n);
		/* A pipe may have ended, so poll again; the lines read so far come first. */
		if (s->standard)
			break;
	}
	log_line_step(s->reader);
	s->ended = s->standard && n == 0;
	return 0;
}

/* True if the name now belongs to another file, or the file was truncated: the log was rotated. */
static bool source_moved(const struct source *s)
{
	struct stat st;

	if (s->standard || s->fd < 0)
		return false;
	if (fstat(s->fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size < s->at)
		return true;
	/* If the name is missing for a moment, the old file may still be written to. */
	return stat(s->path, &st) == 0 && (st.st_dev != s->dev || st.st_ino != s->ino);
}

static int source_look(struct source *s, struct err *err)
{
	int r = source_read(s, err);

	if (r < 0 || !source_moved(s))
		return r;
	/* Reads again: something may have been written between the read and the rename. */
	r = source_read(s, err);
	source_close(s);
	if (r == 0 && source_open(s, false, NULL) < 0)
		s->fd = -1;
	return r == 0 ? source_read(s, err) : r;
}

static int open_sources(struct source *s, const struct follow_plan *plan, struct follow_out *out, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < plan->path_count; i++) {
		s[i] = (struct source){.path = plan->paths[i], .fd = -1, .standard = text_streq(plan->paths[i], "-"),
				      .bytes = &plan->x->bytes};
		r = log_line_new(follow_line, out, &s[i].reader, err);
		if (r == 0 && s[i].standard)
			s[i].fd = STDIN_FILENO;
		else if (r == 0)
			r = source_open(&s[i], true, err);
	}
	return r;
}

static int look_at_all(struct source *s, size_t count, bool input, bool *ret_ended, struct err *err)
{
	int r = 0;

	*ret_ended = true;
	for (size_t i = 0; r == 0 && i < count; i++) {
		/* Reading from a pipe without data would block. */
		if (!s[i].ended && (input || !s[i].standard))
			r = source_look(&s[i], err);
		if (s[i].fd < 0 && !s[i].standard)
			(void)source_open(&s[i], false, NULL);
		*ret_ended &= s[i].ended;
	}
	return r;
}

static bool any_left(const struct source *s, size_t count, bool standard)
{
	for (size_t i = 0; i < count; i++)
		if (s[i].standard == standard && !s[i].ended)
			return true;
	return false;
}

static int follow_sources(struct source *s, size_t count, struct follow_out *out, int signals, struct err *err)
{
	bool ended = false;
	int r = 0;

	fputs("snug: following; Ctrl-C stops and prints a summary\n", stderr);
	while (r == 0 && !ended && !follow_failed(out, err)) {
		struct pollfd p[] = {{.fd = signals, .events = POLLIN}, {.fd = any_left(s, count, true) ? STDIN_FILENO : -1, .events = POLLIN}};

		if (poll(p, ARRAY_SIZE(p), any_left(s, count, false) ? LOOK_MS : -1) < 0 && errno != EINTR)
			return err_sys(err, errno, "cannot wait for the log");
		r = look_at_all(s, count, p[1].revents, &ended, err);
		if (p[0].revents)
			break;
	}
	return r;
}

static int follow_files(const struct follow_plan *plan, struct follow_out *out, int signals, struct err *err)
{
	cleanup_free struct source *s = calloc(plan->path_count, sizeof(*s));
	int r = s ? open_sources(s, plan, out, err) : err_set(err, ENOMEM, "out of memory");

	if (r == 0)
		r = follow_sources(s, plan->path_count, out, signals, err);
	for (size_t i = 0; s && i < plan->path_count; i++)
		if (s[i].reader) {
			source_close(&s[i]);
			log_line_free(s[i].reader);
		}
	return r;
}

int follow(const struct follow_plan *plan, struct err *err)
{
	struct follow_out out = {.plan = plan};
	cleanup_fd int signals = open_signals();
	int r;

	if (signals < 0)
		return err_sys(err, errno, "cannot make a signalfd");
	r = plan->path_count ? follow_files(plan, &out, signals, err) : follow_stream(&out, signals, err);
	return r == 0 && follow_failed(&out, err) ? err->code : r;
}
