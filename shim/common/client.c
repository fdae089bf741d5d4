#include "shim/common/client.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/json/json.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/sockios.h>

#define START_TIMEOUT_MS 10000
#define TRIES            3
#define LOOK_MS          50

static const struct {
	const char *program, *socket;
	const char *service; /* the service manager's socket; NULL: none */
	const char *notes;   /* the directory with a note for each live container, below run_dir */
} servers[] = {
	[CLIENT_SNUGD] = {"snugd", "snugd.sock", CLIENT_SERVICE_SOCKET, "live"},
	[CLIENT_AGENT] = {"snug-agent", CLIENT_AGENT_SOCKET, NULL, "agent"},
};

static bool nobody_listens(int r)
{
	return r == -ENOENT || r == -ECONNREFUSED;
}

static int connect_socket(const char *run_dir, const char *name, int flags, unsigned timeout_ms, struct err *err)
{
	struct timeval patience = {.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	cleanup_fd int fd = -1;
	int n = snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/%s", run_dir, name);

	if (n < 0 || (size_t)n >= sizeof(addr.sun_path))
		return err_set(err, ENAMETOOLONG, "%s: run_dir is too long for a socket path", run_dir);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | flags, 0);
	if (fd < 0)
		return err_sys(err, errno, "cannot make a socket");
	if (timeout_ms && setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0)
		return err_sys(err, errno, "cannot set a socket's timeout");
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return err_sys(err, errno, "%s: cannot reach the recorder", addr.sun_path);
	return steal_fd(&fd);
}

/* timeout_ms: for a recorder that no longer accepts connections; 0 waits forever. A recorder that a wrapper started
 * comes first: it still serves if the service manager's socket was enabled later. */
static int connect_once(enum client_server server, const char *run_dir, int flags, unsigned timeout_ms, struct err *err)
{
	int fd = connect_socket(run_dir, servers[server].socket, flags, timeout_ms, err);

	if (!nobody_listens(fd) || !servers[server].service)
		return fd;
	return connect_socket(run_dir, servers[server].service, flags, timeout_ms, err);
}

int client_connect(enum client_server server, const char *run_dir, struct err *err)
{
	return connect_once(server, run_dir, 0, 0, err);
}

int client_connect_started(const char *run_dir)
{
	return connect_socket(run_dir, servers[CLIENT_SNUGD].socket, SOCK_NONBLOCK, 0, NULL);
}

/* The program is in the same directory as this one. */
static int program_path(enum client_server server, char **ret, struct err *err)
{
	cleanup_free char *self = NULL;
	char *slash;
	int r = file_read_link("/proc/self/exe", &self);

	if (r < 0)
		return err_sys(err, r, "/proc/self/exe: cannot read");
	slash = strrchr(self, '/');
	if (!slash)
		return err_set(err, ENOENT, "%s: not an absolute path", self);
	*slash = '\0';
	if (asprintf(ret, "%s/%s", self, servers[server].program) < 0)
		return err_set(err, ENOMEM, "out of memory");
	return 0;
}

/* Waits until the program closes its standard error: anything that it writes there is the reason why it could not start. */
static int wait_started(enum client_server server, int fd, uint64_t deadline, struct err *err)
{
	char text[ERR_MSG_MAX];
	size_t len = 0;

	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		uint64_t now = clock_monotonic_ms();
		ssize_t n;

		if (now >= deadline || poll(&p, 1, (int)(deadline - now)) == 0)
			return err_set(err, ETIMEDOUT, "the recorder %s did not start in time", servers[server].program);
		n = read(fd, text + len, sizeof(text) - 1 - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 || len + (size_t)n == sizeof(text) - 1)
			break;
		len += (size_t)n;
	}
	text[len] = '\0';
	text[strcspn(text, "\n")] = '\0';
	if (len)
		return err_set(err, EREMOTEIO, "%s", strncmp(text, "snug: ", 6) == 0 ? text + 6 : text);
	return 0;
}

/* The recorder does not get the caller's environment: it outlives the caller, and must not be open to what the caller
 * may set for the runtime (LD_PRELOAD). The caller's descriptors it closes itself (daemon/detach.h). */
static int spawn(const char *path, char *const argv[], char *const environment[], int stderr_fd, pid_t *ret)
{
	posix_spawn_file_actions_t actions;
	int r = posix_spawn_file_actions_init(&actions);

	if (r)
		return -r;
	r = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	if (!r)
		r = posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	if (!r)
		r = posix_spawn_file_actions_adddup2(&actions, stderr_fd, 2);
	if (!r)
		r = posix_spawn(ret, path, &actions, NULL, argv, environment);
	posix_spawn_file_actions_destroy(&actions);
	return -r;
}

/* These tell a rootless caller's agent where the caller's files are. */
static const char *const own_variables[] = {"HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME"};

struct environment {
	char *v[ARRAY_SIZE(own_variables) + 2];
	size_t count;
};

static void environment_done(struct environment *e)
{
	for (size_t i = 0; i < e->count; i++)
		free(e->v[i]);
}

static int make_environment(bool own, struct environment *ret)
{
	ret->v[0] = strdup("PATH=/usr/sbin:/usr/bin:/sbin:/bin");
	if (!ret->v[0])
		return -ENOMEM;
	ret->count = 1;
	for (size_t i = 0; own && i < ARRAY_SIZE(own_variables); i++) {
		const char *value = secure_getenv(own_variables[i]);

		if (!value)
			continue;
		if (asprintf(&ret->v[ret->count], "%s=%s", own_variables[i], value) < 0) {
			ret->v[ret->count] = NULL;
			return -ENOMEM;
		}
		ret->count++;
	}
	return 0;
}

static int start_server(enum client_server server, const struct config *config, uint64_t deadline, struct err *err)
{
	cleanup_with(environment_done) struct environment environment = {0};
	cleanup_free char *path = NULL;
	cleanup_fd int out = -1, in = -1;
	bool name = server == CLIENT_SNUGD || config->named;
	int pipe_fds[2], r;
	pid_t pid;

	if (make_environment(server == CLIENT_AGENT, &environment) < 0)
		return err_set(err, ENOMEM, "out of memory");
	r = program_path(server, &path, err);
	if (r < 0)
		return r;
	char *const argv[] = {path, (char[]){"--background"}, name ? (char[]){"--config"} : NULL, config->path, NULL};

	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return err_sys(err, errno, "cannot make a pipe");
	out = pipe_fds[0];
	in = pipe_fds[1];
	r = spawn(path, argv, environment.v, in, &pid);
	if (r < 0)
		return err_sys(err, r, "%s: cannot start the recorder", path);
	close(steal_fd(&in));
	/* The program goes into the background at once; the process reaped here is short-lived. */
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return wait_started(server, out, deadline, err);
}

int client_connect_or_start_within(enum client_server server, const struct config *config, unsigned timeout_ms, struct err *err)
{
	uint64_t deadline = clock_monotonic_ms() + timeout_ms;
	int fd = connect_once(server, config->run_dir, 0, timeout_ms, err);

	if (fd >= 0 || !nobody_listens(fd))
		return fd;
	do {
		int r = start_server(server, config, deadline, err);

		if (r < 0)
			return r;
		fd = connect_once(server, config->run_dir, 0, timeout_ms, err);
		if (fd >= 0 || !nobody_listens(fd))
			return fd;
		/* Another recorder is just starting or ending, and holds the lock. */
		nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
	} while (clock_monotonic_ms() < deadline);
	return fd;
}

int client_connect_or_start(enum client_server server, const struct config *config, struct err *err)
{
	return client_connect_or_start_within(server, config, START_TIMEOUT_MS, err);
}

static int read_answer(const struct buf *answer, struct err *err)
{
	static const char good[] = "{\"ok\":true";
	cleanup_json struct json_doc *doc = NULL;
	const char *why = NULL;
	int r;

	/* Whoever wants more of an answer than that reads it. */
	if (text_starts(answer->data, good))
		return 0;
	r = json_parse(answer->data, answer->len, JSON_OURS, "the recorder's answer", &doc, err);
	if (r < 0)
		return r;
	if (json_type(json_get(json_root(doc), "ok")) == JSON_TRUE)
		return 0;
	r = json_want_string(doc, json_root(doc), "error", &why, err);
	return r < 0 ? r : err_set(err, EREMOTEIO, "%s", why);
}

/* True if the request still lies in a service manager's socket: whoever is to read it has not been started yet. */
static bool is_being_started(int fd)
{
	struct sockaddr_un addr = {0};
	socklen_t len = sizeof(addr) - 1;
	int unread = 0;
	const char *name;

	if (getpeername(fd, (struct sockaddr *)&addr, &len) < 0 || ioctl(fd, SIOCOUTQ, &unread) < 0 || !unread)
		return false;
	name = strrchr(addr.sun_path, '/');
	return name && strcmp(name + 1, CLIENT_SERVICE_SOCKET) == 0;
}

static int wait_readable(int fd, unsigned timeout_ms, struct err *err)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	uint64_t deadline = clock_monotonic_ms() + timeout_ms;

	for (;;) {
		uint64_t now = clock_monotonic_ms();
		int r = poll(&p, 1, now < deadline ? (int)(deadline - now) : 0);

		if (r > 0)
			return 0;
		if (r < 0 && errno != EINTR)
			return err_sys(err, errno, "cannot wait for the recorder's answer");
		if (r == 0 && is_being_started(fd))
			return err_set(err, EINPROGRESS,
				       "snugd.service has not started yet; see `systemctl status snugd.service`");
		if (r == 0)
			return err_set(err, ETIMEDOUT,
				       "the recorder does not answer (waited %u ms); kill it and try again",
				       timeout_ms);
	}
}

static int receive(int fd, struct buf *ret, struct err *err)
{
	/* Its length first: room that stays empty would cost the wrapper as much as room that it uses. */
	ssize_t n = recv(fd, NULL, 0, MSG_PEEK | MSG_TRUNC);
	char *text = n < 0 ? NULL : buf_room(ret, n < CLIENT_MESSAGE_MAX ? (size_t)n : CLIENT_MESSAGE_MAX);

	if (n >= 0 && !text)
		return err_set(err, ENOMEM, "out of memory");
	n = n < 0 ? n : recv(fd, text, ret->cap - ret->len - 1, 0);
	if (n < 0)
		return err_sys(err, errno, "cannot read the recorder's answer");
	if (n == 0)
		return err_set(err, ECONNRESET, "the recorder exited without an answer");
	buf_took(ret, (size_t)n);
	return 0;
}

static int take_answer(int fd, unsigned timeout_ms, struct buf *ret_answer, struct err *err)
{
	cleanup_buf struct buf answer = {0};
	int r = wait_readable(fd, timeout_ms, err);

	if (r == 0)
		r = receive(fd, &answer, err);
	if (r == 0)
		r = read_answer(&answer, err);
	if (r == 0 && ret_answer) {
		buf_done(ret_answer);
		*ret_answer = answer;
		answer = (struct buf){0};
	}
	return r;
}

int client_request_within(int fd, const struct buf *request, unsigned timeout_ms, struct buf *ret_answer,
			  struct err *err)
{
	if (buf_failed(request))
		return err_set(err, ENOMEM, "out of memory");
	if (request->len > CLIENT_MESSAGE_MAX)
		return err_set(err, EMSGSIZE, "the request to the recorder is larger than %d bytes",
			       CLIENT_MESSAGE_MAX);
	if (send(fd, request->data, request->len, MSG_NOSIGNAL) < 0)
		return err_sys(err, errno, "cannot send to the recorder");
	return take_answer(fd, timeout_ms, ret_answer, err);
}

int client_wait_for_service(int fd, unsigned service_ms, struct buf *ret_answer, struct err *err)
{
	uint64_t deadline = clock_monotonic_ms() + service_ms;
	struct pollfd p = {.fd = fd, .events = POLLIN};

	while (is_being_started(fd)) {
		if (clock_monotonic_ms() >= deadline)
			return take_answer(fd, 0, ret_answer, err);
		/* Readable: an answer, or hung up. Who reads the request does not wake us. */
		if (poll(&p, 1, LOOK_MS) > 0)
			break;
	}
	return take_answer(fd, CLIENT_TIMEOUT_MS, ret_answer, err);
}

int client_request(int fd, const struct buf *request, struct buf *ret_answer, struct err *err)
{
	return client_request_within(fd, request, CLIENT_TIMEOUT_MS, ret_answer, err);
}

int client_ask_over(enum client_server server, const struct config *config, int *fd, const struct buf *request, struct buf *ret_answer,
		    struct err *err)
{
	int r = -ECONNRESET;

	for (int i = 0; i < TRIES && (r == -ECONNRESET || r == -EPIPE); i++) {
		if (*fd < 0)
			*fd = client_connect_or_start(server, config, err);
		if (*fd < 0)
			return *fd;
		r = client_request(*fd, request, ret_answer, err);
		if (r < 0 && r != -EINPROGRESS)
			close(steal_fd(fd));
	}
	return r;
}

int client_ask(enum client_server server, const struct config *config, const struct buf *request, struct buf *ret_answer, struct err *err)
{
	cleanup_fd int fd = -1;

	return client_ask_over(server, config, &fd, request, ret_answer, err);
}

void client_notify(enum client_server server, const char *run_dir, const struct buf *request)
{
	cleanup_fd int fd = connect_once(server, run_dir, SOCK_NONBLOCK, 0, NULL);

	if (fd >= 0 && !buf_failed(request))
		(void)!send(fd, request->data, request->len, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* A recorder that ended cleanly, with nothing to watch, leaves no notes. */
static bool has_notes(enum client_server server, const char *run_dir)
{
	cleanup_free char *path = NULL;
	DIR *d = asprintf(&path, "%s/%s", run_dir, servers[server].notes) < 0 ? NULL : opendir(path);
	bool found = false;

	if (!d)
		return false;
	for (const struct dirent *e = readdir(d); e && !found; e = readdir(d))
		found = e->d_name[0] != '.';
	closedir(d);
	return found;
}

static int sync_once(enum client_server server, const struct config *config, struct err *err)
{
	cleanup_buf struct buf request = {0};
	struct err local = {0};
	cleanup_fd int fd = client_connect(server, config->run_dir, &local);

	if (nobody_listens(fd) && has_notes(server, config->run_dir)) {
		fd = client_connect_or_start(server, config, &local);
		/* None can be started here: the evidence already says that the runs were cut off. */
		if (fd < 0)
			return 0;
	}
	/* Not root, or no recorder: there is only the evidence on disk, which says itself what it lacks. */
	if (nobody_listens(fd) || fd == -EACCES)
		return 0;
	if (fd < 0)
		return err_set(err, fd, "%s", local.msg);
	buf_adds(&request, "{\"op\":\"sync\"}");
	return client_request(fd, &request, NULL, err);
}

static int sync_with(enum client_server server, const struct config *config, struct err *err)
{
	int r = -ECONNRESET;

	for (int i = 0; i < TRIES && (r == -ECONNRESET || r == -EPIPE); i++)
		r = sync_once(server, config, err);
	/* It saved everything before it exited. */
	return r == -ECONNRESET || r == -EPIPE ? 0 : r;
}

int client_sync(const struct config *config, struct err *err)
{
	int r = sync_with(CLIENT_SNUGD, config, err);

	return r < 0 ? r : sync_with(CLIENT_AGENT, config, err);
}
