#include "shim/common/client.h"

#include "base/cleanup.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define SHORT_MS 100
#define ANSWER   "{\"ok\":true}"

struct scene {
	char dir[32];
	int own, service; /* listeners at snugd.sock and service.sock; -1: none */
};

static int listen_at(const struct scene *s, const char *name)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	assert_true(snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/%s", s->dir, name) < (int)sizeof(addr.sun_path));
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(fd, 8), 0);
	return fd;
}

static void scene_set(struct scene *s, bool own, bool service)
{
	strcpy(s->dir, "/tmp/snug-client.XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	s->own = own ? listen_at(s, "snugd.sock") : -1;
	s->service = service ? listen_at(s, CLIENT_SERVICE_SOCKET) : -1;
}

static void scene_clear(struct scene *s)
{
	char path[64];

	if (s->own >= 0)
		close(s->own);
	if (s->service >= 0)
		close(s->service);
	snprintf(path, sizeof(path), "%s/snugd.sock", s->dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/" CLIENT_SERVICE_SOCKET, s->dir);
	unlink(path);
	assert_int_equal(rmdir(s->dir), 0);
}

/* Takes a connection and reads its request, as a recorder would. */
static int take(int listener)
{
	char text[64];
	int fd = accept(listener, NULL, NULL);

	assert_true(fd >= 0);
	assert_true(recv(fd, text, sizeof(text), 0) > 0);
	return fd;
}

static int ask(struct scene *s, int *ret_fd, struct err *err)
{
	cleanup_buf struct buf request = {0};

	*ret_fd = client_connect(CLIENT_SNUGD, s->dir, err);
	assert_true(*ret_fd >= 0);
	buf_adds(&request, "{\"op\":\"health\"}");
	return client_request_within(*ret_fd, &request, SHORT_MS, NULL, err);
}

static void own_recorder_comes_first(void **state)
{
	struct scene s;
	struct err err = {0};
	cleanup_fd int fd = -1, peer = -1;

	scene_set(&s, true, true);
	fd = client_connect(CLIENT_SNUGD, s.dir, &err);
	assert_true(fd >= 0);
	peer = accept(s.own, NULL, NULL);
	assert_true(peer >= 0);
	close(steal_fd(&fd));
	/* It was killed: its name is left, and nobody listens. */
	close(s.own);
	s.own = -1;
	fd = client_connect(CLIENT_SNUGD, s.dir, &err);
	assert_true(fd >= 0);
	close(peer);
	peer = accept(s.service, NULL, NULL);
	assert_true(peer >= 0);
	scene_clear(&s);
}

static void nobody_listens_anywhere(void **state)
{
	struct scene s;
	struct err err = {0};

	scene_set(&s, false, false);
	assert_int_equal(client_connect(CLIENT_SNUGD, s.dir, &err), -ENOENT);
	scene_clear(&s);
}

/* Only a service that has not read the request is worth a longer wait. */
static void an_unread_request_is_told_apart(void **state)
{
	for (int service = 0; service < 2; service++) {
		struct scene s;
		struct err err = {0};
		int fd = -1;

		scene_set(&s, !service, service);
		assert_int_equal(ask(&s, &fd, &err), service ? -EINPROGRESS : -ETIMEDOUT);
		close(fd);
		scene_clear(&s);
	}
}

static void a_service_that_is_silent_times_out(void **state)
{
	struct scene s;
	struct err err = {0};
	pid_t reader;
	int r = -EINPROGRESS;

	scene_set(&s, false, true);
	reader = fork();
	if (reader == 0)
		for (;;)
			take(s.service);
	/* The reader may be slow to get its turn. */
	for (int i = 0; i < 100 && r == -EINPROGRESS; i++) {
		cleanup_fd int fd = -1;

		r = ask(&s, &fd, &err);
	}
	assert_int_equal(r, -ETIMEDOUT);
	kill(reader, SIGKILL);
	waitpid(reader, NULL, 0);
	scene_clear(&s);
}

static void a_slow_service_answers(void **state)
{
	struct scene s;
	struct err err = {0};
	pid_t service;
	int fd = -1;

	scene_set(&s, false, true);
	assert_int_equal(ask(&s, &fd, &err), -EINPROGRESS);
	service = fork();
	if (service == 0) {
		usleep(2 * SHORT_MS * 1000);
		_exit(send(take(s.service), ANSWER, strlen(ANSWER), 0) < 0);
	}
	assert_int_equal(client_wait_for_service(fd, 60000, NULL, &err), 0);
	waitpid(service, NULL, 0);
	close(fd);
	scene_clear(&s);
}

static void a_service_that_never_starts_is_given_up(void **state)
{
	struct scene s;
	struct err err = {0};
	int fd = -1;

	scene_set(&s, false, true);
	assert_int_equal(ask(&s, &fd, &err), -EINPROGRESS);
	assert_int_equal(client_wait_for_service(fd, SHORT_MS, NULL, &err), -EINPROGRESS);
	assert_non_null(strstr(err.msg, "snugd.service"));
	/* The service manager gives up: it closes its socket. */
	close(s.service);
	s.service = -1;
	assert_int_equal(client_wait_for_service(fd, 60000, NULL, &err), -ECONNRESET);
	close(fd);
	scene_clear(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_recorder_comes_first),
		cmocka_unit_test(nobody_listens_anywhere),
		cmocka_unit_test(an_unread_request_is_told_apart),
		cmocka_unit_test(a_service_that_is_silent_times_out),
		cmocka_unit_test(a_slow_service_answers),
		cmocka_unit_test(a_service_that_never_starts_is_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
