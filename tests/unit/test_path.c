#include "base/cleanup.h"
#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static void is_made_absolute(void **state)
{
	static const struct {
		const char *path, *want;
	} rows[] = {
		{"/run/runc", "/run/runc"}, {"/run/runc/", "/run/runc"}, {"//run///runc//", "/run/runc"}, {"/", "/"},
		{"/run/./runc/.", "/run/runc"}, {"/run/x/../runc", "/run/runc"}, {"/../..", "/"}, {"/a/../../b", "/b"},
		{"/run/..runc/...", "/run/..runc/..."}, {"runc", "/usr/runc"}, {"./runc/", "/usr/runc"}, {"../run/runc", "/run/runc"}, {"", "/usr"},
	};

	assert_int_equal(chdir("/usr"), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *got = NULL;

		assert_int_equal(file_make_absolute(rows[i].path, &got), 0);
		assert_string_equal(got, rows[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(is_made_absolute)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
