/* Bundles: what is opened, what is refused, and the lock. */
#include "tests/unit/bundle_fixture.h"

#include <errno.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>

static void none(void)
{
}

static void make_big(void)
{
	put("config.json", "{");
	assert_int_equal(truncate("config.json", OCI_SPEC_SIZE_MAX + 1), 0);
}

static void make_link(void)
{
	put("target", CALLERS);
	assert_int_equal(symlink("target", "config.json"), 0);
}

static void make_fifo(void)
{
	assert_int_equal(mkfifo("config.json", 0644), 0);
}

static void make_directory(void)
{
	assert_int_equal(mkdir("config.json", 0755), 0);
}

/* Root's own group is root. */
static void give_to_group(const char *name)
{
	if (geteuid() == 0)
		assert_int_equal(chown(name, 0, 1), 0);
}

static void make_shared(void)
{
	put("config.json", CALLERS);
	give_to_group("config.json");
	assert_int_equal(chmod("config.json", 0664), 0);
}

static void make_strange(void)
{
	put("config.json", CALLERS);
	assert_int_equal(chown("config.json", 12345, 0), 0);
}

static void open_shared(void)
{
	give_to_group(".");
	assert_int_equal(chmod(".", 0770), 0);
}

static void open_sticky(void)
{
	assert_int_equal(chmod(".", 01777), 0);
}

static void open_strange(void)
{
	assert_int_equal(chown(".", 12345, 0), 0);
}

/* What is refused, by the open or by the read, and a word of the sentence. */
static const struct {
	const char *name;
	void (*make)(void);
	bool needs_root, opens;
	int code;
	const char *word;
} refusals[] = {
	{"no file", none, false, true, -ENOENT, "config.json"},
	{"a link", make_link, false, true, -EINVAL, "symbolic link"},
	{"a fifo", make_fifo, false, true, -EINVAL, "regular file"},
	{"a directory", make_directory, false, true, -EINVAL, "regular file"},
	{"too large", make_big, false, true, -EFBIG, "larger"},
	{"a file that the group may write", make_shared, false, true, -EPERM, "writable by group or others"},
	{"a file of somebody else", make_strange, true, true, -EPERM, "12345"},
	{"a directory that the group may write", open_shared, false, false, -EPERM, "writable by group or others"},
	{"a sticky directory", open_sticky, false, false, -EPERM, "1777"},
	{"a directory of somebody else", open_strange, true, false, -EPERM, "12345"},
};

static void test_refused(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		cleanup_bundle struct oci_bundle b = OCI_BUNDLE_INIT;
		cleanup_buf struct buf text = {0};
		struct err err = {0};
		void *place = NULL;
		int r;

		if (refusals[i].needs_root && geteuid() != 0) {
			print_message("skipped: %s needs root\n", refusals[i].name);
			continue;
		}
		setup(&place);
		refusals[i].make();
		r = oci_bundle_open(place, NULL, &b, &err);
		if ((r == 0) != refusals[i].opens)
			fail_msg("%s: open: %d '%s'", refusals[i].name, r, err.msg);
		if (r == 0)
			r = oci_bundle_read(&b, &text, &err);
		if (r != refusals[i].code || err.code != r || !strstr(err.msg, refusals[i].word))
			fail_msg("%s: %d '%s'", refusals[i].name, r, err.msg);
		assert_null(text.data);
		teardown(&place);
	}
}

/* --bundle and crun's --config: what is opened. */
static void test_open(void **state)
{
	static const struct {
		const char *path, *config, *dir, *name; /* dir NULL: refused */
	} cases[] = {
		{NULL, NULL, ".", "config.json"},
		{"sub", NULL, "sub", "config.json"},
		{"sub", "config.json", "sub", "config.json"},
		{"sub", "./config.json", "./", "config.json"},
		{"sub", "my.json", ".", "my.json"},
		{"sub", "sub/my.json", "sub/", "my.json"},
		{NULL, "/etc/passwd", "/etc/", "passwd"},
		{"missing", NULL, NULL, NULL},
		{"config.json", NULL, NULL, NULL},
		{"", NULL, NULL, NULL},
		{"sub", "", NULL, NULL},
		{"sub", "sub/", NULL, NULL},
	};

	put("config.json", CALLERS);
	assert_int_equal(mkdir("sub", 0700), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_bundle struct oci_bundle b = OCI_BUNDLE_INIT;
		struct stat want, got;
		struct err err;
		int r = oci_bundle_open(cases[i].path, cases[i].config, &b, &err);

		if ((r == 0) != (cases[i].dir != NULL))
			fail_msg("case %zu: %d", i, r);
		if (r < 0) {
			assert_int_equal(b.dir_fd, -1);
			continue;
		}
		assert_int_equal(stat(cases[i].dir, &want), 0);
		assert_int_equal(fstat(b.dir_fd, &got), 0);
		assert_int_equal(got.st_ino, want.st_ino);
		assert_string_equal(b.path, cases[i].dir);
		assert_string_equal(b.name, cases[i].name);
		assert_int_equal(fcntl(b.dir_fd, F_GETFD), FD_CLOEXEC);
	}
}

static void test_lock(void **state)
{
	cleanup_bundle struct oci_bundle a = OCI_BUNDLE_INIT, b = OCI_BUNDLE_INIT;
	struct err err;
	int status;
	pid_t pid;

	open_and_lock(&a);
	assert_int_equal(oci_bundle_lock(&a, NULL, 0, &err), 0);
	assert_int_equal(oci_bundle_open(".", NULL, &b, &err), 0);
	assert_int_equal(oci_bundle_lock(&b, NULL, 30, &err), -EBUSY);
	assert_non_null(strstr(err.msg, "30 ms"));
	assert_int_equal(b.lock_fd, -1);
	/* a helper keeps it when the wrapper is gone, and its end lets it go */
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		usleep(100000);
		_exit(0);
	}
	oci_bundle_done(&a);
	assert_int_equal(oci_bundle_lock(&b, NULL, 10, &err), -EBUSY);
	assert_int_equal(oci_bundle_lock(&b, NULL, 5000, &err), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
}

/* With a directory for locks the bundle's own is not touched, and who waits for a file that goes away gets the next
 * one. */
static void test_lock_file(void **state)
{
	cleanup_bundle struct oci_bundle a = OCI_BUNDLE_INIT, b = OCI_BUNDLE_INIT;
	cleanup_free char *here = getcwd(NULL, 0), *locks = NULL;
	cleanup_fd int dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct err err = {0};

	assert_non_null(here);
	assert_true(asprintf(&locks, "%s/run/locks", here) > 0);
	assert_int_equal(flock(dir, LOCK_EX), 0);
	assert_int_equal(oci_bundle_open(".", NULL, &a, &err), 0);
	assert_int_equal(oci_bundle_open(".", NULL, &b, &err), 0);
	assert_int_equal(oci_bundle_lock(&a, locks, 0, &err), 0);
	assert_int_equal(oci_bundle_lock(&b, locks, 10, &err), -EBUSY);
	assert_int_equal(access(a.lock_path, F_OK), 0);
	oci_bundle_unlock(&a);
	assert_int_equal(a.lock_fd, -1);
	assert_int_equal(oci_bundle_lock(&b, locks, 0, &err), 0);
	assert_int_equal(access(b.lock_path, F_OK), 0);
	oci_bundle_unlock(&b);
	assert_int_equal(access(b.lock_path, F_OK), -1);
	/* Where there is none to be had it is the bundle. */
	assert_int_equal(oci_bundle_lock(&b, "/proc/none/locks", 0, &err), -EBUSY);
	close(steal_fd(&dir));
	assert_int_equal(oci_bundle_lock(&b, "/proc/none/locks", 0, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HERE(test_open),
		HERE(test_lock),
		HERE(test_lock_file),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
