#include "base/json.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct json_doc *parse(const char *text, unsigned flags)
{
	struct json_doc *doc = NULL;
	struct err err = {0};
	int r = json_parse(text, strlen(text), flags, "f", &doc, &err);

	if (r < 0)
		print_error("%s: %s\n", text, err.msg);
	assert_int_equal(r, 0);
	return doc;
}

/* Every value's byte range is exactly its text, in any formatting. */
static void ranges(void **state)
{
	static const struct {
		const char *text, *key, *value;
	} cases[] = {
		{"{\"a\":1,\"k\":-2.50e3,\"z\":0}", "k", "-2.50e3"},
		{"{ \"k\" :\t123456789012345678901234567890 }", "k", "123456789012345678901234567890"},
		{"{\"k\" : true}", "k", "true"},
		{"{\"k\":false ,\"b\":1}", "k", "false"},
		{"{\r\n\"k\"\r\n:\r\nnull\r\n}", "k", "null"},
		{"{\"k\":\"\"}", "k", "\"\""},
		{"{\"k\": \"a\\\"b\\\\\" }", "k", "\"a\\\"b\\\\\""},
		{"{\"k\": \"\\\\\\\\\\\"\" }", "k", "\"\\\\\\\\\\\"\""},
		{"{\"k\":[]}", "k", "[]"},
		{"{\"k\": [ 1, {\"x\":[2]} ] ,\"l\":1}", "k", "[ 1, {\"x\":[2]} ]"},
		{"{\"k\":{\"a\" : \"}\"}}", "k", "{\"a\" : \"}\"}"},
		{"{\"\\u006b\":7}", "k", "7"},
		{"{\"k\":\"\xc3\xa4\\u00e4\"}", "k", "\"\xc3\xa4\\u00e4\""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_json struct json_doc *doc = parse(cases[i].text, JSON_OURS);
		const struct json *v = json_get(json_root(doc), cases[i].key);
		char got[128];

		assert_non_null(v);
		snprintf(got, sizeof(got), "%.*s", (int)(json_end(v) - json_start(v)), cases[i].text + json_start(v));
		assert_string_equal(got, cases[i].value);
		assert_int_equal(json_end(json_root(doc)), strlen(cases[i].text));
	}
}

static void refused(void **state)
{
	static const struct {
		const char *text;
		unsigned flags;
		const char *words;
	} cases[] = {
		{"", JSON_OURS, "f: "},
		{"{", JSON_OURS, "f: line 1"},
		{"{\"a\":1,\n\"b\":2,\n\"a\":3}", JSON_OURS, "f: a, line 3: stands twice"},
		{"{\"x\":{\"a\":1,\"\\u0061\":2}}", JSON_OURS, "f: x.a, line 1: stands twice"},
		{"{\"a\":1} x", JSON_OURS, "f: line 1"},
		{"{\"a\":[1,\n2}", JSON_OURS, "f: line 2"},
		{"{\"a\":\"\xff\"}", JSON_OURS, "f: line 1"},
		{"{\"a\":\"\n\"}", JSON_FOREIGN, "f: line"},
		{"{'a':1}", JSON_FOREIGN, "f: line 1"},
		{"/* c */ {}", JSON_FOREIGN, "f: line 1"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct json_doc *doc = NULL;
		struct err err = {0};

		assert_int_equal(json_parse(cases[i].text, strlen(cases[i].text), cases[i].flags, "f", &doc, &err), -EINVAL);
		assert_null(doc);
		if (!strstr(err.msg, cases[i].words))
			print_error("%s: %s\n", cases[i].text, err.msg);
		assert_non_null(strstr(err.msg, cases[i].words));
	}
}

/* What a Go decoder accepts in files of others. */
static void foreign(void **state)
{
	cleanup_json struct json_doc *doc = parse("{\"a\":1,\"a\":{\"b\":\"\xff\"}} {trail", JSON_FOREIGN);

	assert_int_equal(json_type(json_get(json_root(doc), "a")), JSON_OBJECT);
	assert_int_equal(json_count(json_root(doc)), 2);
}

static void depth_is_capped(void **state)
{
	char text[4 * JSON_DEPTH_MAX];
	struct json_doc *doc = NULL;
	struct err err = {0};

	memset(text, '[', JSON_DEPTH_MAX);
	memset(text + JSON_DEPTH_MAX, ']', JSON_DEPTH_MAX);
	assert_int_equal(json_parse(text, 2 * JSON_DEPTH_MAX, JSON_OURS, "f", &doc, &err), 0);
	json_free(doc);
	doc = NULL;
	memset(text, '[', sizeof(text));
	assert_int_equal(json_parse(text, sizeof(text), JSON_OURS, "f", &doc, &err), -E2BIG);
	assert_null(doc);
}

/* A text cut anywhere is an error, never a crash and never a document. */
static void truncated(void **state)
{
	static const char text[] = "{\"a\":[1,-2.5e3,\"x\\\"y\",{\"b\":null,\"c\":[true,false]}],\"d\":\"\\u00e4\"}";

	for (size_t len = 0; len < sizeof(text) - 1; len++) {
		char *copy = malloc(len ? len : 1); /* so that reading past the end is seen */
		struct json_doc *doc = NULL;

		assert_non_null(copy);
		memcpy(copy, text, len);
		assert_int_equal(json_parse(copy, len, JSON_OURS, "f", &doc, NULL), -EINVAL);
		assert_int_equal(json_parse(copy, len, JSON_FOREIGN, "f", &doc, NULL), -EINVAL);
		free(copy);
	}
}

static void error_path(void **state)
{
	cleanup_json struct json_doc *doc = parse("{\"l\":{\"s\":[1,\n {\"n\":[\"a\",\n\"b\"]}]}}", JSON_OURS);
	const struct json *s = json_get(json_get(json_root(doc), "l"), "s");
	const struct json *n = json_get(json_next(json_first(s)), "n");
	struct err err = {0};

	assert_int_equal(json_err(doc, json_next(json_first(n)), &err, "no %s", "good"), -EINVAL);
	assert_string_equal(err.msg, "f: l.s[1].n[1], line 3: no good");
}

static void numbers_are_text(void **state)
{
	static const struct {
		const char *text;
		int status;
		uint64_t value;
	} cases[] = {{"18446744073709551615", 0, UINT64_MAX}, {"18446744073709551616", -ERANGE, 0}, {"-1", -EINVAL, 0},
		     {"1.0", -EINVAL, 0},                      {"1e3", -EINVAL, 0},                   {"0", 0, 0}};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[64];
		uint64_t v = 0;

		snprintf(text, sizeof(text), "[%s]", cases[i].text);
		cleanup_json struct json_doc *doc = parse(text, JSON_OURS);

		assert_string_equal(json_text(json_first(json_root(doc))), cases[i].text);
		assert_int_equal(json_u64(json_first(json_root(doc)), &v), cases[i].status);
		assert_true(v == cases[i].value);
	}
}

static void writes(void **state)
{
	cleanup_buf struct buf b = {0};
	struct json_writer w;

	json_write_begin(&w, &b, true);
	json_write_object(&w, NULL);
	json_write_string(&w, "s", "a\"\\\n\x1b");
	json_write_array(&w, "l");
	json_write_u64(&w, NULL, UINT64_MAX);
	json_write_null(&w, NULL);
	json_write_end_array(&w);
	json_write_object_flat(&w, "f");
	json_write_bool(&w, "t", true);
	json_write_array(&w, "e");
	json_write_end_array(&w);
	json_write_end_object(&w);
	json_write_end_object(&w);
	assert_string_equal(b.data, "{\n  \"s\": \"a\\\"\\\\\\u000a\\u001b\",\n  \"l\": [\n    18446744073709551615,\n    null\n  ],\n"
				    "  \"f\": {\"t\": true, \"e\": []}\n}");
	cleanup_json struct json_doc *doc = parse(b.data, JSON_OURS);

	assert_string_equal(json_text(json_get(json_root(doc), "s")), "a\"\\\n\x1b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges),          cmocka_unit_test(refused),   cmocka_unit_test(foreign),
		cmocka_unit_test(depth_is_capped), cmocka_unit_test(truncated), cmocka_unit_test(error_path),
		cmocka_unit_test(numbers_are_text), cmocka_unit_test(writes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
