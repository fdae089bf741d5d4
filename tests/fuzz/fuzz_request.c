/* Feeds any bytes to the recorder's server as one message of a client's, over a real socket: each that is answered gets one JSON
 * object with "ok", and none books a run, since its sender is in no audit session that it could name. */
#include "base/clock.h"
#include "base/json/json.h"
#include "shim/common/client.h"
#include "shim/recorder/server/recorder.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct recorder recorder;
static struct sockaddr_un address = {.sun_family = AF_UNIX};

static void open_once(void)
{
	static char dir[] = "/tmp/snug-fuzz.XXXXXX";
	if (recorder.epoll_fd > 0)
		return;
	umask(077);
	if (!mkdtemp(dir) || server_open(&recorder.server, dir, -1, NULL) < 0)
		abort();
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/snugd.sock", dir);
	recorder.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	/* A checkpoint that has passed and one that never does: nothing is asked of the kernel. */
	recorder.loss = (struct loss){.passed = 1, .running = 2, .wanted = 2};
}

static void check_answer(int fd)
{
	static char text[CLIENT_MESSAGE_MAX];
	cleanup_json struct json_doc *doc = NULL;
	ssize_t n = recv(fd, text, sizeof(text), MSG_DONTWAIT);
	if (n <= 0)
		return;
	if (json_parse(text, (size_t)n, JSON_OURS, "answer", &doc, NULL) != 0 || !json_get(json_root(doc), "ok") ||
	    json_type(json_get(json_root(doc), "recorded")) == JSON_TRUE)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_fd int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), last = -1;
	open_once();
	recorder.loss.passed_ms = clock_monotonic_ms();
	if (!size || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return 0;
	server_accept(&recorder);
	last = dup(fd); /* the number below is the server's end, whatever it is */
	if (send(fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return 0;
	for (int client = 3; client < last; client++)
		if (client != fd && server_serve(&recorder, client))
			break;
	check_answer(fd);
	if (recorder.runs.list)
		abort();
	close(steal_fd(&fd));
	close(steal_fd(&last));
	for (int client = 3; client < 32; client++)
		if (server_serve(&recorder, client))
			break;
	return 0;
}
