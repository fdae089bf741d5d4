/* Bundles: the swap of config.json, what anybody does meanwhile, and how it is recovered. */
#include "oci/spec.h"
#include "tests/unit/bundle_fixture.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <seccomp.h>

static void none(void)
{
}

static void replace(void)
{
	put("other", NEWER);
	assert_int_equal(rename("other", "config.json"), 0);
}

/* Another file of the same size and time. */
static void replace_alike(void)
{
	char text[256];
	struct stat st;

	snprintf(text, sizeof(text), "%s", content("config.json"));
	text[1] = '#';
	assert_int_equal(stat("config.json", &st), 0);
	put("other", text);
	assert_int_equal(utimensat(AT_FDCWD, "other", (struct timespec[]){st.st_atim, st.st_mtim}, 0), 0);
	assert_int_equal(rename("other", "config.json"), 0);
}

static void edit(void)
{
	put("config.json", NEWER);
}

static void remove_it(void)
{
	assert_int_equal(unlink("config.json"), 0);
}

static void put_directory(void)
{
	remove_it();
	assert_int_equal(mkdir("config.json", 0755), 0);
}

static void put_link(void)
{
	remove_it();
	assert_int_equal(symlink("elsewhere", "config.json"), 0);
}

/* As a power loss leaves a file that was never synced. */
static void empty(void)
{
	assert_int_equal(truncate("config.json", 0), 0);
}

/* What the caller does at each point, and what is in config.json at the end; temp files are gone in each case. */
static const struct {
	const char *name;
	void (*before_swap)(void), (*before_restore)(void);
	bool swaps;
	const char *final;
} courses[] = {
	{"undisturbed", none, none, true, CALLERS},
	{"replaced before the swap", replace, none, false, NEWER},
	{"replaced alike before the swap", replace_alike, none, false, "{#caller\": 1}\n"},
	{"edited before the swap", edit, none, false, NEWER},
	{"removed before the swap", remove_it, none, false, ""},
	{"a directory before the swap", put_directory, none, false, ""},
	{"a link before the swap", put_link, none, false, ""},
	{"replaced before the restore", none, replace, true, NEWER},
	{"replaced alike before the restore", none, replace_alike, true, "{#rewritten\": true}\n"},
	{"edited before the restore", none, edit, true, NEWER},
	{"removed before the restore", none, remove_it, true, ""},
	{"a directory before the restore", none, put_directory, true, ""},
	{"a link before the restore", none, put_link, true, ""},
};

static void run_course(size_t i)
{
	cleanup_bundle struct oci_bundle b = OCI_BUNDLE_INIT;
	struct stat st;
	struct err err = {0};
	int r;

	put("config.json", CALLERS);
	open_and_lock(&b);
	assert_int_equal(read_and_prepare(&b), 0);
	assert_string_equal(content("config.json"), CALLERS);
	courses[i].before_swap();
	r = oci_bundle_swap(&b, &err);
	if ((r == 0) != courses[i].swaps || (r < 0 && !strstr(err.msg, "config.json")))
		fail_msg("%s: swap: %d, '%s'", courses[i].name, r, err.msg);
	if (courses[i].swaps)
		assert_string_equal(content("config.json"), OURS);
	courses[i].before_restore();
	if (oci_bundle_restore(&b, &err) < 0)
		fail_msg("%s: restore: %s", courses[i].name, err.msg);
	if (strcmp(content("config.json"), courses[i].final) != 0)
		fail_msg("%s: '%s'", courses[i].name, content("config.json"));
	assert_int_equal(count_names(), lstat("config.json", &st) == 0 ? 1 : 0);
	assert_null(b.saved);
	assert_int_equal(oci_bundle_restore(&b, &err), 0);
}

static void test_courses(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(courses); i++) {
		run_course(i);
		assert_true(remove("config.json") == 0 || errno == ENOENT);
	}
}

/* The same, but the wrapper dies in between, and the next one recovers. */
static const struct {
	const char *name;
	bool swapped;
	void (*after)(void);
	const char *final;
} crashes[] = {
	{"prepared", false, none, CALLERS},
	{"prepared, replaced", false, replace, NEWER},
	{"prepared, removed", false, remove_it, ""},
	{"swapped", true, none, CALLERS},
	{"swapped, power lost", true, empty, CALLERS},
	{"swapped, replaced", true, replace, NEWER},
	{"swapped, edited", true, edit, NEWER},
	{"swapped, removed", true, remove_it, ""},
};

static void test_recover(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(crashes); i++) {
		cleanup_bundle struct oci_bundle dead = OCI_BUNDLE_INIT, b = OCI_BUNDLE_INIT;
		struct stat st;
		struct err err;

		put("config.json", CALLERS);
		open_and_lock(&dead);
		assert_int_equal(read_and_prepare(&dead), 0);
		if (crashes[i].swapped)
			assert_int_equal(oci_bundle_swap(&dead, &err), 0);
		crashes[i].after();
		oci_bundle_done(&dead);
		open_and_lock(&b);
		for (unsigned twice = 0; twice < 2; twice++) {
			if (oci_bundle_recover(&b, &err) < 0)
				fail_msg("%s: %s", crashes[i].name, err.msg);
			if (strcmp(content("config.json"), crashes[i].final) != 0)
				fail_msg("%s: '%s'", crashes[i].name, content("config.json"));
		}
		assert_int_equal(count_names(), lstat("config.json", &st) == 0 ? 1 : 0);
		assert_true(unlink("config.json") == 0 || errno == ENOENT);
	}
}

/* Names that look like ours: only what can be a rewriting of ours is removed, and none stands in the way. */
static void test_names(void **state)
{
	static const struct {
		const char *name;
		char kind; /* d directory, f file, l link */
		bool stays;
	} names[] = {
		{".config.json.snug.new0", 'd', true},
		{".config.json.snug.new1", 'f', false},
		{".config.json.snug.new2", 'l', true},
		{".config.json.snug.1-2-3", 'f', false},
		{".config.json.snug.4-5-6", 'd', true},
		{".config.json.snug.7-8-9", 'l', true},
		{".config.json.snug.1-2", 'f', true},
		{".config.json.snug.1-2-3-4", 'f', true},
		{".config.json.snug.", 'f', true},
		{".config.json.snug.-1-2-3", 'f', true},
		{".config.json.snug.1--3", 'f', true},
		{".config.json.snug.99999999999999999999999999-1-1", 'f', true},
		{".config.json.snugX.1-2-3", 'f', true},
		{"config.json.snug.1-2-3", 'f', true},
		{".other.json.snug.1-2-3", 'f', true},
	};
	cleanup_bundle struct oci_bundle b = OCI_BUNDLE_INIT;
	struct stat st;
	struct err err;

	put("config.json", CALLERS);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (names[i].kind == 'd')
			assert_int_equal(mkdir(names[i].name, 0755), 0);
		else if (names[i].kind == 'l')
			assert_int_equal(symlink("config.json", names[i].name), 0);
		else
			put(names[i].name, OURS);
	}
	open_and_lock(&b);
	assert_int_equal(oci_bundle_recover(&b, &err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if ((lstat(names[i].name, &st) == 0) != names[i].stays)
			fail_msg("%s: %s", names[i].name, names[i].stays ? "was removed" : "is still there");
	assert_string_equal(content("config.json"), CALLERS);
	assert_int_equal(read_and_prepare(&b), 0);
	assert_int_equal(oci_bundle_swap(&b, &err), 0);
	assert_string_equal(content("config.json"), OURS);
	assert_int_equal(oci_bundle_restore(&b, &err), 0);
	assert_string_equal(content("config.json"), CALLERS);
}

static void test_attributes(void **state)
{
	const mode_t mask = umask(0077);
	cleanup_bundle struct oci_bundle b = OCI_BUNDLE_INIT;
	struct stat before, during, after;
	struct err err;

	put("config.json", CALLERS);
	assert_int_equal(chmod("config.json", 0644), 0);
	if (geteuid() == 0)
		assert_int_equal(chown("config.json", 0, 12), 0);
	assert_int_equal(stat("config.json", &before), 0);
	open_and_lock(&b);
	assert_int_equal(read_and_prepare(&b), 0);
	assert_int_equal(oci_bundle_swap(&b, &err), 0);
	assert_int_equal(stat("config.json", &during), 0);
	assert_int_equal(oci_bundle_restore(&b, &err), 0);
	assert_int_equal(stat("config.json", &after), 0);
	assert_int_not_equal(during.st_ino, before.st_ino);
	assert_int_equal(during.st_mode, before.st_mode);
	assert_int_equal(during.st_uid, before.st_uid);
	assert_int_equal(during.st_gid, before.st_gid);
	assert_int_equal(after.st_ino, before.st_ino);
	assert_int_equal(after.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
	assert_int_equal(after.st_nlink, 1);
	assert_int_equal(umask(mask), 0077);
}

static void test_order(void **state)
{
	cleanup_bundle struct oci_bundle b = OCI_BUNDLE_INIT;
	struct err err;

	put("config.json", CALLERS);
	open_and_lock(&b);
	assert_int_equal(oci_bundle_prepare(&b, OURS, strlen(OURS), &err), -EINVAL);
	assert_int_equal(oci_bundle_swap(&b, &err), -EINVAL);
	assert_int_equal(read_and_prepare(&b), 0);
	assert_int_equal(read_and_prepare(&b), -EINVAL);
	/* prepared only: gone without a trace */
	assert_int_equal(oci_bundle_restore(&b, &err), 0);
	assert_int_equal(count_names(), 1);
	oci_bundle_done(&b);
	assert_int_equal(b.dir_fd, -1);
	oci_bundle_done(&b);
	oci_bundle_done(NULL);
}

#define RENAMES 3000

/* Renames new files into place; each must be what is there in the end. Returns the exit status. */
static int rename_and_look(void)
{
	for (unsigned i = 0; i < RENAMES; i++) {
		char text[32];
		unsigned looks = 0;

		snprintf(text, sizeof(text), "{\"n\": %u}\n", i);
		put("other", text);
		if (rename("other", "config.json") < 0)
			return 2;
		while (strcmp(content("config.json"), text) != 0) {
			if (++looks == 100)
				return 1;
			usleep(1000);
		}
	}
	return 0;
}

static void test_race(void **state)
{
	unsigned swapped = 0;
	int status;
	pid_t pid;

	put("config.json", NEWER);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(rename_and_look());
	while (waitpid(pid, &status, WNOHANG) == 0) {
		cleanup_bundle struct oci_bundle b = OCI_BUNDLE_INIT;
		cleanup_buf struct buf text = {0};
		struct err err;

		open_and_lock(&b);
		assert_int_equal(oci_bundle_recover(&b, NULL), 0);
		if (oci_bundle_read(&b, &text, NULL) < 0)
			continue;
		assert_int_equal(oci_bundle_prepare(&b, OURS, strlen(OURS), NULL), 0);
		swapped += oci_bundle_swap(&b, NULL) == 0;
		if (oci_bundle_restore(&b, &err) < 0)
			fail_msg("%s", err.msg);
		if (strcmp(content("config.json"), OURS) == 0)
			fail_msg("the rewriting stays");
	}
	assert_int_equal(status, 0);
	assert_int_equal(count_names(), 1);
	assert_true(swapped > 0);
}

/* From here on renameat2 knows no flags, as on a filesystem without them. */
static int forbid_exchange(void **state)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	int r;

	assert_non_null(ctx);
	r = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(renameat2), 1, SCMP_A4(SCMP_CMP_NE, 0, 0));
	assert_int_equal(r, 0);
	assert_int_equal(seccomp_load(ctx), 0);
	seccomp_release(ctx);
	assert_true(renameat2(AT_FDCWD, "/", AT_FDCWD, "/", RENAME_EXCHANGE) < 0 && errno == EINVAL);
	return 0;
}

int main(void)
{
	const struct CMUnitTest with_exchange[] = {
		HERE(test_courses),    HERE(test_recover), HERE(test_names),
		HERE(test_attributes), HERE(test_order),   HERE(test_race),
	};
	const struct CMUnitTest without_exchange[] = {
		HERE(test_courses), HERE(test_recover), HERE(test_names), HERE(test_attributes), HERE(test_order),
	};
	int failed = cmocka_run_group_tests(with_exchange, NULL, NULL);

	return failed + cmocka_run_group_tests(without_exchange, forbid_exchange, NULL);
}
