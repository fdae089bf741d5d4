/* How listeners come to the agent, and who answers for one that died. */
#include "base/cleanup.h"
#include "base/json/json.h"
#include "base/text.h"
#include "shim/agent/handover.h"
#include "shim/agent/keeper.h"
#include "tests/unit/agent_child.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

static void nothing(void)
{
}

static void test_states(void **state)
{
	static const struct {
		const char *text;
		int r;
		bool has;
		const char *metadata;
		pid_t pid, init;
		bool joins;
	} cases[] = {
		{"{\"fds\":[\"seccompFd\"],\"pid\":5,\"state\":{\"status\":\"creating\",\"pid\":5}}", 0, true, NULL, 5,
		 5, false},
		{"{\"fds\":[\"seccompFd\"],\"pid\":7,\"state\":{\"status\":\"created\",\"pid\":5}}", 0, true, NULL, 7,
		 5, true},
		{"{\"fds\":[\"seccompFd\"],\"pid\":0,\"state\":{\"status\":\"running\",\"pid\":0}}", 0, true, NULL, 0,
		 0, true},
		{"{\"fds\":[\"seccompFd\"],\"pid\":5,\"state\":{\"status\":\"running\",\"pid\":5}}", 0, true, NULL, 5,
		 5, false},
		{"{\"ociVersion\":\"1.0.2\",\"fds\":[\"seccompFd\"],\"pid\":7,\"metadata\":\"ab\",\"state\":{\"id\":"
		 "\"x\",\"pid\":5}}",
		 0, true, "ab", 7, 5, false},
		{"{\"fds\":[\"other\"],\"pid\":7}", 0, false, NULL, 7, 0, false},
		{"{\"fds\":[],\"metadata\":3}", 0, false, NULL, 0, 0, false},
		{"{\"fds\":\"seccompFd\",\"pid\":-1,\"metadata\":\"a\\u0000b\"}", 0, false, NULL, 0, 0, false},
		{"[]", -EINVAL, false, NULL, 0, 0, false},
		{"{\"fds\":", -EINVAL, false, NULL, 0, 0, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_json struct json_doc *doc = NULL;
		struct handover_state s = {.listener = -1};
		size_t index = 3;

		assert_int_equal(handover_parse(cases[i].text, strlen(cases[i].text), &doc, &index, &s, NULL),
				 cases[i].r);
		if (cases[i].r < 0)
			continue;
		assert_int_equal(index, cases[i].has ? 0 : SIZE_MAX);
		assert_true(text_streq(s.metadata, cases[i].metadata));
		assert_int_equal(s.pid, cases[i].pid);
		assert_int_equal(s.init, cases[i].init);
		assert_int_equal(s.joins, cases[i].joins);
	}
}

static void remember(void *arg, const struct handover_state *s)
{
	struct handover_state *ret = arg;

	*ret = *s;
	ret->metadata = s->metadata ? "said" : NULL;
}

static void send_state(const char *path, const char *text, int fd)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec iov = {.iov_base = (char *)(uintptr_t)text, .iov_len = strlen(text)};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control.bytes,
			     .msg_controllen = sizeof(control.bytes)};
	cleanup_fd int s = socket(AF_UNIX, SOCK_STREAM, 0);
	struct cmsghdr *m = &control.align;

	strcpy(addr.sun_path, path);
	m->cmsg_level = SOL_SOCKET;
	m->cmsg_type = SCM_RIGHTS;
	m->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(m), &fd, sizeof(fd));
	assert_int_equal(connect(s, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(sendmsg(s, &msg, 0), (ssize_t)strlen(text));
}

static void test_a_listener_comes_over_the_socket(void **state)
{
	static const char text[] = "{\"fds\":[\"seccompFd\"],\"pid\":1,\"metadata\":\"ab\"}";
	char dir[] = "/tmp/snug-handover.XXXXXX";
	struct handover in = {.fd = -1};
	struct child c = start(nothing);
	struct handover_state s = {.listener = -1};
	int fd = -1;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(handover_open(&in, dir, NULL), 0);
	send_state(in.path, text, c.fd);
	assert_int_equal(handover_accept(&in, &fd, NULL), 0);
	assert_true(handover_read(&in, fd, remember, &s));
	assert_true(s.listener >= 0);
	assert_string_equal(s.metadata, "said");
	close(s.listener);
	/* Another kind of descriptor is none. */
	send_state(in.path, text, 0);
	assert_int_equal(handover_accept(&in, &fd, NULL), 0);
	assert_true(handover_read(&in, fd, remember, &s));
	assert_int_equal(s.listener, -1);
	assert_int_equal(in.count, 0);
	handover_close(&in);
	kill(c.pid, SIGKILL);
	await(c.pid);
	close(c.fd);
	assert_int_equal(rmdir(dir), 0);
}

static void test_a_long_path_is_told(void **state)
{
	struct handover in = {.fd = -1};
	struct err err = {0};
	char dir[160] = "/tmp/";

	(void)state;
	memset(dir + 5, 'x', 120);
	assert_int_equal(handover_open(&in, dir, &err), -ENAMETOOLONG);
	assert_non_null(strstr(err.msg, "too long for a socket path"));
	handover_close(&in);
}

static void asks(void)
{
	_exit(syscall(SYS_getuid) >= 0 ? 42 : 1);
}

/* The worker dies with a call unanswered, which it has received or not; the keeper answers it. */
static void test_the_keeper_answers_for_the_dead(void **state)
{
	struct unotify kernel;
	struct err err = {0};

	(void)state;
	if (unotify_open(&kernel, &err) < 0)
		fail_msg("%s", err.msg);
	for (int i = 0; i < 4; i++) {
		bool go_on = i & 1, received = i & 2;
		struct child c = start(asks);
		struct keeper *k = NULL;
		pid_t agent = fork();

		if (agent == 0) {
			if (keeper_divide(&kernel, &k, NULL) < 0 ||
			    keeper_add(k, c.fd, (int)syscall(SYS_pidfd_open, c.pid, 0), go_on) < 0 ||
			    (received && unotify_receive(&kernel, c.fd) < 0))
				_exit(3);
			raise(SIGKILL);
		}
		close(c.fd);
		assert_int_equal(await(agent), 1);
		assert_int_equal(await(c.pid), go_on ? 42 : -SIGKILL);
	}
	unotify_close(&kernel);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_a_listener_comes_over_the_socket),
		cmocka_unit_test(test_a_long_path_is_told),
		cmocka_unit_test(test_the_keeper_answers_for_the_dead),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
