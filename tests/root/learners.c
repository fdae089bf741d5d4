/* Many containers that learn at once, without the weight of real ones: COUNT processes, each in an audit session of its own, that register with a running
 * snugd over its socket as the wrapper does, load a LOG filter, call execve, and then make RECORDS further calls.
 *
 *   learners RUN_DIR COUNT RECORDS [KEYS [PREFIX]]
 *
 * They share KEYS keys (default: one each), named PREFIX0, PREFIX1 ... (default: k). Prints "ready" when all calls were made, then keeps the processes
 * alive until its standard input ends. Needs root. */
#include "base/cleanup.h"
#include "base/json/json.h"
#include "shim/common/client.h"
#include "shim/common/session.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define AT_ONCE 32 /* that register at the same time */

/* Calls that do nothing with the arguments -1. */
static const long harmless[] = {
	SYS_read, SYS_write, SYS_close, SYS_fstat, SYS_lseek, SYS_pread64, SYS_pwrite64, SYS_readv, SYS_writev, SYS_dup,
	SYS_fcntl, SYS_flock, SYS_fsync, SYS_fdatasync, SYS_ftruncate, SYS_getdents64, SYS_fchdir, SYS_fchmod, SYS_fchown,
	SYS_fstatfs, SYS_readahead, SYS_fgetxattr, SYS_flistxattr, SYS_fremovexattr, SYS_getpid, SYS_getppid, SYS_getuid,
	SYS_geteuid, SYS_getgid, SYS_getegid, SYS_gettid, SYS_getsid, SYS_getpgid, SYS_sched_yield, SYS_uname, SYS_getsockname,
	SYS_getpeername, SYS_listen, SYS_bind, SYS_connect, SYS_shutdown, SYS_getsockopt, SYS_setsockopt, SYS_sendfile,
	SYS_preadv, SYS_pwritev, SYS_dup3, SYS_fallocate,
};

__attribute__((noreturn)) static void fail(const char *what, const struct err *err)
{
	fprintf(stderr, "learners: %s%s%s\n", what, err ? ": " : "", err ? err->msg : "");
	exit(1);
}

static int load_filter(void)
{
	struct sock_filter code[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_LOG)};
	struct sock_fprog prog = {.len = ARRAY_SIZE(code), .filter = code};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -1 : prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
}

static void compose(struct buf *out, uint32_t session, const char *id, const char *key)
{
	struct json_writer w;

	json_write_begin(&w, out, false);
	json_write_object(&w, NULL);
	json_write_string(&w, "op", "register");
	json_write_string(&w, "command", "run");
	json_write_string(&w, "mode", "learn");
	json_write_string(&w, "space", "keys");
	json_write_u64(&w, "session", session);
	json_write_string(&w, "id", id);
	json_write_string(&w, "root", "/run/learners");
	json_write_string(&w, "key", key);
	json_write_string(&w, "runtime", "/usr/sbin/learners");
	json_write_string(&w, "runtime_id", "learners-1");
	json_write_bool(&w, "go", false);
	json_write_string(&w, "baseline", "drop");
	json_write_end_object(&w);
}

/* What the wrapper does, and then what the container does. Descriptor 0 ends when the test does. */
__attribute__((noreturn)) static void be_container(const char *run_dir, unsigned no, unsigned key, const char *prefix, char *records)
{
	cleanup_buf struct buf request = {0};
	struct err err = {0};
	char id[32], name[64];
	uint32_t session;
	int fd;

	snprintf(id, sizeof(id), "c%u", no);
	snprintf(name, sizeof(name), "%s%u", prefix, key);
	fd = client_connect(CLIENT_SNUGD, run_dir, &err);
	if (fd < 0 || session_begin(&session, &err) < 0)
		fail(id, &err);
	compose(&request, session, id, name);
	if (client_request(fd, &request, NULL, &err) < 0)
		fail(id, &err);
	close(fd);
	if (load_filter() < 0)
		fail("cannot load the filter", NULL);
	execl("/proc/self/exe", "learners", "--work", records, (char *)NULL);
	_exit(1);
}

/* Descriptor 1: a byte says that all calls were made. */
static int work(unsigned long records)
{
	char c;

	for (unsigned long i = 0; i < records; i++)
		syscall(harmless[i % ARRAY_SIZE(harmless)], -1L, -1L, -1L, -1L, -1L, -1L);
	if (write(1, "", 1) != 1)
		return 1;
	return read(0, &c, 1) < 0;
}

static void start(char **argv, unsigned no, unsigned keys, const char *prefix, const int hold[2], const int done[2])
{
	pid_t pid = fork();

	if (pid < 0)
		fail("cannot fork", NULL);
	if (pid > 0)
		return;
	dup2(hold[0], 0);
	dup2(done[1], 1);
	closefrom(3);
	be_container(argv[1], no, no % keys, prefix, argv[3]);
}

static void await(int fd, unsigned *done)
{
	char c;

	if (read(fd, &c, 1) != 1)
		fail("a container ended early", NULL);
	++*done;
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "--work") == 0)
		return work(strtoul(argv[2], NULL, 10));
	if (argc < 4)
		fail("usage: learners RUN_DIR COUNT RECORDS [KEYS [PREFIX]]", NULL);

	unsigned count = (unsigned)strtoul(argv[2], NULL, 10), done = 0;
	unsigned keys = argc > 4 ? (unsigned)strtoul(argv[4], NULL, 10) : count;
	int hold[2], ends[2], status = 0;
	char c;

	/* A container that could not register never says that it is done. */
	alarm(300);
	if (pipe(hold) < 0 || pipe(ends) < 0)
		fail("cannot make a pipe", NULL);
	for (unsigned i = 0; i < count; i++) {
		start(argv, i, keys, argc > 5 ? argv[5] : "k", hold, ends);
		if (i + 1 - done >= AT_ONCE)
			await(ends[0], &done);
	}
	close(ends[1]);
	while (done < count)
		await(ends[0], &done);
	puts("ready");
	fflush(stdout);
	while (read(0, &c, 1) > 0)
		;
	close(hold[1]);
	for (unsigned i = 0; i < count; i++) {
		int s;

		if (wait(&s) > 0)
			status |= s;
	}
	return status != 0;
}
