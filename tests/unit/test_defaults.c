#include "seccomp/policy/defaults.h"

#include "base/json/json.h"
#include "base/text.h"
#include "seccomp/filter/evaluate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void all_three_are_there(void **state)
{
	static const char *const names[] = {"containerd", "moby", "podman"};
	const struct default_profile *all = NULL;

	assert_int_equal(default_profiles("x86_64", &all), 3);
	for (size_t i = 0; i < 3; i++) {
		assert_string_equal(all[i].name, names[i]);
		assert_int_equal(strlen(all[i].text), all[i].len);
		assert_true(*all[i].version && *all[i].how);
		assert_string_equal(all[i].machine, "x86_64");
	}
	assert_ptr_equal(default_profile("@moby", NULL), default_profile("moby", "x86_64"));
	assert_ptr_equal(default_profile("@containerd", NULL)->text, default_profile("containerd-2.1", NULL)->text);
	assert_non_null(strstr(default_profile("@containerd-1.6", NULL)->version, "containerd 1.6."));
	assert_non_null(strstr(default_profile("@moby-20.10", NULL)->version, "dockerd 20.10."));
	assert_non_null(strstr(default_profile("@podman-4.3", NULL)->version, "podman 4.3."));
	assert_null(default_profile("@moby-1.0", NULL));
	assert_null(default_profile("@docker", "x86_64"));
	assert_null(default_profile("", NULL));
}

/* Those of the machine that is asked for; where none was obtained there, another's, and it says so. */
static void each_machine_has_its_own(void **state)
{
	const struct default_profile *all = NULL, *other = NULL;
	size_t n = default_versions(&all);

	for (size_t i = 0; i < n; i++) {
		const struct default_profile *p = default_profile(all[i].name, all[i].machine);

		assert_ptr_equal(p, &all[i]);
		assert_int_equal(default_profiles(all[i].machine, &other), 3);
		for (size_t k = 0; k < 3; k++)
			assert_string_equal(other[k].machine, all[i].machine);
	}
	assert_int_equal(default_profiles("aarch64", &other), 3);
	assert_string_equal(default_profile("@moby", "aarch64")->machine, "aarch64");
	assert_int_equal(default_profiles("riscv64", &other), 3);
	assert_string_equal(other[0].machine, "x86_64");
	assert_string_equal(default_profile("@moby", "riscv64")->machine, "x86_64");
	assert_string_equal(default_profile("@moby-20.10", "aarch64")->machine, "x86_64");
}

/* What nobody doubts of them, so that a fact that was obtained wrongly is noticed. */
static void they_say_what_they_are_known_for(void **state)
{
	static const struct {
		uint32_t nr;
		enum evaluate_verdict verdict;
	} rows[] = {
		{0, EVALUATE_ALLOWS},   /* read */
		{231, EVALUATE_ALLOWS}, /* exit_group */
		{56, EVALUATE_DEPENDS}, /* clone: no namespaces */
		{135, EVALUATE_DEPENDS}, /* personality */
		{246, EVALUATE_DENIES}, /* kexec_load */
		{304, EVALUATE_DENIES}, /* open_by_handle_at */
	};
	const struct default_profile *all = NULL;
	size_t n = default_profiles(NULL, &all);

	for (size_t i = 0; i < n; i++) {
		cleanup_evaluator struct evaluator *j = NULL;
		struct err err = {0};

		assert_int_equal(evaluate_new(all[i].text, all[i].len, all[i].name, &j, &err), 0);
		for (size_t k = 0; k < ARRAY_SIZE(rows); k++) {
			enum evaluate_verdict v = EVALUATE_NO_ARCH;

			assert_int_equal(evaluate_call(j, arch_get(ARCH_X86_64), rows[k].nr, &v, &err), 0);
			/* Podman's denies by a rule, and allows clone with any flags. */
			if (v == EVALUATE_REFUSES)
				v = EVALUATE_DENIES;
			if (text_streq(all[i].name, "podman") && rows[k].nr == 56)
				assert_int_equal(v, EVALUATE_ALLOWS);
			else
				assert_int_equal(v, rows[k].verdict);
		}
	}
}

static void they_are_called_by_product_and_version(void **state)
{
	static const char *const titles[][2] = {{"moby-20.10", "Docker 20.10"}, {"containerd-1.6", "containerd 1.6"}, {"podman-4.3", "Podman 4.3"}};

	for (size_t i = 0; i < ARRAY_SIZE(titles); i++) {
		cleanup_buf struct buf b = {0};

		default_add_title(default_profile(titles[i][0], NULL), &b);
		assert_string_equal(b.data, titles[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_three_are_there),
		cmocka_unit_test(each_machine_has_its_own),
		cmocka_unit_test(they_say_what_they_are_known_for),
		cmocka_unit_test(they_are_called_by_product_and_version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
