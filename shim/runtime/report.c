#include "shim/runtime/report.h"

#include "base/file.h"
#include "base/json/json.h"
#include "base/text.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

static void compose(struct buf *line, const struct oci_call *call, const struct err *err)
{
	cleanup_buf struct buf time = {0};
	char msg[ERR_MSG_MAX + 8];
	struct json_writer w;

	snprintf(msg, sizeof(msg), "snug: %s", err->msg);
	text_add_time(&time, text_now_ms());
	if (buf_failed(&time))
		return;
	if (!text_streq(call->log_format, "json")) {
		buf_addf(line, "time=\"%s\" level=error msg=", time.data);
		json_write_begin(&w, line, false);
		json_write_string(&w, NULL, msg);
		buf_addc(line, '\n');
		return;
	}
	json_write_begin(&w, line, false);
	json_write_object(&w, NULL);
	json_write_string(&w, "level", "error");
	json_write_string(&w, "msg", msg);
	json_write_string(&w, "time", time.data);
	json_write_end_object(&w);
	buf_addc(line, '\n');
}

/* crun accepts a kind before the name; this writes to files only. */
static int open_log(const char *log)
{
	if (text_starts(log, "journald:") || text_starts(log, "syslog:"))
		return -1;
	if (text_starts(log, "file:"))
		log += strlen("file:");
	return open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0644);
}

int report_error(const struct oci_call *call, const struct err *err)
{
	cleanup_buf struct buf line = {0};
	cleanup_fd int fd = -1;

	if (call->log) {
		compose(&line, call, err);
		fd = open_log(call->log);
	}
	/* With --log, callers read nothing else. There may be no memory left to compose it. */
	if (fd < 0 || !line.data || buf_failed(&line) || file_write_full(fd, line.data, line.len) < 0) {
		fprintf(stderr, "snug: %s\n", err->msg);
		fflush(stderr);
	}
	return call->command == OCI_EXEC ? 255 : 1;
}

/* syslog(3) blocks if nothing reads the log; a start must not. */
static void say(int priority, const char *text)
{
	struct sockaddr_un log = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};
	cleanup_fd int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	cleanup_buf struct buf line = {0};

	/* Without a time, which would be the local one: the log has its own, and a start must not depend on the
	 * machine's zone. */
	buf_addf(&line, "<%d>snug[%d]: %s", LOG_DAEMON | priority, (int)getpid(), text);
	if (fd >= 0 && !buf_failed(&line))
		(void)!sendto(fd, line.data, line.len, MSG_NOSIGNAL | MSG_DONTWAIT, (struct sockaddr *)&log, sizeof(log));
}

void report_original(const char *id, const struct err *err)
{
	cleanup_buf struct buf text = {0};

	buf_addf(&text, "starting container %s without snug, as its caller asked: %s", id, err->msg);
	say(LOG_WARNING, text.data ? text.data : "");
}

void report_defaults(const struct err *err)
{
	cleanup_buf struct buf text = {0};

	buf_addf(&text, "using the default settings for an existing container: %s", err->msg);
	say(LOG_WARNING, text.data ? text.data : "");
}

void report_unrecorded(const char *id, const struct err *err)
{
	cleanup_buf struct buf text = {0};

	buf_addf(&text, "container %s is enforced, but its denials are not recorded: %s", id, err->msg);
	say(LOG_NOTICE, text.data ? text.data : "");
}

void report_unnoted(const char *id, const struct err *err)
{
	cleanup_buf struct buf text = {0};

	buf_addf(&text, "container %s is enforced, but later runtime calls will not know: %s", id, err->msg);
	say(LOG_NOTICE, text.data ? text.data : "");
}

void report_ignored(const char *id)
{
	cleanup_buf struct buf text = {0};

	buf_addf(&text, "container %s: ignoring the annotation io.snug.profile, which may come from the image (image_annotations in snug-config(5))", id);
	say(LOG_NOTICE, text.data ? text.data : "");
}

static void tell(const struct oci_call *call, int priority, const char *text)
{
	if (call->log)
		say(priority, text);
	else
		fprintf(stderr, "snug: %s\n", text);
}

void report_source(const struct oci_call *call, const char *why)
{
	cleanup_buf struct buf text = {0};

	buf_addf(&text, "container %s is learnt by notify: %s", call->id, why);
	tell(call, LOG_INFO, text.data ? text.data : "");
}

void report_waiting(const struct oci_call *call)
{
	cleanup_buf struct buf text = {0};

	buf_addf(&text, "container %s waits until systemd has started snugd.service", call->id);
	tell(call, LOG_WARNING, text.data ? text.data : "");
}
