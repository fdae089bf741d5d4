#include "shim/common/ask.h"

#include "base/clock.h"
#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define VERSION_READ 65536
#define VERSION_KEPT 1024

static int start(const char *path, const char *argument, int out, pid_t *ret)
{
	static char home[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
	cleanup_free char *name = strdup(path), *word = strdup(argument);
	char *const argv[] = {name, word, NULL}, *const env[] = {home, NULL};
	posix_spawn_file_actions_t actions;
	int r;

	if (!name || !word || posix_spawn_file_actions_init(&actions))
		return -ENOMEM;
	r = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	if (!r)
		r = posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	if (!r)
		r = posix_spawn_file_actions_adddup2(&actions, out, 1);
	if (!r)
		r = posix_spawn(ret, path, &actions, NULL, argv, env);
	posix_spawn_file_actions_destroy(&actions);
	return -r;
}

/* Reads to the end; fails if that takes too long, or if there is too much. */
static int read_all(int fd, size_t max, struct buf *ret)
{
	uint64_t deadline = clock_monotonic_ms() + ASK_TIMEOUT_MS;
	size_t left = max;
	char part[4096];

	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		uint64_t now = clock_monotonic_ms();
		ssize_t n;

		if (now >= deadline || poll(&p, 1, (int)(deadline - now)) == 0)
			return -ETIMEDOUT;
		n = read(fd, part, sizeof(part));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : 0;
		if ((size_t)n > left)
			return -EFBIG;
		left -= (size_t)n;
		buf_add(ret, part, (size_t)n);
	}
}

int ask_program(const char *path, const char *argument, size_t max, struct buf *ret)
{
	cleanup_fd int out = -1, in = -1;
	int pipe_fds[2], status = 0, r;
	pid_t pid = -1;

	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return -errno;
	out = pipe_fds[0];
	in = pipe_fds[1];
	r = start(path, argument, in, &pid);
	if (r < 0)
		return r;
	close(steal_fd(&in));
	r = read_all(out, max, ret);
	if (r < 0)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (r == 0 && (!WIFEXITED(status) || WEXITSTATUS(status)))
		r = -ECHILD;
	return r == 0 && buf_failed(ret) ? -ENOMEM : r;
}

int ask_version(const char *path, struct buf *ret)
{
	size_t from = ret->len;
	int r = ask_program(path, "--version", VERSION_READ, ret);

	if (r < 0)
		return r;
	if (ret->len - from > VERSION_KEPT)
		ret->data[ret->len = from + VERSION_KEPT] = '\0';
	while (ret->len > from && ret->data[ret->len - 1] == '\n')
		ret->data[--ret->len] = '\0';
	for (size_t i = from; i < ret->len; i++)
		if ((unsigned char)ret->data[i] < 0x20 || (unsigned char)ret->data[i] > 0x7e)
			ret->data[i] = ret->data[i] == '\n' ? ';' : '?';
	return 0;
}
