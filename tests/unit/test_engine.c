#include "shim/cli/key/engine.h"

#include "base/text.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char FILE_TEXT[] =
	"{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"defaultErrnoRet\": 38, \"syscalls\": ["
	"{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ALLOW\", \"includes\": {}, \"excludes\": {}},"
	"{\"names\": [\"mount\"], \"action\": \"SCMP_ACT_ALLOW\", \"includes\": {\"caps\": [\"CAP_SYS_ADMIN\"]}},"
	"{\"names\": [\"chroot\"], \"action\": \"SCMP_ACT_ALLOW\", \"includes\": {\"caps\": [\"CAP_SYS_CHROOT\"]}},"
	"{\"names\": [\"socket\"], \"action\": \"SCMP_ACT_ALLOW\", \"includes\": {\"caps\": [\"CAP_AUDIT_WRITE\"]}},"
	"{\"names\": [\"bind\"], \"action\": \"SCMP_ACT_ALLOW\", \"excludes\": {\"caps\": [\"CAP_AUDIT_WRITE\"]}}]}";

struct place {
	char dir[32], file[64], absent[64];
};

static void make_place(struct place *p, const char *text)
{
	FILE *f;

	strcpy(p->dir, "/tmp/snug-test.XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	snprintf(p->file, sizeof(p->file), "%s/seccomp.json", p->dir);
	snprintf(p->absent, sizeof(p->absent), "%s/none.json", p->dir);
	f = fopen(p->file, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
	assert_int_equal(fclose(f), 0);
}

static void remove_place(const struct place *p)
{
	assert_int_equal(unlink(p->file), 0);
	assert_int_equal(rmdir(p->dir), 0);
}

/* Podman's containers have CAP_SYS_CHROOT, and neither CAP_SYS_ADMIN nor, other than Docker's, CAP_AUDIT_WRITE. */
static void conditions_are_decided_for_podman(void **state)
{
	struct place p;
	cleanup_buf struct buf out = {0};
	struct err err = {0};
	const char *path = NULL;

	make_place(&p, FILE_TEXT);
	const char *const paths[] = {p.absent, p.file};
	assert_int_equal(engine_read_podman(paths, 2, &out, &path, &err), 0);
	assert_string_equal(path, p.file);
	assert_non_null(strstr(out.data, "\"read\""));
	assert_non_null(strstr(out.data, "\"chroot\""));
	assert_non_null(strstr(out.data, "\"bind\""));
	assert_null(strstr(out.data, "\"mount\""));
	assert_null(strstr(out.data, "\"socket\""));
	assert_null(strstr(out.data, "cludes"));
	assert_non_null(strstr(out.data, "38"));
	remove_place(&p);
}

static void no_file_is_no_error_and_a_bad_one_is(void **state)
{
	struct place p;
	cleanup_buf struct buf out = {0};
	struct err err = {0};
	const char *path = NULL;

	make_place(&p, "{\"defaultAction\": ");
	const char *const paths[] = {p.absent, p.file};
	assert_int_equal(engine_read_podman(paths, 1, &out, &path, &err), 1);
	assert_null(path);
	assert_true(engine_read_podman(paths, 2, &out, &path, &err) < 0);
	assert_non_null(strstr(err.msg, p.file));
	remove_place(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conditions_are_decided_for_podman),
		cmocka_unit_test(no_file_is_no_error_and_a_bad_one_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
