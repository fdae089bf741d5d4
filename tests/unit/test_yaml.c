/* YAML read as JSON: the same values, on the same lines; and what is refused. */
#include "base/cleanup.h"
#include "base/json/json.h"
#include "yaml/json.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* The first document's JSON; 1, 0 or the error. */
static int first(const char *yaml, size_t len, struct buf *ret, struct err *err)
{
	cleanup_yaml struct yaml *y = NULL;
	cleanup_yaml_doc struct yaml_doc *doc = NULL;
	int r;

	assert_int_equal(yaml_open(yaml, len, "t", &y, err), 0);
	r = yaml_next(y, &doc, err);
	if (r == 1 && (r = yaml_write_json(doc, ret, err)) == 0)
		r = 1;
	return r;
}

/* JSON without the newlines that keep the lines. */
static void check(const char *yaml, const char *json)
{
	cleanup_buf struct buf one = {0}, flat = {0};
	struct err err = {0};

	if (first(yaml, strlen(yaml), &one, &err) != 1)
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
		{"a:\n- x\n- w\nb: z", "{\"a\":[\"x\",\"w\"],\"b\":\"z\"}"},
		{"a:\n  - x\n  -\n    k: v\n  - - 1\n    - 2\n", "{\"a\":[\"x\",{\"k\":\"v\"},[1,2]]}"},
		{"- action: A\n  names:\n  - read\n  - write\n- action: B\n",
		 "[{\"action\":\"A\",\"names\":[\"read\",\"write\"]},{\"action\":\"B\"}]"},
		{"a: [x, \"y z\", 'it''s', 3,]\nb: []\nc: {}\n", "{\"a\":[\"x\",\"y z\",\"it's\",3],\"b\":[],\"c\":{}}"},
		{"a: [x,\n  w, # c\n  z]\n", "{\"a\":[\"x\",\"w\",\"z\"]}"},
		{"a: |\n  one\n    two\n\n  three\nb: |-\n  x\nc: |+\n  y\n\nd: |2\n    z\n",
		 "{\"a\":\"one\\u000a  two\\u000a\\u000athree\\u000a\",\"b\":\"x\",\"c\":\"y\\u000a\\u000a\",\"d\":\"  z\\u000a\"}"},
		{"f:metadata:\n  .: {}\n  k:{\"type\":\"R\"}: 1\n", "{\"f:metadata\":{\".\":{},\"k:{\\\"type\\\":\\\"R\\\"}\":1}}"},
		{"\"a b\" : \"\\u00e9\\n\\\"\\x41\"\n'c': http://x:80/\n", "{\"a b\":\"\xc3\xa9\\u000a\\\"A\",\"c\":\"http://x:80/\"}"},
		{"a: 1.2.3\nb: 2024-01-31\nc: 1.30.0\nd: v1\ne: 08:00\n",
		 "{\"a\":\"1.2.3\",\"b\":\"2024-01-31\",\"c\":\"1.30.0\",\"d\":\"v1\",\"e\":\"08:00\"}"},
		{"a: b#c\nd: \"e\" # f\r\ng: h\r\n", "{\"a\":\"b#c\",\"d\":\"e\",\"g\":\"h\"}"},
		{"a:\n  b:\n    c: 1\n  d: 2\n", "{\"a\":{\"b\":{\"c\":1},\"d\":2}}"},
		{"a:\n- b: |\n    x\n  c: 1\n", "{\"a\":[{\"b\":\"x\\u000a\",\"c\":1}]}"},
		{"a: \"x\n  y\\\n  z\\t\n\n  e\"\nb: p\n  q\nc: 'it''s\n\n  two'\n",
		 "{\"a\":\"x yz\\u0009\\u000ae\",\"b\":\"p q\",\"c\":\"it's\\u000atwo\"}"},
		{"a: >\n  x\n  y\n\n  z\nb: >-\n  x\n   y\n", "{\"a\":\"x y\\u000az\\u000a\",\"b\":\"x\\u000a y\"}"},
		{"\xef\xbb\xbf" "a: {b: c, d: [[1], {e: }]}\n", "{\"a\":{\"b\":\"c\",\"d\":[[1],{\"e\":null}]}}"},
		{"%YAML 1.1\n--- {a: 1}\n", "{\"a\":1}"},
		{"a: &x [1, 2]\nb: *x\nc: [*x, *x]\n", "{\"a\":[1,2],\"b\":[1,2],\"c\":[[1,2],[1,2]]}"},
		{"? a\n: b\n1: c\ntrue: d\n", "{\"a\":\"b\",\"1\":\"c\",\"true\":\"d\"}"},
		{"a: yes\nb: Off\nc: 010\nd: 0x1f\ne: 1_000\nf: +1\ng: 1e3\nh: 08\ni: 0o17\nj: -0b11\nk: .5\nl: 1.50\n",
		 "{\"a\":true,\"b\":false,\"c\":8,\"d\":31,\"e\":1000,\"f\":1,\"g\":1000,\"h\":8,\"i\":15,\"j\":-3,\"k\":0.5,\"l\":1.5}"},
		/* As Go's ParseFloat: an underscore only between digits. */
		{"a: .15_48\nb: ._15\nc: .1__5\nd: .1_5_\ne: .1_e5\nf: .1e1_0\ng: .1e_1\nh: .1_2e3\n",
		 "{\"a\":0.1548,\"b\":\"._15\",\"c\":\".1__5\",\"d\":\".1_5_\",\"e\":\".1_e5\",\"f\":1000000000,\"g\":\".1e_1\",\"h\":120}"},
		{"a: 18446744073709551615\nb: 18446744073709551616\nc: 1e30\nd: -0\ne: 0x\nf: 1e999\ng: 12:30\nh: =\n",
		 "{\"a\":18446744073709551615,\"b\":18446744073709552000,\"c\":1e+30,\"d\":0,\"e\":\"0x\",\"f\":\"1e999\",\"g\":\"12:30\",\"h\":\"=\"}"},
		{"a: !!str 1\nb: !mine yes\nc: !!int \"3\"\nd: ! 4\ne: !!bool \"on\"\n",
		 "{\"a\":\"1\",\"b\":\"yes\",\"c\":3,\"d\":\"4\",\"e\":true}"},
		{"a: &a {x: 1, w: 2}\nb: &b {w: 3, z: 4}\nc:\n  <<: [*a, *b]\n  z: 5\nd: {<<: *a}\n",
		 "{\"a\":{\"x\":1,\"w\":2},\"b\":{\"w\":3,\"z\":4},\"c\":{\"x\":1,\"w\":2,\"z\":5},\"d\":{\"x\":1,\"w\":2}}"},
		{"a: \"<<\"\n\"<<\": b\n", "{\"a\":\"<<\",\"<<\":\"b\"}"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check(cases[i].yaml, cases[i].json);
}

static const struct json *read_next(struct yaml *y, struct buf *json, struct json_doc **ret)
{
	cleanup_yaml_doc struct yaml_doc *doc = NULL;
	struct err err = {0};

	assert_int_equal(yaml_next(y, &doc, &err), 1);
	buf_clear(json);
	assert_int_equal(yaml_write_json(doc, json, &err), 0);
	assert_int_equal(json_parse(json->data, json->len, JSON_OURS, "t", ret, &err), 0);
	return json_root(*ret);
}

static void lines_and_documents(void **state)
{
	static const char text[] = "# first\n---\na: 1\n---\nb:\n# c\n- x\n\n-   y\nc: \"folded\n  text\"\nd: 1\n...\n---\n# none\n";
	cleanup_yaml struct yaml *y = NULL;
	struct yaml_doc *nothing = NULL;
	cleanup_buf struct buf json = {0};
	struct json_doc *doc = NULL;
	const struct json *root, *list;
	struct err err = {0};

	assert_int_equal(yaml_open(text, strlen(text), "t", &y, &err), 0);
	root = read_next(y, &json, &doc);
	assert_int_equal(json_line(doc, json_get(root, "a")), 3);
	assert_true(yaml_more(y));
	json_free(doc);
	root = read_next(y, &json, &doc);
	list = json_get(root, "b");
	assert_int_equal(json_line(doc, json_first(list)), 7);
	assert_int_equal(json_line(doc, json_next(json_first(list))), 9);
	assert_int_equal(json_line(doc, json_get(root, "c")), 10);
	assert_int_equal(json_line(doc, json_get(root, "d")), 12);
	json_free(doc);
	assert_int_equal(yaml_next(y, &nothing, &err), 1);
	assert_true(yaml_is_nothing(yaml_root(nothing)));
	yaml_doc_free(nothing);
	assert_false(yaml_more(y));
	assert_int_equal(yaml_next(y, &nothing, &err), 0);
}

static void places(void **state)
{
	static const char text[] = "\xef\xbb\xbf# \xc3\xa4\r\na: \xe2\x82\xac \r\nb: [x, 'y']\r\n";
	cleanup_yaml struct yaml *y = NULL;
	cleanup_yaml_doc struct yaml_doc *doc = NULL;
	const struct yaml_node *b;
	size_t start, end;

	assert_int_equal(yaml_open(text, strlen(text), "t", &y, NULL), 0);
	assert_int_equal(yaml_next(y, &doc, NULL), 1);
	b = yaml_get(yaml_root(doc), "b");
	start = yaml_byte_offset(text, strlen(text), b->start);
	end = yaml_byte_offset(text, strlen(text), b->end);
	assert_int_equal(end - start, strlen("[x, 'y']"));
	assert_memory_equal(text + start, "[x, 'y']", end - start);
}

static void refusals(void **state)
{
	static const struct {
		const char *yaml, *says;
	} cases[] = {
		{"a: *x", "line 1: an alias without an anchor"},
		{"a: &x [*x]", "an alias refers to itself"},
		{"a: [1\n", "not YAML"},
		{"b: 1\na: b: c", "line 2: not YAML (mapping values are not allowed"},
		{"a: 1\n b: 2\n", "line 2: not YAML"},
		{"a:\n   b: 1\n  c: 2\n", "line 3: not YAML"},
		{"a:\n\t- b", "line 2: not YAML (found character that cannot start any token"},
		{"a: \"\\q\"", "not YAML (found unknown escape"},
		{"a: \x01", "not YAML (control characters"},
		{"a: 1\n- b\n", "line 2: not YAML"},
		{"a: \"b\" c", "not YAML"},
		{"a: .inf", "line 1: JSON has no such number"},
		{"a: !!binary eA==", "!!binary"},
		{"a: !!int x", "not of the type"},
		{"a: 1\n? [b]\n: c", "line 2: a key must be a word"},
		{"~: x", "a key must be a word"},
		{"a: 1\nb:\n  {{ x }}: 2\n", "line 3: a key must be a word"},
		{"<<: x", "only mappings can be merged"},
		{"a: &a {x: 1}\nb:\n  x: 2\n  <<: *a\n", "line 3: readers differ"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cleanup_buf struct buf json = {0};
		struct err err = {0};

		if (first(cases[i].yaml, strlen(cases[i].yaml), &json, &err) != -EINVAL)
			fail_msg("not refused: %s", cases[i].yaml);
		if (!strstr(err.msg, cases[i].says))
			fail_msg("%s: %s", cases[i].yaml, err.msg);
	}
}

static void depth(void **state)
{
	static const char *const levels[] = {"- ", "[", "{a: ", "? "};

	for (size_t k = 0; k < sizeof(levels) / sizeof(levels[0]); k++) {
		cleanup_buf struct buf text = {0}, json = {0};
		struct err err = {0};

		for (size_t i = 0; i < 2u << 20; i++)
			buf_adds(&text, levels[k]);
		assert_int_equal(first(text.data, text.len, &json, &err), -E2BIG);
		assert_non_null(strstr(err.msg, "nested deeper than 64"));
		assert_true(json.len < 1024);
	}
}

/* Each list holds the one before ten times: a thousand million words of some hundred bytes. */
static void bombs(void **state)
{
	cleanup_buf struct buf text = {0}, json = {0}, many = {0}, merges = {0}, scalars = {0};
	struct err err = {0};

	buf_adds(&text, "a0: &a0 [x]\n");
	for (int i = 1; i < 10; i++)
		buf_addf(&text, "a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n", i, i, i - 1, i - 1, i - 1,
			 i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
	assert_int_equal(first(text.data, text.len, &json, &err), -E2BIG);
	assert_non_null(strstr(err.msg, "too large once its aliases are expanded"));
	buf_adds(&scalars, "a: &a \"");
	for (size_t i = 0; i < 1u << 20; i++)
		buf_addc(&scalars, 'x');
	buf_adds(&scalars, "\"\nb: [");
	for (int i = 0; i < 1000; i++)
		buf_adds(&scalars, "*a ,");
	buf_adds(&scalars, "x]\n");
	assert_int_equal(first(scalars.data, scalars.len, &json, &err), -E2BIG);
	for (size_t i = 0; i < 2u << 20; i++)
		buf_adds(&many, i ? ",a" : "[a");
	assert_int_equal(first(many.data, many.len, &json, &err), -E2BIG);
	assert_non_null(strstr(err.msg, "the document has more than"));
	buf_adds(&merges, "a: &a {");
	for (int i = 0; i < 5000; i++)
		buf_addf(&merges, "k%d: 1, ", i);
	buf_adds(&merges, "}\nb: [");
	for (int i = 0; i < 5000; i++)
		buf_adds(&merges, "{<<: *a}, ");
	buf_adds(&merges, "]\n");
	assert_int_equal(first(merges.data, merges.len, &json, &err), -E2BIG);
	assert_non_null(strstr(err.msg, "mappings are merged too often"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values),
		cmocka_unit_test(lines_and_documents),
		cmocka_unit_test(places),
		cmocka_unit_test(refusals),
		cmocka_unit_test(depth),
		cmocka_unit_test(bombs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
