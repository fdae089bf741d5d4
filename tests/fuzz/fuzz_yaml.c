/* Feeds any bytes to the YAML reader: what it takes is JSON, whose lines lie within the text. */
#include "base/json/json.h"
#include "base/yaml.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_lines(const struct json_doc *doc, const struct json *v, size_t least, size_t most)
{
	size_t line = json_line(doc, v);
	if (line < least || line > most)
		abort();
	for (const struct json *m = json_first(v); m; m = json_next(m))
		check_lines(doc, m, line, most);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_buf struct buf json = {0};
	struct yaml y;
	yaml_begin(&y, (const char *)data, size, "fuzz");
	while (yaml_next(&y, &json, NULL) == 1) {
		cleanup_json struct json_doc *doc = NULL;
		if (json_parse(json.data, json.len, JSON_FOREIGN, "json", &doc, NULL) != 0)
			abort();
		check_lines(doc, json_root(doc), 1, y.line);
	}
	return 0;
}
