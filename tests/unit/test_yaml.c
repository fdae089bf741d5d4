/* YAML read as JSON: the same values, on the same lines; and what is refused. */
#include "base/cleanup.h"
#include "base/json/json.h"
#include "base/yaml.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* JSON without the newlines that keep the lines. */
static void check(const char *yaml, const char *json)
{
	cleanup_buf struct buf one = {0}, flat = {0};
	struct err err = {0};
	struct yaml y;

	yaml_begin(&y, yaml, strlen(yaml), "t");
	if (yaml_next(&y, &one, &err) != 1)
		fail_msg("%s: %s", yaml, err.msg);
	for (size_t i = 0; i < one.len; i++)
		if (one.data[i] != '\n')
			buf_addc(&flat, one.data[i]);
	assert_string_equal(flat.data, json);
}

static void values(void **state)
{
	static const struct {
		const char *yaml, *json;
	} cases[] = {
		{"a: b", "{\"a\":\"b\"}"},
		{"# c\n---\na: 1 # c\nb: -2\nc: 1.5\nd: true\ne: null\nf: ~\ng:\n",
		 "{\"a\":1,\"b\":-2,\"c\":1.5,\"d\":true,\"e\":null,\"f\":null,\"g\":null}"},
		{"a:\n- x\n- y\nb: z", "{\"a\":[\"x\",\"y\"],\"b\":\"z\"}"},
		{"a:\n  - x\n  -\n    k: v\n  - - 1\n    - 2\n", "{\"a\":[\"x\",{\"k\":\"v\"},[1,2]]}"},
		{"- action: A\n  names:\n  - read\n  - write\n- action: B\n",
		 "[{\"action\":\"A\",\"names\":[\"read\",\"write\"]},{\"action\":\"B\"}]"},
		{"a: [x, \"y z\", 'it''s', 3,]\nb: []\nc: {}\n", "{\"a\":[\"x\",\"y z\",\"it's\",3],\"b\":[],\"c\":{}}"},
		{"a: [x,\n  y, # c\n  z]\n", "{\"a\":[\"x\",\"y\",\"z\"]}"},
		{"a: |\n  one\n    two\n\n  three\nb: |-\n  x\nc: |+\n  y\n\nd: |2\n    z\n",
		 "{\"a\":\"one\\u000a  two\\u000a\\u000athree\\u000a\",\"b\":\"x\",\"c\":\"y\\u000a\\u000a\",\"d\":\"  z\\u000a\"}"},
		{"f:metadata:\n  .: {}\n  k:{\"type\":\"R\"}: 1\n", "{\"f:metadata\":{\".\":{},\"k:{\\\"type\\\":\\\"R\\\"}\":1}}"},
		{"\"a b\" : \"\\u00e9\\n\\\"\\x41\"\n'c': http://x:80/\n", "{\"a b\":\"\xc3\xa9\\u000a\\\"A\",\"c\":\"http://x:80/\"}"},
		{"a: 1.2.3\nb: 2024-01-31\nc: 1.30.0\nd: v1\ne: 08:00\n",
		 "{\"a\":\"1.2.3\",\"b\":\"2024-01-31\",\"c\":\"1.30.0\",\"d\":\"v1\",\"e\":\"08:00\"}"},
		{"a: b#c\nd: \"e\" # f\r\ng: h\r\n", "{\"a\":\"b#c\",\"d\":\"e\",\"g\":\"h\"}"},
		{"a:\n  b:\n    c: 1\n  d: 2\n", "{\"a\":{\"b\":{\"c\":1},\"d\":2}}"},
		{"a:\n- b: |\n    x\n  c: 1\n", "{\"a\":[{\"b\":\"x\\u000a\",\"c\":1}]}"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check(cases[i].yaml, cases[i].json);
}

static void lines_and_documents(void **state)
{
	static const char text[] = "# first\n---\na: 1\n---\nb:\n# c\n- x\n\n-   y\n...\n---\n# none\n";
	cleanup_buf struct buf json = {0};
	struct json_doc *doc = NULL;
	const struct json *list;
	struct err err = {0};
	struct yaml y;

	yaml_begin(&y, text, strlen(text), "t");
	assert_int_equal(yaml_next(&y, &json, &err), 1);
	assert_int_equal(json_parse(json.data, json.len, JSON_OURS, "t", &doc, &err), 0);
	assert_int_equal(json_line(doc, json_get(json_root(doc), "a")), 3);
	json_free(doc);
	assert_int_equal(yaml_next(&y, &json, &err), 1);
	assert_int_equal(json_parse(json.data, json.len, JSON_OURS, "t", &doc, &err), 0);
	list = json_get(json_root(doc), "b");
	assert_int_equal(json_line(doc, json_first(list)), 7);
	assert_int_equal(json_line(doc, json_next(json_first(list))), 9);
	json_free(doc);
	assert_int_equal(yaml_next(&y, &json, &err), 0);
}

static void refusals(void **state)
{
	static const struct {
		const char *yaml, *says;
	} cases[] = {
		{"a: &x 1", "line 1: an anchor"},
		{"a: *x", "an alias"},
		{"a: !!str 1", "a tag"},
		{"a: >\n  x\n", "a folded"},
		{"a: {b: c}", "a flow mapping"},
		{"a: [[1]]", "a flow sequence within"},
		{"a: [1\n", "does not end"},
		{"a: \"x\n  y\"", "does not end on its line"},
		{"a: x\n  y\n", "line 2: indented deeper"},
		{"a: b: c", "a mapping cannot stand here"},
		{"a: 1\n b: 2\n", "indented deeper"},
		{"a:\n   b: 1\n  c: 2\n", "its indent fits nothing"},
		{"a:\n\t- b", "line 2: a tab indents"},
		{"? a\n: b", "complex key"},
		{"%YAML 1.2\n---\na: 1\n", "a directive"},
		{"a: yes", "different things"},
		{"a: 010", "different things"},
		{"a: 0x1f", "different things"},
		{"a: 1_000", "different things"},
		{"a: +1", "different things"},
		{"a: 1e3", "different things"},
		{"a: .inf", "different things"},
		{"just words", "\"key: value\" is wanted"},
		{"a: \"\\q\"", "an escape"},
		{"a: \x01", "a control character"},
		{"<<: x", "merge key"},
		{"a: 1\n- b\n", "its indent fits nothing"},
		{"--- a: 1\n", "follows the mark"},
		{"a: \"b\" c", "something follows"},
		{"a: |x\n  b\n", "head"},
		{"- a: 1\n  - b\n", "line 2"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cleanup_buf struct buf json = {0};
		struct err err = {0};
		struct yaml y;

		yaml_begin(&y, cases[i].yaml, strlen(cases[i].yaml), "t");
		if (yaml_next(&y, &json, &err) != -EINVAL)
			fail_msg("not refused: %s", cases[i].yaml);
		if (!strstr(err.msg, cases[i].says))
			fail_msg("%s: %s", cases[i].yaml, err.msg);
	}
}

static void depth(void **state)
{
	cleanup_buf struct buf text = {0}, json = {0};
	struct err err = {0};
	struct yaml y;

	for (size_t i = 0; i < 5u << 20; i++)
		buf_adds(&text, "- ");
	yaml_begin(&y, text.data, text.len, "t");
	assert_int_equal(yaml_next(&y, &json, &err), -E2BIG);
	assert_non_null(strstr(err.msg, "nested deeper than 64"));
	assert_true(json.len < 1024);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values),
		cmocka_unit_test(lines_and_documents),
		cmocka_unit_test(refusals),
		cmocka_unit_test(depth),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
