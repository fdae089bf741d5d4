/* Feeds any bytes to the YAML reader: what it takes is JSON, whose lines lie within the text, and places within it. */
#include "base/json/json.h"
#include "yaml/json.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_lines(const struct json_doc *doc, const struct json *v, size_t most)
{
	size_t line = json_line(doc, v);
	if (line < 1 || line > most)
		abort();
	for (const struct json *m = json_first(v); m; m = json_next(m))
		check_lines(doc, m, most);
}

static void check_document(const struct yaml_doc *doc, const char *text, size_t size)
{
	cleanup_json struct json_doc *parsed = NULL;
	cleanup_buf struct buf json = {0};
	if (yaml_byte_offset(text, size, yaml_root(doc)->end) > size)
		abort();
	if (yaml_write_json(doc, &json, NULL) != 0)
		return;
	if (json_parse(json.data, json.len, JSON_FOREIGN, "json", &parsed, NULL) != 0)
		abort();
	check_lines(parsed, json_root(parsed), size + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_yaml struct yaml *y = NULL;
	if (yaml_open((const char *)data, size, "fuzz", &y, NULL) != 0)
		return 0;
	for (int r = 1; r == 1;) {
		cleanup_yaml_doc struct yaml_doc *doc = NULL;
		r = yaml_next(y, &doc, NULL);
		if (r == 1)
			check_document(doc, (const char *)data, size);
	}
	return 0;
}
