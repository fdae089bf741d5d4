#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "tests/unit/refuse.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* A directory of the test's own; its name and descriptor. */
struct place {
	char path[64];
	int fd;
};

static int make_place(void **state)
{
	struct place *p = test_calloc(1, sizeof(*p));

	strcpy(p->path, "/tmp/snug-test-XXXXXX");
	if (!mkdtemp(p->path))
		return -1;
	p->fd = open(p->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = p;
	return p->fd < 0 ? -1 : 0;
}

static int remove_place(void **state)
{
	struct place *p = *state;
	char command[96];

	close(p->fd);
	snprintf(command, sizeof(command), "rm -rf '%s'", p->path);
	test_free(p);
	return system(command);
}

static size_t entries(const struct place *p)
{
	DIR *d = opendir(p->path);
	size_t n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

static void put(const struct place *p, const char *name, const char *text)
{
	cleanup_fd int fd = openat(p->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(file_write_full(fd, text, strlen(text)), 0);
}

static void assert_holds(const struct place *p, const char *name, const char *text)
{
	cleanup_buf struct buf b = {0};
	struct err err = {0};

	if (file_read_at(p->fd, name, 1000, &b, &err) < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(b.len, strlen(text));
	assert_memory_equal(b.data, text, b.len);
}

static void save_replaces(void **state)
{
	const struct place *p = *state;
	char kept[8] = {0};
	struct err err = {0};
	struct stat st;

	put(p, "f", "old");
	cleanup_fd int before = openat(p->fd, "f", O_RDONLY | O_CLOEXEC);

	assert_int_equal(file_save_at(p->fd, "f", "new text", 8, 0640, &err), 0);
	assert_holds(p, "f", "new text");
	assert_int_equal(fstatat(p->fd, "f", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	/* whoever has the old one open still reads it */
	assert_int_equal(read(before, kept, sizeof(kept)), 3);
	assert_string_equal(kept, "old");
	assert_int_equal(file_save_at(p->fd, "empty", NULL, 0, 0600, &err), 0);
	assert_holds(p, "empty", "");
	assert_int_equal(entries(p), 2);
}

/* A link is replaced, not followed. */
static void save_does_not_follow(void **state)
{
	const struct place *p = *state;

	put(p, "victim", "untouched");
	assert_int_equal(symlinkat("victim", p->fd, "f"), 0);
	assert_int_equal(file_save_at(p->fd, "f", "new", 3, 0600, NULL), 0);
	assert_holds(p, "victim", "untouched");
	assert_holds(p, "f", "new");
}

static void save_failures_leave_nothing(void **state)
{
	const struct place *p = *state;
	char name[300];
	struct err err = {0};
	struct rlimit old, small;

	put(p, "f", "old");
	assert_int_equal(mkdirat(p->fd, "d", 0700), 0);
	assert_int_equal(file_save_at(p->fd, "d", "new", 3, 0600, &err), -EISDIR);
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(file_save_at(p->fd, name, "new", 3, 0600, &err), -ENAMETOOLONG);
	assert_int_equal(file_save_at(-1, "f", "new", 3, 0600, &err), -EBADF);
	/* half-way through the writing */
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = (struct rlimit){.rlim_cur = 4, .rlim_max = old.rlim_max};
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(file_save_at(p->fd, "f", "longer than four", 16, 0600, &err), -EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_holds(p, "f", "old");
	assert_int_equal(entries(p), 2);
}

static void read_is_capped(void **state)
{
	const struct place *p = *state;
	cleanup_buf struct buf b = {0};
	struct err err = {0};

	put(p, "f", "12345678");
	assert_int_equal(file_read_at(p->fd, "f", 8, &b, &err), 0);
	assert_int_equal(b.len, 8);
	assert_int_equal(file_read_at(p->fd, "f", 7, &b, &err), -EFBIG);
	assert_string_equal(err.msg, "f: larger than 7 bytes");
	/* what was read before stays on a failure */
	assert_string_equal(b.data, "12345678");
	/* files that tell no size */
	assert_int_equal(file_read_at(AT_FDCWD, "/proc/self/status", 100, &b, &err), -EFBIG);
	assert_int_equal(file_read_at(AT_FDCWD, "/proc/self/status", 1 << 20, &b, &err), 0);
	assert_memory_equal(b.data, "Name:", 5);
}

static void read_wants_a_regular_file(void **state)
{
	const struct place *p = *state;
	cleanup_buf struct buf b = {0};
	struct err err = {0};

	put(p, "f", "x");
	assert_int_equal(symlinkat("f", p->fd, "link"), 0);
	assert_int_equal(mkfifoat(p->fd, "fifo", 0600), 0);
	assert_int_equal(mkdirat(p->fd, "d", 0700), 0);
	assert_int_equal(file_read_at(p->fd, "link", 100, &b, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "symbolic link"));
	alarm(10); /* a fifo without a writer would block */
	assert_int_equal(file_read_at(p->fd, "fifo", 100, &b, &err), -EINVAL);
	alarm(0);
	assert_int_equal(file_read_at(p->fd, "d", 100, &b, &err), -EINVAL);
	assert_int_equal(file_read_at(AT_FDCWD, "/dev/null", 100, &b, &err), -EINVAL);
	assert_int_equal(file_read_at(p->fd, "none", 100, &b, &err), -ENOENT);
	assert_null(b.data);
}

static void dirs_are_made(void **state)
{
	const struct place *p = *state;
	struct err err = {0};
	struct stat st;
	char path[96];

	cleanup_fd int none = file_open_dirs_at(p->fd, "a/b", false, &err);

	assert_int_equal(none, -ENOENT);
	assert_int_equal(entries(p), 0);

	cleanup_fd int b = file_open_dirs_at(p->fd, "a//b/", true, &err);

	assert_true(b >= 0);
	assert_int_equal(fcntl(b, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fstatat(p->fd, "a/b", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	/* existing ones are left alone */
	assert_int_equal(fchmodat(p->fd, "a", 0755, 0), 0);
	snprintf(path, sizeof(path), "%s/a/c", p->path);
	cleanup_fd int c = file_open_dirs(path, &err);

	assert_true(c >= 0);
	assert_int_equal(fstatat(p->fd, "a", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	assert_int_equal(file_open_dirs("relative", &err), -EINVAL);
}

static void dirs_refuse_links(void **state)
{
	const struct place *p = *state;
	struct err err = {0};

	put(p, "f", "");
	assert_int_equal(symlinkat("/", p->fd, "link"), 0);
	assert_int_equal(file_open_dirs_at(p->fd, "link", true, &err), -ENOTDIR);
	assert_int_equal(file_open_dirs_at(p->fd, "link/etc", false, &err), -ENOTDIR);
	assert_int_equal(file_open_dirs_at(p->fd, "f/x", true, &err), -ENOTDIR);
}

static void links_are_read(void **state)
{
	const struct place *p = *state;
	cleanup_free char *target = NULL;
	char path[96];

	assert_int_equal(symlinkat("some/where", p->fd, "l"), 0);
	snprintf(path, sizeof(path), "%s/l", p->path);
	assert_int_equal(file_read_link(path, &target), 0);
	assert_string_equal(target, "some/where");
	assert_int_equal(file_read_link(p->path, &target), -EINVAL);
	assert_string_equal(target, "some/where");
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

/* With close_range(2), and where a kernel or a filter has none. */
static void ranges_are_closed(void **state)
{
	(void)state;
	for (int refused = 0; refused < 2; refused++) {
		int status = 0;
		pid_t pid = fork();

		if (pid == 0) {
			if (refused && test_refuse(SYS_close_range, true, 0, ENOSYS) < 0)
				_exit(2);
			for (int fd = 100; fd < 110; fd++)
				if (dup2(0, fd) < 0)
					_exit(3);
			file_close_range(102, 104);
			for (int fd = 100; fd < 110; fd++)
				if (is_open(fd) != (fd < 102 || fd > 104))
					_exit(4);
			file_close_range(105, ~0u);
			for (int fd = 100; fd < 110; fd++)
				if (is_open(fd) != (fd < 102))
					_exit(5);
			_exit(0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
}

#define in_place(f) cmocka_unit_test_setup_teardown(f, make_place, remove_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_place(save_replaces),
		in_place(save_does_not_follow),
		in_place(save_failures_leave_nothing),
		in_place(read_is_capped),
		in_place(read_wants_a_regular_file),
		in_place(dirs_are_made),
		in_place(dirs_refuse_links),
		in_place(links_are_read),
		cmocka_unit_test(ranges_are_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
