#include "oci/key.h"

#include "base/json/json.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define UUID  "550e8400-e29b-41d4-a716-446655440000"
#define A50   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A200  A50 A50 A50 A50
#define CRI   "io.kubernetes.cri."
#define ROOT  "/run/containerd/runc/k8s.io"

static struct oci_spec *parsed(const char *text)
{
	struct oci_spec *spec = NULL;
	struct err err = {0};

	if (oci_spec_parse(text, strlen(text), "config.json", &spec, &err) < 0)
		fail_msg("%s\nin %s", err.msg, text);
	return spec;
}

/* Writes one annotation for each pair; a NULL value leaves it out. */
static struct oci_spec *with_annotations(const char *const pairs[][2], size_t count, const char *program)
{
	cleanup_buf struct buf b = {0};
	struct json_writer w;

	json_write_begin(&w, &b, true);
	json_write_object(&w, NULL);
	json_write_object(&w, "annotations");
	for (size_t i = 0; i < count; i++)
		if (pairs[i][1])
			json_write_string(&w, pairs[i][0], pairs[i][1]);
	json_write_end_object(&w);
	json_write_object(&w, "process");
	json_write_array(&w, "args");
	if (program)
		json_write_string(&w, NULL, program);
	json_write_end_array(&w);
	json_write_end_object(&w);
	json_write_end_object(&w);
	return parsed(b.data);
}

static void test_kind(void **state)
{
	static const struct {
		const char *root, *type;
		enum oci_container_kind kind;
	} cases[] = {
		{ROOT, "container", OCI_KIND_POD},
		{ROOT, "sandbox", OCI_KIND_SANDBOX},
		{ROOT, "Sandbox", OCI_KIND_POD}, /* never a way to pass through */
		{ROOT, "", OCI_KIND_POD},
		{ROOT, NULL, OCI_KIND_PLAIN},
		{ROOT "/", "sandbox", OCI_KIND_SANDBOX},
		{ROOT "//", "container", OCI_KIND_POD},
		{ROOT "/x", "sandbox", OCI_KIND_PLAIN},
		{"/run/xk8s.io", "sandbox", OCI_KIND_PLAIN},
		{"/run/k8s.iox", "sandbox", OCI_KIND_PLAIN},
		{"k8s.io", "sandbox", OCI_KIND_PLAIN}, /* a relative root is a person's */
		{"/run/docker/runtime-runc/moby", "sandbox", OCI_KIND_PLAIN},
		{"/run/runc", "container", OCI_KIND_PLAIN},
		{"/", "container", OCI_KIND_PLAIN},
		{"", "container", OCI_KIND_PLAIN},
		{NULL, "container", OCI_KIND_PLAIN},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *const pairs[][2] = {{CRI "container-type", cases[i].type}};
		cleanup_spec struct oci_spec *spec = with_annotations(pairs, 1, NULL);

		if (oci_key_kind(spec, cases[i].root) != cases[i].kind)
			fail_msg("root %s, type %s", cases[i].root, cases[i].type);
	}
}

static void test_plain(void **state)
{
	static const struct {
		const char *annotation, *id, *program;
		bool program_name;
		const char *key; /* NULL: none */
		int r;
	} cases[] = {
		{"web", HEX64, NULL, false, "web", 0},
		{"web", "chosen", "/bin/sh", true, "web", 0},
		{NULL, "chosen", "/bin/sh", true, "chosen", 0},
		{NULL, HEX64, "/usr/sbin/nginx", true, "program/nginx", 0},
		{NULL, HEX64, "nginx", true, "program/nginx", 0},
		{NULL, HEX64, "/usr/sbin/nginx", false, NULL, -ENOENT},
		{NULL, HEX64, "/usr/sbin/", true, NULL, -ENOENT},
		{NULL, HEX64, "", true, NULL, -ENOENT},
		{NULL, HEX64, NULL, true, NULL, -ENOENT},
		{NULL, "", NULL, false, NULL, -ENOENT},
		{NULL, UUID, "..", true, "program/%2E.", 0},
		{"", "chosen", "sh", true, NULL, -EINVAL},
		{A200, "x", NULL, false, A200, 0},
		{A200 "a", "x", NULL, false, NULL, -EINVAL},
		/* the pods' directory and everything in it */
		{"k8s", "x", NULL, false, "%6B8s", 0},
		{NULL, "k8s", NULL, false, "%6B8s", 0},
		{NULL, HEX64, "/k8s", true, "program/k8s", 0},
		/* the programs' likewise */
		{"program", "x", NULL, false, "%70rogram", 0},
		{NULL, "program", NULL, true, "%70rogram", 0},
		{"program/nginx", "x", NULL, false, "program%2Fnginx", 0},
		{NULL, HEX64, "/program", true, "program/program", 0},
		{"K8s", "x", NULL, false, "K8s", 0},
		{"k8s/", "x", NULL, false, "k8s%2F", 0},
		{"k8s/default/web", "x", NULL, false, "k8s%2Fdefault%2Fweb", 0},
		{"./k8s/default/web", "x", NULL, false, "%2E%2Fk8s%2Fdefault%2Fweb", 0},
		{"%6B8s", "x", NULL, false, "%256B8s", 0},
		/* ways out */
		{"..", "x", NULL, false, "%2E.", 0},
		{".", "x", NULL, false, "%2E", 0},
		{"/", "x", NULL, false, "%2F", 0},
		{"../../etc/passwd", "x", NULL, false, "%2E.%2F..%2Fetc%2Fpasswd", 0},
		{NULL, "../x", NULL, false, "%2E.%2Fx", 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		/* what a container says of a pod is nothing to a plain one */
		const char *const pairs[][2] = {{CRI "sandbox-namespace", "kube-system"},
						{CRI "container-name", "c"},
						{CRI "image-name", "i"}};
		cleanup_spec struct oci_spec *spec = with_annotations(pairs, ARRAY_SIZE(pairs), cases[i].program);
		struct oci_key_rules rules = {.program_name = cases[i].program_name, .chosen = cases[i].annotation};
		cleanup_free char *key = NULL;
		struct err err = {0};
		int r = oci_key_make(spec, OCI_KIND_PLAIN, cases[i].id, &rules, &key, &err);

		if (r != cases[i].r || (key != NULL) != (cases[i].key != NULL) ||
		    (key && strcmp(key, cases[i].key) != 0))
			fail_msg("case %zu: %d %s %s", i, r, key ? key : "none", err.msg);
		assert_true(r == 0 ? oci_key_check(key, &err) == 0 : err.msg[0] != '\0');
	}
}

static void test_pod(void **state)
{
	static const struct {
		const char *namespace, *container, *image, *annotation;
		const char *key; /* NULL: refused */
	} cases[] = {
		{"prod", "web", "docker.io/library/nginx:1.25", NULL,
		 "k8s/prod/web/docker.io%2Flibrary%2Fnginx"},
		{"prod", "web", "nginx", "mine", "k8s/prod/mine"},
		{"prod", "web", "nginx", NULL, "k8s/prod/web/nginx"},
		{"prod", NULL, NULL, "mine", "k8s/prod/mine"},
		{"prod", "web", NULL, NULL, "k8s/prod/web/%"},
		{NULL, "web", "nginx", NULL, NULL},
		{"", "web", "nginx", NULL, NULL},
		{NULL, "web", "nginx", "mine", NULL},
		{"prod", NULL, "nginx", NULL, NULL},
		{"prod", "", "nginx", NULL, NULL},
		{"prod", "web", "nginx", "", NULL},
		{"prod", "web", "nginx", A200 "x", NULL},
		/* no way to another namespace, nor out of the pods' directory */
		{"prod", "web", "nginx", "../other/web", "k8s/prod/%2E.%2Fother%2Fweb"},
		{"prod", "web", "nginx", "/k8s/other", "k8s/prod/%2Fk8s%2Fother"},
		{"prod", "web", "nginx", "..", "k8s/prod/%2E."},
		{"prod", "web", "nginx", "evidence.json", "k8s/prod/evidence%2Ejson"},
		{"prod/../other", "web", "nginx", NULL, "k8s/prod%2F..%2Fother/web/nginx"},
		{"..", "..", "..", NULL, "k8s/%2E./%2E./%2E."},
		{"k8s", "k8s", "k8s", NULL, "k8s/k8s/k8s/k8s"},
		/* repositories */
		{"n", "c", "localhost:5000/x/y:tag", NULL, "k8s/n/c/localhost%3A5000%2Fx%2Fy"},
		{"n", "c", "localhost:5000/x", NULL, "k8s/n/c/localhost%3A5000%2Fx"},
		{"n", "c", "docker.io/library/nginx:1.2@sha256:" HEX64, NULL,
		 "k8s/n/c/docker.io%2Flibrary%2Fnginx"},
		{"n", "c", "r.io/a@sha256:" HEX64, NULL, "k8s/n/c/r.io%2Fa"},
		{"n", "c", "[::1]:5000/a:b", NULL, "k8s/n/c/%5B%3A%3A1%5D%3A5000%2Fa"},
		{"n", "c", "sha256:" HEX64, NULL, "k8s/n/c/sha256%3A" HEX64},
		{"n", "c", "sha256:tag", NULL, "k8s/n/c/sha256"},
		{"n", "c", ":tag", NULL, "k8s/n/c/%"},
		{"n", "c", "@sha256:" HEX64, NULL, "k8s/n/c/%"},
		{"n", "c", "a/:tag", NULL, "k8s/n/c/a%2F"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *const pairs[][2] = {{CRI "sandbox-namespace", cases[i].namespace},
						{CRI "container-name", cases[i].container},
						{CRI "image-name", cases[i].image},
						{"io.kubernetes.cri-o.Metadata", "{}"}};
		cleanup_spec struct oci_spec *spec = with_annotations(pairs, ARRAY_SIZE(pairs), "sh");
		struct oci_key_rules rules = {.program_name = true, .chosen = cases[i].annotation};
		cleanup_free char *key = NULL;
		struct err err = {0};
		int r = oci_key_make(spec, OCI_KIND_POD, "chosen", &rules, &key, &err);

		if (r != (cases[i].key ? 0 : -EINVAL) || (key != NULL) != (cases[i].key != NULL) ||
		    (key && strcmp(key, cases[i].key) != 0))
			fail_msg("case %zu: %d %s %s", i, r, key ? key : "none", err.msg);
		assert_true(r == 0 ? oci_key_check(key, &err) == 0 : err.msg[0] != '\0');
	}
}

#define CRIO "io.kubernetes.cri-o."

static void test_ephemeral(void **state)
{
	static const struct {
		const char *name;
		bool ephemeral;
	} cases[] = {
		{"debugger-x7k2b", true}, {"debugger-aaaaa", false}, {"debugger-x7k2", false}, {"debugger-x7k2bb", false},
		{"debugger", false},      {"debugger-", false},      {"web", false},           {"xdebugger-x7k2b", false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *const containerd[][2] = {{CRI "container-type", "container"}, {CRI "sandbox-namespace", "sh op"},
						     {CRI "container-name", cases[i].name}};
		struct oci_spec *spec = with_annotations(containerd, ARRAY_SIZE(containerd), "sh");
		cleanup_free char *key = NULL;

		if (oci_key_is_ephemeral(spec, OCI_KIND_POD) != cases[i].ephemeral)
			fail_msg("%s", cases[i].name);
		assert_false(oci_key_is_ephemeral(spec, OCI_KIND_PLAIN));
		assert_int_equal(oci_key_make_ephemeral(spec, &key, NULL), 0);
		assert_string_equal(key, "k8s/sh%20op/debugger");
		oci_spec_free(spec);
	}
	const char *const crio[][2] = {{"io.kubernetes.cri-o.ContainerType", "container"},
				       {"io.kubernetes.cri-o.Name", "k8s_debugger-x7k2b_pod-1_shop_" UUID "_0"}};
	struct oci_spec *spec = with_annotations(crio, ARRAY_SIZE(crio), "sh");

	assert_true(oci_key_is_ephemeral(spec, OCI_KIND_POD));
	oci_spec_free(spec);
}

static void test_crio(void **state)
{
	static const struct {
		const char *root, *type, *name, *image, *containerd_type, *profile;
		enum oci_container_kind kind;
		const char *key; /* NULL: none */
	} cases[] = {
		{"/run/crio/k8s.io", "container", "k8s_web_pod-1_shop_" UUID "_0", "quay.io/x/nginx:1.2", NULL, NULL, OCI_KIND_POD,
		 "k8s/shop/web/quay.io%2Fx%2Fnginx"},
		{"/run/crio/k8s.io/", "container", "k8s_web_pod-1_shop_" UUID "_12", "nginx@sha256:00", NULL, NULL, OCI_KIND_POD,
		 "k8s/shop/web/nginx"},
		{"/run/crio/k8s.io", "container", "k8s_web_pod-1_shop_" UUID "_0", "nginx", NULL, "mine", OCI_KIND_POD, "k8s/shop/mine"},
		{"/run/crio/k8s.io", "sandbox", "k8s_pod-1_shop_" UUID "_0", "pause", NULL, NULL, OCI_KIND_SANDBOX, NULL},
		{"/run/crio/k8s.io", "container", "k8s_pod-1_shop_" UUID "_0", "nginx", NULL, NULL, OCI_KIND_POD, NULL},
		{"/run/crio/k8s.io", "container", "k8s_a_b_c_d_e_f", "nginx", NULL, NULL, OCI_KIND_POD, NULL},
		{"/run/crio/k8s.io", "container", "x_web_pod-1_shop_" UUID "_0", "nginx", NULL, NULL, OCI_KIND_POD, NULL},
		{"/run/crio/k8s.io", "container", "k8s_web_pod-1__" UUID "_0", "nginx", NULL, NULL, OCI_KIND_POD, NULL},
		{"/run/crio/k8s.io", "container", "", "nginx", NULL, NULL, OCI_KIND_POD, NULL},
		{"/run/crio/k8s.io", "container", NULL, "nginx", NULL, NULL, OCI_KIND_POD, NULL},
		/* no way to pass for a pause container, nor for containerd's */
		{"/run/crio/k8s.io", "container", "k8s_web_pod-1_shop_" UUID "_0", "nginx", "sandbox", NULL, OCI_KIND_POD, NULL},
		{"/run/crio/k8s.io", "sandbox", "k8s_pod-1_shop_" UUID "_0", "nginx", "container", NULL, OCI_KIND_POD, NULL},
		/* under a root of root's own nothing says that the annotations are CRI-O's */
		{"/run/runc", "container", "k8s_web_pod-1_shop_" UUID "_0", "nginx", NULL, "mine", OCI_KIND_PLAIN, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		/* What a pod may have written itself comes first and counts for nothing. */
		const char *pairs[][2] = {{CRIO "Namespace", "other"},
					  {CRIO "ContainerName", "other"},
					  {CRI "sandbox-namespace", "other"},
					  {CRI "container-name", "other"},
					  {CRI "image-name", "other"},
					  {CRI "container-type", cases[i].containerd_type},
					  {CRIO "ContainerType", cases[i].type},
					  {CRIO "Name", cases[i].name},
					  {CRIO "ImageName", cases[i].image}};
		cleanup_spec struct oci_spec *spec = with_annotations(pairs, ARRAY_SIZE(pairs), "sh");
		struct oci_key_rules rules = {.program_name = true, .chosen = cases[i].profile};
		enum oci_container_kind kind = oci_key_kind(spec, cases[i].root);
		cleanup_free char *key = NULL;
		struct err err = {0};
		int r = oci_key_make(spec, kind, "chosen", &rules, &key, &err);

		if (kind != cases[i].kind || (r == 0) != (cases[i].key != NULL) || (key && strcmp(key, cases[i].key) != 0))
			fail_msg("case %zu: kind %d, %d %s %s", i, (int)kind, r, key ? key : "none", err.msg);
	}
}

static void test_no_key(void **state)
{
	static const char *const pairs[][2] = {{"io.kubernetes.cri-o.Metadata", "{}"},
					       {CRI "sandbox-namespace", "n"},
					       {CRI "container-name", "c"}};
	cleanup_spec struct oci_spec *spec = with_annotations(pairs, ARRAY_SIZE(pairs), "sh");
	struct oci_key_rules rules = {.program_name = true, .chosen = "web"};
	char *key = NULL;
	struct err err = {0};

	(void)state;
	assert_int_equal(oci_key_make(spec, OCI_KIND_PLAIN, "chosen", &rules, &key, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "CRI-O"));
	assert_int_equal(oci_key_make(spec, OCI_KIND_SANDBOX, "chosen", &rules, &key, &err), -ENOENT);
	assert_null(key);
}

static void test_chosen_id(void **state)
{
	static const struct {
		const char *id;
		bool chosen;
	} cases[] = {
		{HEX64, false},
		{"libpod-" HEX64, false},
		{"cri-containerd-" HEX64, false},
		{"-" HEX64, false},
		{UUID, false},
		{"550E8400-E29B-41D4-A716-446655440000", false},
		{"job-" UUID, false},
		{"0123456789ab", false},
		{"x" HEX64, true}, /* no hyphen before it */
		{HEX64 "0", true},
		{HEX64 "-web", true},
		{"web.550e8400-e29b-41d4-a716-446655440000", true},
		{"550e8400-e29b-41d4-a716-44665544000", true},
		{"550e8400-e29b-41d4-a716-44665544000g", true},
		{"550e8400e-29b-41d4-a716-446655440000", true},
		{"0123456789a", true},
		{"0123456789abc", true},
		{"0123456789ag", true},
		{"web-0123456789ab", true},
		{"web", true},
		{"cafe", true},
		{"k8s", true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (oci_key_id_is_chosen(cases[i].id) != cases[i].chosen)
			fail_msg("%s", cases[i].id);
}

static void test_component(void **state)
{
	static const struct {
		const char *name, *component;
	} cases[] = {
		{"", "%"},
		{"%", "%25"},
		{"aZ09._-", "aZ09._-"},
		{"a b", "a%20b"},
		{"\x01\n\x1b[0m\x7f", "%01%0A%1B%5B0m%7F"},
		{"caf\xc3\xa9\xff", "caf%C3%A9%FF"},
		{"a\\b\"c", "a%5Cb%22c"},
		{"~", "%7E"},
		{".hidden", "%2Ehidden"},
		{"...", "%2E.."},
		{"a.b.", "a.b."},
		{".json", "%2Ejson"},
		{"x.json", "x%2Ejson"},
		{"x.tmp", "x%2Etmp"},
		{"x.json.tmp", "x.json%2Etmp"},
		{".a.tmp", "%2Ea%2Etmp"},
		{"x.JSON", "x.JSON"},
		{"json", "json"},
		{A200, A200},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_buf struct buf b = {0};

		oci_key_add_component(&b, cases[i].name);
		assert_string_equal(b.data, cases[i].component);
		assert_int_equal(oci_key_check(b.data, NULL), 0);
	}
}

/* Long names: within the limit, no escape cut in two, and names that differ only behind the cut stay apart. */
static void test_long_component(void **state)
{
	static const char *const bytes[] = {"a", "/", "\xff", ".", "a/", "aa/"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bytes); i++)
		for (size_t n = 60; n < 420; n++) {
			cleanup_buf struct buf name = {0}, one = {0}, other = {0};

			while (name.len < n)
				buf_adds(&name, bytes[i]);
			oci_key_add_component(&one, name.data);
			buf_addc(&name, 'x');
			oci_key_add_component(&other, name.data);
			assert_true(one.len <= 200 && other.len <= 200);
			assert_int_equal(oci_key_check(one.data, NULL), 0);
			assert_string_not_equal(one.data, other.data);
			if (one.len < n)
				assert_int_equal(one.data[one.len - 17], '-');
		}
}

static void test_check(void **state)
{
	static const struct {
		const char *key;
		bool good;
	} cases[] = {
		{"web", true},       {"k8s/n/c/docker.io%2Flibrary%2Fnginx", true},
		{"%6B8s", true},     {"%", true},
		{"k8s/n/c/%", true}, {"a..b", true},
		{A200, true},        {"", false},
		{"/", false},        {"/web", false},
		{"web/", false},     {"a//b", false},
		{".", false},        {"..", false},
		{"a/../b", false},   {"a/.b", false},
		{"a b", false},      {"a\nb", false},
		{"a\\b", false},     {"caf\xc3\xa9", false},
		{"%%", false},       {"a%", false},
		{"a%2", false},      {"a%2f", false},
		{"a%G0", false},     {"%2", false},
		{"a/x.json", false}, {"x.tmp", false},
		{A200 "a", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct err err = {0};
		int r = oci_key_check(cases[i].key, &err);

		if (r != (cases[i].good ? 0 : -EINVAL) || (r < 0 && !strstr(err.msg, "not a key")))
			fail_msg("%s: %d %s", cases[i].key, r, err.msg);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kind),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_pod),
		cmocka_unit_test(test_ephemeral), cmocka_unit_test(test_crio),
		cmocka_unit_test(test_no_key),
		cmocka_unit_test(test_chosen_id),
		cmocka_unit_test(test_component),
		cmocka_unit_test(test_long_component),
		cmocka_unit_test(test_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
