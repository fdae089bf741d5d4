/* The Prometheus text format: labels are escaped, families stay together. */
#include "base/cleanup.h"
#include "shim/cli/metrics/exposition.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct exposition_family families[] = {
	{"a_total", EXPOSITION_COUNTER, "A."}, {"b_seconds", EXPOSITION_GAUGE, "B."}, {"c", EXPOSITION_GAUGE, "C."}};

static void assert_page(const struct exposition *x, const char *want)
{
	cleanup_buf struct buf out = {0};

	exposition_write(x, &out);
	assert_false(buf_failed(&out));
	assert_string_equal(out.data, want);
}

static void together(void **state)
{
	struct buf samples[3] = {{0}};
	cleanup_exposition struct exposition x = {families, samples, 3};

	exposition_add(&x, 0, (const struct exposition_label[]){{"key", "x"}, {NULL}}, 1);
	exposition_add_time(&x, 1, NULL, 1769860801002);
	exposition_add(&x, 0, (const struct exposition_label[]){{"key", "y"}, {"syscall", "read"}, {NULL}}, UINT64_MAX);
	assert_page(&x, "# HELP a_total A.\n# TYPE a_total counter\na_total{key=\"x\"} 1\n"
			"a_total{key=\"y\",syscall=\"read\"} 18446744073709551615\n"
			"# HELP b_seconds B.\n# TYPE b_seconds gauge\nb_seconds 1769860801.002\n");
}

static void hostile_names(void **state)
{
	static const struct {
		const char *name, *want;
	} cases[] = {
		{"a\"} 9\nc 1", "a\\\"} 9\\nc 1"}, {"\\", "\\\\"}, {"\\n", "\\\\n"}, {"\xc3\xa4\xff", "???"},
		{"a=b,c{d}#", "a=b,c{d}#"},        {"", ""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct buf samples[3] = {{0}};
		cleanup_exposition struct exposition x = {families, samples, 3};
		cleanup_buf struct buf want = {0};

		exposition_add(&x, 2, (const struct exposition_label[]){{"key", cases[i].name}, {NULL}}, 1);
		buf_addf(&want, "# HELP c C.\n# TYPE c gauge\nc{key=\"%s\"} 1\n", cases[i].want);
		assert_page(&x, want.data);
	}
}

static void out_of_memory(void **state)
{
	struct buf samples[3] = {{0}, {.failed = true}};
	cleanup_exposition struct exposition x = {families, samples, 3};
	cleanup_buf struct buf out = {0};

	exposition_write(&x, &out);
	assert_true(buf_failed(&out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(together), cmocka_unit_test(hostile_names),
					   cmocka_unit_test(out_of_memory)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
