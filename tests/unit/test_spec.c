#include "base/json/json.h"
#include "oci/spec.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SECTION "{\"defaultAction\":\"SCMP_ACT_LOG\"}"

static struct oci_spec *parsed(const char *text)
{
	struct oci_spec *spec = NULL;
	struct err err = {0};

	if (oci_spec_parse(text, strlen(text), "config.json", &spec, &err) < 0)
		fail_msg("%s\nin %s", err.msg, text);
	return spec;
}

struct splice_case {
	const char *in;
	const char *out;  /* with SECTION as section */
	const char *none; /* with no section; NULL: the input */
};

static const struct splice_case splices[] = {
	{"{}", "{\"linux\":{\"seccomp\":" SECTION "}}", NULL},
	{" \t\r\n{ } ", " \t\r\n{\"linux\":{\"seccomp\":" SECTION "} } ", NULL},
	{"{\"a\":1}", "{\"linux\":{\"seccomp\":" SECTION "},\"a\":1}", NULL},
	{"{\r\n\t\"a\" : 1\r\n}", "{\"linux\":{\"seccomp\":" SECTION "},\r\n\t\"a\" : 1\r\n}", NULL},
	{"{\"linux\":null}", "{\"linux\":{\"seccomp\":" SECTION "}}", NULL},
	{"{\"b\":2, \"linux\" : null ,\"a\":1}", "{\"b\":2, \"linux\" : {\"seccomp\":" SECTION "} ,\"a\":1}", NULL},
	{"{\"linux\":{}}", "{\"linux\":{\"seccomp\":" SECTION "}}", NULL},
	{"{\"linux\":{\n}}", "{\"linux\":{\"seccomp\":" SECTION "\n}}", NULL},
	{"{\"linux\":{\"x\":{}}}", "{\"linux\":{\"seccomp\":" SECTION ",\"x\":{}}}", NULL},
	{"{\"linux\":{\"seccomp\":null}}", "{\"linux\":{\"seccomp\":" SECTION "}}", NULL},
	{"{\"linux\":{\"seccomp\":{\"a\":[1,{}]}}}", "{\"linux\":{\"seccomp\":" SECTION "}}",
	 "{\"linux\":{\"seccomp\":null}}"},
	{"{\"linux\":{\"a\":1,\n\"seccomp\"\t:\t{ },\n\"z\":1}}",
	 "{\"linux\":{\"a\":1,\n\"seccomp\"\t:\t" SECTION ",\n\"z\":1}}",
	 "{\"linux\":{\"a\":1,\n\"seccomp\"\t:\tnull,\n\"z\":1}}"},
	/* an escaped name is the name */
	{"{\"\\u006cinux\":{\"se\\u0063comp\":{}}}", "{\"\\u006cinux\":{\"se\\u0063comp\":" SECTION "}}",
	 "{\"\\u006cinux\":{\"se\\u0063comp\":null}}"},
	/* the same names elsewhere are something else */
	{"{\"seccomp\":{},\"x\":{\"linux\":{\"seccomp\":1}},\"linux\":{\"y\":{\"seccomp\":2}}}",
	 "{\"seccomp\":{},\"x\":{\"linux\":{\"seccomp\":1}},\"linux\":{\"seccomp\":" SECTION ",\"y\":{\"seccomp\":2}}}",
	 NULL},
	{"{\"x\":\"\\\"linux\\\":{\",\"linux\":{\"seccomp\":{\"}\":\"]}{[\\\\\"}}}",
	 "{\"x\":\"\\\"linux\\\":{\",\"linux\":{\"seccomp\":" SECTION "}}",
	 "{\"x\":\"\\\"linux\\\":{\",\"linux\":{\"seccomp\":null}}"},
	/* what no number type holds, members that nobody knows, duplicates elsewhere, bytes that are no UTF-8 */
	{"{\"n\":123456789012345678901234567890,\"e\":-1.50E+999,\"linux\":{\"n\":1e-9999,\"n\":2}}",
	 "{\"n\":123456789012345678901234567890,\"e\":-1.50E+999,\"linux\":{\"seccomp\":" SECTION
	 ",\"n\":1e-9999,\"n\":2}}",
	 NULL},
	{"{\"mounts\":[],\"mounts\":[1],\"linux\":{}}",
	 "{\"mounts\":[],\"mounts\":[1],\"linux\":{\"seccomp\":" SECTION "}}", NULL},
	{"{\"h\":\"\xff\xc3(\",\"linux\":{}}", "{\"h\":\"\xff\xc3(\",\"linux\":{\"seccomp\":" SECTION "}}", NULL},
	{"{\"\xe2\x82\xac\":\"\\ud83d\\ude00\",\"linux\":{}}",
	 "{\"\xe2\x82\xac\":\"\\ud83d\\ude00\",\"linux\":{\"seccomp\":" SECTION "}}", NULL},
	/* what stands behind the value is no runtime's business, and not ours */
	{"{\"linux\":{}}\n{\"linux\":{\"seccomp\":1}} ]",
	 "{\"linux\":{\"seccomp\":" SECTION "}}\n{\"linux\":{\"seccomp\":1}} ]", NULL},
	/* names that only look alike */
	{"{\"linu\":{},\"linuxx\":{},\"l\xc4\xb1nux\":{},\"linux\":{\"seccomps\":1,\"secomp\":1,\"\xc5\xbf"
	 "eccom\":1}}",
	 "{\"linu\":{},\"linuxx\":{},\"l\xc4\xb1nux\":{},\"linux\":{\"seccomp\":" SECTION
	 ",\"seccomps\":1,\"secomp\":1,\"\xc5\xbf"
	 "eccom\":1}}",
	 NULL},
};

static void test_splice_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(splices); i++) {
		cleanup_spec struct oci_spec *spec = parsed(splices[i].in);
		cleanup_buf struct buf with = {0}, without = {0};
		struct err err = {0};

		assert_int_equal(oci_spec_splice(spec, SECTION, strlen(SECTION), &with, &err), 0);
		assert_string_equal(with.data, splices[i].out);
		assert_int_equal(oci_spec_splice(spec, NULL, 0, &without, &err), 0);
		assert_string_equal(without.data, splices[i].none ? splices[i].none : splices[i].in);
	}
}

/* Bytes that stand in both texts at the front and, not overlapping, at the end. */
static size_t common_ends(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t min = a_len < b_len ? a_len : b_len, front = 0, back = 0;

	while (front < min && a[front] == b[front])
		front++;
	while (back < min - front && a[a_len - 1 - back] == b[b_len - 1 - back])
		back++;
	return front + back;
}

/* For every input and several sections: the result parses, its section is the given one, splicing the same again
 * changes nothing, and taking the caller's section back gives the caller's text wherever there was one. */
static void test_splice_properties(void **state)
{
	static const char *const sections[] = {SECTION, "{}", "{\"linux\":{\"seccomp\":{}}}", " {\n\"a\" : \"}\" }\t"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(splices) * ARRAY_SIZE(sections); i++) {
		const char *in = splices[i / ARRAY_SIZE(sections)].in, *section = sections[i % ARRAY_SIZE(sections)];
		cleanup_spec struct oci_spec *spec = parsed(in), *again = NULL;
		cleanup_buf struct buf out = {0}, twice = {0}, back = {0};
		const char *own, *found;
		size_t own_len = 0, found_len = 0, lead = strspn(section, " \t\n");
		struct err err = {0};

		assert_int_equal(oci_spec_splice(spec, section, strlen(section), &out, &err), 0);
		assert_int_equal(oci_spec_parse(out.data, out.len, "again", &again, &err), 0);
		found = oci_spec_seccomp(again, &found_len);
		assert_non_null(found);
		assert_true(found_len >= 2 && found_len + lead <= strlen(section));
		assert_memory_equal(found, section + lead, found_len);
		assert_int_equal(oci_spec_splice(again, found, found_len, &twice, &err), 0);
		assert_int_equal(twice.len, out.len);
		assert_memory_equal(twice.data, out.data, out.len);

		own = oci_spec_seccomp(spec, &own_len);
		if (own) {
			assert_int_equal(oci_spec_splice(again, own, own_len, &back, &err), 0);
			assert_int_equal(back.len, strlen(in) + (strlen(section) - found_len));
			assert_true(common_ends(in, strlen(in), out.data, out.len) >= strlen(in) - own_len);
		} else if (!strstr(in, "null")) {
			assert_true(common_ends(in, strlen(in), out.data, out.len) == strlen(in));
		}
	}
}

static void test_splice_refuses_sections(void **state)
{
	static const char *const bad[] = {"", "{", "[]", "null", "{},\"x\":{}", "{}}", "{} {}", "{}\v"};
	cleanup_spec struct oci_spec *spec = parsed("{}");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		cleanup_buf struct buf out = {0};
		struct err err = {0};

		assert_int_equal(oci_spec_splice(spec, bad[i], strlen(bad[i]), &out, &err), -EINVAL);
		assert_int_equal(out.len, 0);
	}
}

static const struct {
	const char *text, *says;
} refusals[] = {
	{"", "config.json"},
	{"[]", "object"},
	{"null", "object"},
	{"{\"linux\":{}", "config.json"},
	{"{'linux':{}}", "config.json"},
	{"{/**/}", "config.json"},
	{"\xef\xbb\xbf{}", "config.json"},
	{"{\"linux\":[]}", "linux, line 1"},
	{"{\"linux\":0}", "linux, line 1"},
	{"{\n\"linux\":{\n\"seccomp\":\"\"}}", "linux.seccomp, line 3"},
	{"{\"linux\":{\"seccomp\":[]}}", "object"},
	{"{\"linux\":{},\"linux\":{}}", "twice"},
	{"{\"linux\":{},\"\\u006cinux\":{}}", "twice"},
	{"{\"linux\":{},\"linux\":null}", "twice"},
	{"{\"linux\":{\"seccomp\":{},\"a\":1,\"seccomp\":{}}}", "twice"},
	{"{\"Linux\":{}}", "\"linux\""},
	{"{\"linux\":{},\"LINUX\":{}}", "\"linux\""},
	{"{\"linux\\u0000\":{}}", "\"linux\""},
	{"{\"linux\\u0000x\":{},\"linux\":{}}", "\"linux\""},
	{"{\"linux\":{\"Seccomp\":{}}}", "\"seccomp\""},
	{"{\"linux\":{\"\xc5\xbf"
	 "eccomp\":{}}}",
	 "\"seccomp\""},
	{"{\"linux\":{\"\\u017feccomp\":{}}}", "\"seccomp\""},
	{"{\"linux\":{\"seccomp\\u0000y\":{}}}", "\"seccomp\""},
	/* what decides on key and mode: the readers must agree on it */
	{"{\"annotations\":{},\"annotations\":{\"a\":\"b\"}}", "twice"},
	{"{\"Annotations\":{}}", "\"annotations\""},
	{"{\"annotation\xc5\xbf\":{}}", "\"annotations\""},
	{"{\"annotations\":{\"a\":\"1\",\"b\":\"2\",\"a\":\"3\"}}", "annotations.a, line 1: appears twice"},
	{"{\"annotations\":{\"run.oci.seccomp_bpf_data\\u0000x\":\"\"}}", "NUL"},
	{"{\"annotations\":{\"io.snug.profile\":\"a\\u0000b\"}}", "NUL"},
	{"{\"process\":{},\"proce\\u017fs\":{}}", "\"process\""},
	{"{\"process\":{\"args\":[],\"Args\":[]}}", "\"args\""},
	{"{\"process\":{\"noNewPrivileges\":true,\"nonewprivileges\":false}}", "\"noNewPrivileges\""},
	{"{\"hooks\":{\"startcontainer\":[]}}", "\"startContainer\""},
	{"{\"hoo\xe2\x84\xaas\":{}}", "\"hooks\""},
};

static void test_refusals(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		struct oci_spec *spec = NULL;
		struct err err = {0};
		int r = oci_spec_parse(refusals[i].text, strlen(refusals[i].text), "config.json", &spec, &err);

		if (r != -EINVAL || spec || !strstr(err.msg, refusals[i].says))
			fail_msg("%s: %d, %s", refusals[i].text, r, err.msg);
	}
}

static void test_size_limit(void **state)
{
	size_t len = OCI_SPEC_SIZE_MAX + 1;
	cleanup_free char *text = malloc(len);
	cleanup_spec struct oci_spec *spec = NULL;
	struct oci_spec *none = NULL;
	struct err err = {0};

	(void)state;
	assert_non_null(text);
	memset(text, ' ', len);
	memcpy(text, "{}", 2);
	assert_int_equal(oci_spec_parse(text, len, "config.json", &none, &err), -EFBIG);
	assert_null(none);
	assert_int_equal(oci_spec_parse(text, len - 1, "config.json", &spec, &err), 0);
}

static void test_readers(void **state)
{
	static const struct {
		const char *text, *program;
		bool nnp, hooks;
	} cases[] = {
		{"{}", NULL, false, false},
		{"{\"process\":null,\"hooks\":null}", NULL, false, false},
		{"{\"process\":{\"args\":[]}}", NULL, false, false},
		{"{\"process\":{\"args\":[1]}}", NULL, false, false},
		{"{\"process\":{\"args\":[\"a\\u0000b\"]}}", NULL, false, false},
		{"{\"process\":{\"args\":[\"/bin/sh\",\"-c\"],\"noNewPrivileges\":true}}", "/bin/sh", true, false},
		{"{\"process\":{\"noNewPrivileges\":\"true\"}}", NULL, false, false},
		{"{\"process\":{\"noNewPrivileges\":1}}", NULL, false, false},
		{"{\"noNewPrivileges\":true,\"hooks\":{\"startContainer\":[]}}", NULL, false, false},
		{"{\"hooks\":{\"startContainer\":[{\"path\":\"/x\"}]}}", NULL, false, true},
		{"{\"hooks\":{\"prestart\":[{\"path\":\"/x\"}],\"startContainer\":null}}", NULL, false, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_spec struct oci_spec *spec = parsed(cases[i].text);
		const char *program = oci_spec_program(spec);

		assert_int_equal(oci_spec_no_new_privileges(spec), cases[i].nnp);
		assert_int_equal(oci_spec_has_start_hooks(spec), cases[i].hooks);
		assert_int_equal(program != NULL, cases[i].program != NULL);
		if (program)
			assert_string_equal(program, cases[i].program);
	}
}

static void test_annotations(void **state)
{
	cleanup_spec struct oci_spec *spec = parsed("{\"io.snug.profile\":\"root\",\"annotations\":{\"a\":\"\","
						    "\"\\u0062\":\"\\u00e9\",\"c\":1,\"B\":\"x\"}}");
	cleanup_spec struct oci_spec *list = parsed("{\"annotations\":[\"a\"]}");

	(void)state;
	assert_string_equal(oci_spec_annotation(spec, "a"), "");
	assert_string_equal(oci_spec_annotation(spec, "b"), "\xc3\xa9");
	assert_string_equal(oci_spec_annotation(spec, "B"), "x");
	assert_null(oci_spec_annotation(spec, "c"));
	assert_null(oci_spec_annotation(spec, "d"));
	assert_null(oci_spec_annotation(spec, "io.snug.profile"));
	assert_null(oci_spec_annotation(list, "a"));
}

static const struct {
	const char *in, *shape; /* with systemd_cgroup false; shape without its fixed end */
} shapes[] = {
	{"{}", "{"},
	{"{\"process\":{\"args\":[\"x\"],\"env\":[\"SECRET=1\"],\"user\":{\"gid\":2,\"uid\":1},\"terminal\":true}}",
	 "{\"process\":{\"user\":{\"uid\":1,\"gid\":2}},"},
	{" {\n \"process\" : {\t\"user\" : { \"uid\" : 1 ,\r\n\"gid\":2, \"additionalGids\" : [ 9 , 3 ] } } } ",
	 "{\"process\":{\"user\":{\"uid\":1,\"gid\":2,\"additionalGids\":[9,3]}},"},
	{"{\"process\":{\"noNewPrivileges\":false,\"oomScoreAdj\":-998,\"apparmorProfile\":\"\",\"selinuxLabel\":\"s:"
	 "\\u0030\"}}",
	 "{\"process\":{\"noNewPrivileges\":false,\"oomScoreAdj\":-998,\"apparmorProfile\":\"\",\"selinuxLabel\":\"s:"
	 "0\"},"},
	{"{\"process\":{\"capabilities\":{\"ambient\":[],\"bounding\":[\"CAP_B\",\"CAP_A\"]},\"rlimits\":[{\"hard\":2,"
	 "\"soft\":1,"
	 "\"type\":\"RLIMIT_NOFILE\"}]}}",
	 "{\"process\":{\"capabilities\":{\"bounding\":[\"CAP_B\",\"CAP_A\"],\"ambient\":[]},\"rlimits\":[{\"type\":"
	 "\"RLIMIT_NOFILE\","
	 "\"soft\":1,\"hard\":2}]},"},
	{"{\"annotations\":{\"k\":\"v\"},\"root\":{\"path\":\"/secret\",\"readonly\":true},\"mounts\":[{\"source\":\"/"
	 "m\"}],\"hooks\":{}}",
	 "{\"root\":{\"readonly\":true},"},
	{"{\"linux\":{\"gidMappings\":[{\"size\":1,\"hostID\":2,\"containerID\":0}],\"namespaces\":[{\"path\":\"/proc/"
	 "1/ns/net\","
	 "\"type\":\"network\"},{\"type\":\"pid\"}],\"maskedPaths\":[\"/b\",\"/a\"],\"seccomp\":{}}}",
	 "{\"linux\":{\"namespaces\":[{\"type\":\"network\"},{\"type\":\"pid\"}],\"maskedPaths\":[\"/b\",\"/"
	 "a\"],\"gidMappings\":["
	 "{\"containerID\":0,\"hostID\":2,\"size\":1}]},"},
	/* of another type than the runtimes take: out, and no scalar stands for a container */
	{"{\"process\":{\"user\":\"root\",\"capabilities\":[],\"rlimits\":{},\"noNewPrivileges\":{},"
	 "\"apparmorProfile\":null},\"root\":[1],"
	 "\"linux\":{\"namespaces\":\"all\",\"maskedPaths\":[{\"x\":1},[2],null,\"/k\"],\"uidMappings\":[[]]}}",
	 "{\"process\":{},\"linux\":{\"maskedPaths\":[\"/k\"],\"uidMappings\":[{}]},"},
	/* what is no UTF-8 reads as Go reads it; NUL and quotes stay one string */
	{"{\"linux\":{\"mountLabel\":\"a\xff\xc3(\xed\xa0\x80\xf4\x90\x80\x80\xe2\x82\xac\"}}",
	 "{\"linux\":{\"mountLabel\":\"a\xef\xbf\xbd\xef\xbf\xbd("
	 "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
	 "\xef\xbf\xbd\xe2\x82\xac\"},"},
	{"{\"linux\":{\"mountLabel\":\"\\\"\\u0000\\n},\"}}", "{\"linux\":{\"mountLabel\":\"\\\"\\u0000\\u000a},\"},"},
};

static void test_shape(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++) {
		cleanup_spec struct oci_spec *spec = parsed(shapes[i].in);
		cleanup_buf struct buf plain = {0}, systemd = {0}, want = {0};
		cleanup_json struct json_doc *doc = NULL;
		struct err err = {0};

		assert_int_equal(oci_spec_shape(spec, false, &plain, &err), 0);
		assert_int_equal(oci_spec_shape(spec, true, &systemd, &err), 0);
		buf_addf(&want, "%s\"systemdCgroup\":false}", shapes[i].shape);
		assert_string_equal(plain.data, want.data);
		buf_clear(&want);
		buf_addf(&want, "%s\"systemdCgroup\":true}", shapes[i].shape);
		assert_string_equal(systemd.data, want.data);
		assert_int_equal(json_parse(plain.data, plain.len, JSON_OURS, "shape", &doc, &err), 0);
	}
}

static void add_strings(struct buf *b, const char *name, size_t count)
{
	buf_addf(b, ",\"%s\":[\"first\"", name);
	for (size_t i = 0; i < count; i++)
		buf_adds(b, ",\"/0123456789/0123456789/0123456789\"");
	buf_adds(b, "]");
}

static void test_shape_limit(void **state)
{
	static const struct {
		size_t paths, rlimits, caps;
		bool has_paths, has_rlimits;
		int r;
	} cases[] = {
		{10, 1, 1, true, true, 0},        {1000, 1, 1, false, true, 0},       {10, 1000, 1, false, false, 0},
		{1000, 1000, 1, false, false, 0}, {1, 1, 1000, false, false, -E2BIG},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_buf struct buf text = {0}, shape = {0};
		cleanup_spec struct oci_spec *spec = NULL;
		struct err err = {0};

		buf_adds(&text, "{\"linux\":{\"mountLabel\":\"l\"");
		add_strings(&text, "maskedPaths", cases[i].paths);
		add_strings(&text, "readonlyPaths", cases[i].paths);
		buf_adds(&text, "},\"process\":{\"capabilities\":{\"x\":1");
		add_strings(&text, "bounding", cases[i].caps);
		buf_adds(&text, "},\"rlimits\":[{}");
		for (size_t k = 0; k < cases[i].rlimits; k++)
			buf_adds(&text, ",{\"type\":\"RLIMIT_NOFILE\",\"soft\":1048576,\"hard\":1048576}");
		buf_adds(&text, "]}}");
		spec = parsed(text.data);
		assert_int_equal(oci_spec_shape(spec, false, &shape, &err), cases[i].r);
		if (cases[i].r < 0) {
			assert_int_equal(shape.len, 0);
			assert_non_null(strstr(err.msg, "KiB"));
			continue;
		}
		assert_true(shape.len <= OCI_SPEC_SHAPE_MAX);
		assert_int_equal(strstr(shape.data, "maskedPaths") != NULL, cases[i].has_paths);
		assert_int_equal(strstr(shape.data, "readonlyPaths") != NULL, cases[i].has_paths);
		assert_int_equal(strstr(shape.data, "rlimits") != NULL, cases[i].has_rlimits);
		assert_non_null(strstr(shape.data, "mountLabel"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_splice_table),
		cmocka_unit_test(test_splice_properties),
		cmocka_unit_test(test_splice_refuses_sections),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_size_limit),
		cmocka_unit_test(test_readers),
		cmocka_unit_test(test_annotations),
		cmocka_unit_test(test_shape),
		cmocka_unit_test(test_shape_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
