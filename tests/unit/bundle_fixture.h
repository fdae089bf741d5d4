/* What the test_bundle*.c share: each test runs in a directory of its own, which is the bundle. */
#ifndef SNUG_TESTS_BUNDLE_FIXTURE_H
#define SNUG_TESTS_BUNDLE_FIXTURE_H

#include "base/cleanup.h"
#include "base/file.h"
#include "oci/bundle.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define CALLERS "{\"caller\": 1}\n"
#define OURS    "{\"rewritten\": true}\n"
#define NEWER   "{\"newer\": 22}\n"

/* Everything runs in a directory of its own, which is the bundle. */
static inline int setup(void **state)
{
	char *dir = strdup("/tmp/snug-test-bundle.XXXXXX");

	assert_non_null(dir);
	assert_non_null(mkdtemp(dir));
	assert_int_equal(chdir(dir), 0);
	*state = dir;
	return 0;
}

static inline int teardown(void **state)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", (char *)*state);
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(system(command), 0);
	free(*state);
	return 0;
}

static inline void put(const char *name, const char *text)
{
	cleanup_fd int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(file_write_full(fd, text, strlen(text)), 0);
}

/* Empty for a missing file. */
static inline const char *content(const char *name)
{
	static char text[256];
	cleanup_buf struct buf b = {0};

	text[0] = '\0';
	if (file_read_at(AT_FDCWD, name, sizeof(text) - 1, &b, NULL) == 0)
		memcpy(text, b.data, b.len + 1);
	return text;
}

static inline unsigned count_names(void)
{
	DIR *d = opendir(".");
	unsigned n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

static inline void open_and_lock(struct oci_bundle *b)
{
	struct err err;

	if (oci_bundle_open(NULL, NULL, b, &err) < 0 || oci_bundle_lock(b, NULL, 1000, &err) < 0)
		fail_msg("%s", err.msg);
}

static inline int read_and_prepare(struct oci_bundle *b)
{
	cleanup_buf struct buf text = {0};
	struct err err = {0};
	int r = oci_bundle_read(b, &text, &err);

	if (r == 0)
		assert_string_equal(text.data, CALLERS);
	return r < 0 ? r : oci_bundle_prepare(b, OURS, strlen(OURS), &err);
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

#endif
