#include "shim/common/features.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define FEATURES(members) "{\"linux\":{\"seccomp\":{\"enabled\":true" members "}}}"
#define WITH              FEATURES(",\"knownFlags\":[\"SECCOMP_FILTER_FLAG_LOG\"],\"supportedFlags\":[\"A\",\"SECCOMP_FILTER_FLAG_LOG\"]")

static const struct {
	const char *version, *features; /* NULL: no such command */
	bool takes;
} cases[] = {
	{"runc version 1.1.5+ds1;commit: x", FEATURES(""), false},
	{"runc version 1.1.5", NULL, false},
	{"runc version 1.2.0", WITH, true},
	/* known to runc, but not to the libseccomp under it */
	{"runc version 1.2.0", FEATURES(",\"knownFlags\":[\"SECCOMP_FILTER_FLAG_LOG\"],\"supportedFlags\":[]"), false},
	{"runc version 1.2.0", FEATURES(",\"knownFlags\":[\"SECCOMP_FILTER_FLAG_LOG\"]"), false},
	{"runc version 1.2.0", "{", false},
	{"runc version 1.2.0", "", false},
	{"crun version 1.8.1;commit: y", NULL, true},
	{"crun version 1.8.1", "unknown", true},
	{"crun version 1.15", WITH, true},
	{"crun version 1.15", FEATURES(",\"supportedFlags\":[]"), false},
	{"crun version 0.13", NULL, false},
	{"crun version UNKNOWN", NULL, false},
	/* what it calls today may be another tomorrow */
	{"NVIDIA Container Runtime version 1.13.0;runc version 1.2.0", WITH, false},
	{"youki version 0.3", WITH, false},
	{"", WITH, false},
};

static void test_evaluate(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf features = {.data = (char *)(uintptr_t)cases[i].features};

		features.len = cases[i].features ? strlen(cases[i].features) : 0;
		if (features_takes_log_flag(cases[i].version, cases[i].features ? &features : NULL) != cases[i].takes)
			fail_msg("%s, %s", cases[i].version, cases[i].features ? cases[i].features : "no features");
	}
}

/* A program in C would do; a script is never asked, so the copy of a real one is: /bin/true says nothing of a version. */
static void test_learn(void **state)
{
	char dir[] = "/tmp/snug-features.XXXXXX", path[128], file[512], id[OCI_RUNTIME_ID_MAX];
	struct oci_runtime rt = {0}, script = {0};

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(oci_runtime_open("/bin/true", -1, &rt, NULL), 0);
	oci_runtime_id(&rt, id);
	assert_int_equal(features_log_denials(dir, &rt), FEATURES_UNKNOWN);
	assert_int_equal(features_learn(dir, &rt, NULL), 0);
	assert_int_equal(features_log_denials(dir, &rt), FEATURES_CANNOT);
	/* Not asked again: what is written stands. */
	snprintf(file, sizeof(file), "%s/runtimes/%s.json", dir, id);
	int fd = open(file, O_WRONLY | O_TRUNC | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(file_write_full(fd, "{\"log_denials\":true}", 20), 0);
	close(fd);
	assert_int_equal(features_learn(dir, &rt, NULL), 0);
	assert_int_equal(features_log_denials(dir, &rt), FEATURES_CAN);
	assert_int_equal(features_by_id(dir, id), FEATURES_CAN);
	assert_int_equal(features_by_id(dir, "../x"), FEATURES_UNKNOWN);
	/* Torn: as if never asked. */
	assert_int_equal(truncate(file, 5), 0);
	assert_int_equal(features_log_denials(dir, &rt), FEATURES_UNKNOWN);

	snprintf(path, sizeof(path), "%s/script", dir);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	assert_int_equal(file_write_full(fd, "#!/bin/sh\necho crun version 1.8\n", 32), 0);
	close(fd);
	assert_int_equal(oci_runtime_open(path, -1, &script, NULL), 0);
	assert_int_equal(features_log_denials(dir, &script), FEATURES_CANNOT);
	oci_runtime_done(&rt);
	oci_runtime_done(&script);
	unlink(path);
	unlink(file);
	snprintf(path, sizeof(path), "%s/runtimes", dir);
	rmdir(path);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_evaluate), cmocka_unit_test(test_learn)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
