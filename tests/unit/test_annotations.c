#include "shim/runtime/annotations.h"

#include "base/json/json.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define UUID  "550e8400-e29b-41d4-a716-446655440000"

static struct oci_spec *with_annotations(const char *const pairs[][2], size_t count)
{
	cleanup_buf struct buf b = {0};
	struct oci_spec *spec = NULL;
	struct json_writer w;
	struct err err = {0};

	json_write_begin(&w, &b, true);
	json_write_object(&w, NULL);
	json_write_object(&w, "annotations");
	for (size_t i = 0; i < count; i++)
		if (pairs[i][0] && pairs[i][1])
			json_write_string(&w, pairs[i][0], pairs[i][1]);
	json_write_end_object(&w);
	json_write_end_object(&w);
	if (oci_spec_parse(b.data, b.len, "config.json", &spec, &err) < 0)
		fail_msg("%s", err.msg);
	return spec;
}

/* Whose annotations are they? Those of a plain container choose its key only where its caller wrote them. */
static void test_callers(void **state)
{
	static const struct {
		const char *root, *id, *mark;
		bool callers;
	} cases[] = {
		{"/run/runc", "web", NULL, true},
		{"/run/containerd/runc/default", "web", NULL, true},
		{"/run/runc", HEX64, NULL, false},
		{"/run/runc", UUID, NULL, false},
		{"/var/run/docker/runtime-runc/moby", HEX64, NULL, true},
		{"/var/run/docker/runtime-runc/moby/", HEX64, NULL, true},
		{"/var/run/docker/runtime-runc/moby", HEX64, "io.kubernetes.container.hash", false},
		{"/run/notmoby", HEX64, NULL, false},
		{NULL, HEX64, NULL, false},
		{NULL, "web", NULL, true},
		/* an image's labels, and the marks beside them */
		{"/run/runc", "web", "org.opencontainers.image.os", false},
		{"/run/runc", "web", "io.container.manager", false},
		{"/run/runc", "web", "io.podman.annotations.init", false},
		{"/run/runc", "web", "io.kubernetes.cri-o.Created", false},
		{"/run/runc", "web", "com.example.team", true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *const pairs[][2] = {{"io.snug.profile", "mine"}, {cases[i].mark, ""}};
		cleanup_spec struct oci_spec *spec = with_annotations(pairs, ARRAY_SIZE(pairs));
		const struct config config = {0};
		struct annotations a;

		annotations_read(spec, OCI_KIND_PLAIN, cases[i].root, cases[i].id, &config, &a);
		if (a.callers != cases[i].callers || (a.profile != NULL) != cases[i].callers || a.ignored == cases[i].callers)
			fail_msg("root %s, id %s, %s", cases[i].root, cases[i].id, cases[i].mark);
	}
}

static void test_counts(void **state)
{
	static const struct {
		enum oci_container_kind kind;
		bool callers, list_profile, list_mode, images; /* whose they are; the configuration */
		bool profile, mode;                            /* what counts */
	} cases[] = {
		{OCI_KIND_PLAIN, true, false, false, false, true, false},
		{OCI_KIND_PLAIN, true, false, true, false, true, true},
		{OCI_KIND_PLAIN, false, true, true, false, false, false},
		{OCI_KIND_PLAIN, false, false, false, true, true, false},
		{OCI_KIND_PLAIN, false, false, true, true, true, true},
		/* a pod's annotations are never the caller's, and image_annotations is nothing to it */
		{OCI_KIND_POD, true, false, false, true, false, false},
		{OCI_KIND_POD, true, true, false, false, true, false},
		{OCI_KIND_POD, true, false, true, false, false, true},
	};
	static const char *const pairs[][2] = {{"io.snug.profile", "mine"}, {"io.snug.mode", "enforce"}};
	cleanup_spec struct oci_spec *spec = with_annotations(pairs, ARRAY_SIZE(pairs));

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct config config = {.annotation_profile = cases[i].list_profile,
					      .annotation_mode = cases[i].list_mode,
					      .image_annotations = cases[i].images};
		struct annotations a;

		annotations_read(spec, cases[i].kind, "/run/runc", cases[i].callers ? "web" : HEX64, &config, &a);
		if ((a.profile != NULL) != cases[i].profile || a.ignored == cases[i].profile || (a.mode != NULL) != cases[i].mode ||
		    annotations_chose(&a) != (cases[i].profile || cases[i].mode) ||
		    a.callers != (cases[i].callers && cases[i].kind == OCI_KIND_PLAIN))
			fail_msg("case %zu", i);
	}
}

static void test_mode(void **state)
{
	static const struct {
		const char *annotation;
		enum config_mode handler, mode;
		int r;
	} cases[] = {
		{NULL, CONFIG_LEARN, CONFIG_LEARN, 0},
		{"learn", CONFIG_LEARN, CONFIG_LEARN, 0},
		{"audit", CONFIG_AUDIT, CONFIG_AUDIT, 0},
		{"enforce", CONFIG_LEARN, CONFIG_ENFORCE, 0},
		{"enforce", CONFIG_AUDIT, CONFIG_ENFORCE, 0},
		{"enforce", CONFIG_ENFORCE, CONFIG_ENFORCE, 0},
		{"learn", CONFIG_ENFORCE, 0, -EPERM},
		{"audit", CONFIG_ENFORCE, 0, -EPERM},
		{"audit", CONFIG_LEARN, 0, -EPERM},
		{"learn", CONFIG_AUDIT, 0, -EPERM},
		{"pass", CONFIG_ENFORCE, 0, -EINVAL},
		{"pass", CONFIG_LEARN, 0, -EINVAL},
		{"", CONFIG_LEARN, 0, -EINVAL},
		{"Enforce", CONFIG_LEARN, 0, -EINVAL},
		{"learn", CONFIG_PASS, CONFIG_PASS, 0},
		{"nonsense", CONFIG_PASS, CONFIG_PASS, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct annotations a = {.mode = cases[i].annotation};
		enum config_mode mode = CONFIG_PASS;
		struct err err = {0};
		int r = annotations_choose_mode(&a, cases[i].handler, &mode, &err);

		if (r != cases[i].r || (r == 0 && mode != cases[i].mode) || (r < 0 && !strstr(err.msg, "io.snug.mode")))
			fail_msg("case %zu: %d %d %s", i, r, (int)mode, err.msg);
	}
}

/* crun's ways to load another filter. */
static void test_check(void **state)
{
	static const struct {
		const char *name;
		int r;
	} cases[] = {
		{"run.oci.seccomp_bpf_data", -EPERM},
		{"run.oci.seccomp_bpf_file", -EPERM},
		{"run.oci.seccomp.receiver", -EPERM},
		{"run.oci.seccomp.plugins", -EPERM},
		{"run.oci.seccomp_fail_unknown_syscall", 0},
		{"run.oci.hooks.stdout", 0},
		{"com.example.team", 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *const pairs[][2] = {{cases[i].name, "1"}};
		cleanup_spec struct oci_spec *spec = with_annotations(pairs, ARRAY_SIZE(pairs));
		struct err err = {0};
		int r = annotations_check(spec, &err);

		if (r != cases[i].r || (r < 0 && !strstr(err.msg, cases[i].name)))
			fail_msg("%s: %d %s", cases[i].name, r, err.msg);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_callers),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_mode),
		cmocka_unit_test(test_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
