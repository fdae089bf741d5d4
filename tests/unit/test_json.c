#include "base/json/json.h"

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

/* The root's range too, of every kind, at the very end of the text and with white space around it. */
static void ranges_of_the_root(void **state)
{
	static const char *const values[] = {"null", "true", "false", "0", "-12.5e+7", "\"\"", "\"\\\"\"", "[]", "{}", "[ 1 ]", "{\"a\":\"\"}"};
	static const char *const around[][2] = {{"", ""}, {" \r\n\t", ""}, {"", " \n"}, {"\n", "\n"}};

	for (size_t i = 0; i < ARRAY_SIZE(values) * ARRAY_SIZE(around) * 2; i++) {
		const char *v = values[i / 2 / ARRAY_SIZE(around)], *const *a = around[i / 2 % ARRAY_SIZE(around)];
		char text[64];

		snprintf(text, sizeof(text), "%s%s%s", a[0], v, a[1]);
		cleanup_json struct json_doc *doc = parse(text, i % 2 ? JSON_FOREIGN : JSON_OURS);

		assert_int_equal(json_start(json_root(doc)), strlen(a[0]));
		assert_int_equal(json_end(json_root(doc)), strlen(a[0]) + strlen(v));
	}
}

/* Members that the text spells with escapes are found by what they mean, a NUL inside included. */
static void keys_and_strings(void **state)
{
	cleanup_json struct json_doc *doc = parse("{\"\\u0061\\/\\ud83d\\ude00\":\"x\\u0000y\",\"b\\u0000c\":1,\"b\":2}", JSON_OURS);
	const struct json *v = json_get(json_root(doc), "a/\xf0\x9f\x98\x80");
	const char *s = NULL;
	struct err err = {0};

	assert_non_null(v);
	assert_int_equal(json_text_len(v), 3);
	assert_memory_equal(json_text(v), "x\0y", 4);
	assert_int_equal(json_key_len(json_next(v)), 3);
	assert_memory_equal(json_key(json_next(v)), "b\0c", 4);
	assert_string_equal(json_text(json_get(json_root(doc), "b")), "2");
	assert_int_equal(json_want_string(doc, json_root(doc), json_key(v), &s, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "NUL"));
	assert_null(s);
}

static void wanted(void **state)
{
	static const struct {
		const char *text, *words;
	} cases[] = {
		{"{}", "f: line 1: \"n\" is missing"},
		{"[]", "f: line 1: \"n\" is missing"},
		{"7", "f: line 1: \"n\" is missing"},
		{"{\"n\":\n\"7\"}", "f: n, line 2: expected a whole number from 0 to 2^64-1"},
		{"{\"n\":-7}", "f: n, line 1: expected a whole number"},
		{"{\"n\":7.0}", "f: n, line 1: expected a whole number"},
		{"{\"n\":null}", "f: n, line 1: expected a whole number"},
		{"{\"n\":[7]}", "f: n, line 1: expected a whole number"},
	};
	const char *s = NULL;
	uint64_t v = 0;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_json struct json_doc *doc = parse(cases[i].text, JSON_OURS);
		struct err err = {0};

		assert_int_equal(json_want_u64(doc, json_root(doc), "n", &v, &err), -EINVAL);
		if (!strstr(err.msg, cases[i].words))
			fail_msg("%s: %s", cases[i].text, err.msg);
		assert_true(v == 0);
	}
	cleanup_json struct json_doc *doc = parse("{\"n\":7,\"s\":\"t\"}", JSON_OURS);

	assert_int_equal(json_want_u64(doc, json_root(doc), "n", &v, NULL), 0);
	assert_true(v == 7);
	assert_int_equal(json_want_string(doc, json_root(doc), "n", &s, NULL), -EINVAL);
	assert_int_equal(json_want_string(doc, json_root(doc), "s", &s, NULL), 0);
	assert_string_equal(s, "t");
}

/* All readers take no value for one of type null without members. */
static void nothing(void **state)
{
	uint64_t v;

	assert_int_equal(json_type(NULL), JSON_NULL);
	assert_null(json_key(NULL));
	assert_null(json_text(NULL));
	assert_null(json_first(NULL));
	assert_null(json_next(NULL));
	assert_null(json_get(NULL, "a"));
	assert_int_equal(json_count(NULL) + json_key_len(NULL) + json_text_len(NULL) + json_start(NULL) + json_end(NULL), 0);
	assert_int_equal(json_u64(NULL, &v), -EINVAL);
	json_free(NULL);
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
		{"{\"a\":1,\n\"b\":2,\n\"a\":3}", JSON_OURS, "f: a, line 3: appears twice"},
		{"{\"x\":{\"a\":1,\"\\u0061\":2}}", JSON_OURS, "f: x.a, line 1: appears twice"},
		{"{\"a\":1} x", JSON_OURS, "f: line 1"},
		{"{\"a\":1}{}", JSON_OURS, "f: line 1"},
		{"[1],", JSON_OURS, "f: line 1"},
		{"1 2", JSON_OURS, "f: line 1"},
		{" \n ", JSON_OURS, "f: "},
		{"[1,]", JSON_FOREIGN, "f: line 1"},
		{"[01]", JSON_FOREIGN, "f: line 1"},
		{"[+1]", JSON_FOREIGN, "f: line 1"},
		{"[.5]", JSON_FOREIGN, "f: line 1"},
		{"[NaN]", JSON_FOREIGN, "f: line 1"},
		{"[\"\\x41\"]", JSON_FOREIGN, "f: line 1"},
		{"\xef\xbb\xbf{}", JSON_FOREIGN, "f: line 1"},
		{"{\"\x1b[31m\\u001b[31m\":1,\"\\u001b[31m\":2}", JSON_OURS, "f: "},
		{"{\"\\u001b[31m\":1,\"\\u001b[31m\":2}", JSON_OURS, "f: \\x1b[31m, line 1: appears twice"},
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
	memset(text, '[', JSON_DEPTH_MAX + 1);
	memset(text + JSON_DEPTH_MAX + 1, ']', JSON_DEPTH_MAX + 1);
	assert_int_equal(json_parse(text, 2 * JSON_DEPTH_MAX + 2, JSON_FOREIGN, "f", &doc, &err), -E2BIG);
	assert_int_equal(err.code, -E2BIG);
	assert_non_null(strstr(err.msg, "nested too deep"));
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
	json_err(doc, json_root(doc), &err, "no");
	assert_string_equal(err.msg, "f: line 1: no");
}

/* A deep path keeps its inner end, a long or hostile name is cut and made safe, and all of it fits one sentence. */
static void error_path_is_bounded(void **state)
{
	cleanup_buf struct buf text = {0};
	struct err err = {0};

	for (unsigned i = 0; i < 100; i++) {
		buf_addf(&text, "{\"%u\\n", i);
		for (unsigned k = 0; k < 500; k++)
			buf_addc(&text, 'k');
		buf_adds(&text, "\":");
	}
	buf_adds(&text, "1");
	for (unsigned i = 0; i < 100; i++)
		buf_addc(&text, '}');
	cleanup_json struct json_doc *doc = parse(text.data, JSON_OURS);
	const struct json *v = json_root(doc);

	while (json_first(v))
		v = json_first(v);
	json_err(doc, v, &err, "bad");
	assert_memory_equal(err.msg, "f: ...", 6);
	assert_non_null(strstr(err.msg, ".98\\x0akkk"));
	assert_non_null(strstr(err.msg, "k, line 1: bad"));
}

/* Many members: the search for duplicates does not take the square of their number. */
static void many_members(void **state)
{
	cleanup_buf struct buf text = {0};
	struct err err = {0};
	struct json_doc *doc = NULL;

	for (unsigned i = 0; i < 200000; i++)
		buf_addf(&text, "%s\"k%u\":0", i ? ",\n" : "{", i);
	buf_adds(&text, ",\"k77777\":1}");
	assert_int_equal(json_parse(text.data, text.len, JSON_OURS, "f", &doc, &err), -EINVAL);
	assert_string_equal(err.msg, "f: k77777, line 200000: appears twice");
	assert_int_equal(json_parse(text.data, text.len, JSON_FOREIGN, "f", &doc, &err), 0);
	assert_int_equal(json_count(json_root(doc)), 200001);
	assert_string_equal(json_text(json_get(json_root(doc), "k77777")), "1");
	json_free(doc);
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

/* On one line, flat parts in indented ones, empty containers, raw JSON, text that is no C string. */
static void writes_other_forms(void **state)
{
	static const char *const want[] = {
		"{\"a\":[],\"b\":{},\"c\":[[1],{\"x\\u0000\":null}],\"d\":\"\\u007f\\u0000\xc3\xa4\",\"e\":[1.50]}",
		"{\n  \"a\": [],\n  \"b\": {},\n  \"c\": [[1], {\"x\\u0000\":null}],\n  \"d\": \"\\u007f\\u0000\xc3\xa4\",\n"
		"  \"e\": [\n    1.50\n  ]\n}"};

	for (int indent = 0; indent < 2; indent++) {
		cleanup_buf struct buf b = {0};
		struct json_writer w;

		json_write_begin(&w, &b, indent);
		json_write_object(&w, NULL);
		json_write_array(&w, "a");
		json_write_end_array(&w);
		json_write_object_flat(&w, "b");
		json_write_end_object(&w);
		json_write_array_flat(&w, "c");
		json_write_array_flat(&w, NULL);
		json_write_u64(&w, NULL, 1);
		json_write_end_array(&w);
		json_write_raw(&w, NULL, "{\"x\\u0000\":null}", 16);
		json_write_end_array(&w);
		json_write_stringn(&w, "d", "\x7f\0\xc3\xa4", 4);
		json_write_array(&w, "e");
		json_write_raw(&w, NULL, "1.50", 4);
		json_write_end_array(&w);
		json_write_end_object(&w);
		assert_string_equal(b.data, want[indent]);
		json_free(parse(b.data, JSON_OURS));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges),
		cmocka_unit_test(ranges_of_the_root),
		cmocka_unit_test(keys_and_strings),
		cmocka_unit_test(wanted),
		cmocka_unit_test(nothing),
		cmocka_unit_test(refused),
		cmocka_unit_test(foreign),
		cmocka_unit_test(depth_is_capped),
		cmocka_unit_test(truncated),
		cmocka_unit_test(error_path),
		cmocka_unit_test(error_path_is_bounded),
		cmocka_unit_test(many_members),
		cmocka_unit_test(numbers_are_text),
		cmocka_unit_test(writes),
		cmocka_unit_test(writes_other_forms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
