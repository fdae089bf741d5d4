/* Prints each document of a YAML text on standard input as JSON, one to a line, for tests/cli/yaml.bats, which compares it
 * with what kubectl makes of it. An empty document is left out, as there. */
#include "base/file.h"
#include "yaml/json.h"

#include <stdio.h>
#include <unistd.h>

int main(void)
{
	cleanup_buf struct buf text = {0};
	cleanup_yaml struct yaml *y = NULL;
	struct err err = {0};
	int r = file_read_fd(STDIN_FILENO, 64u << 20, "standard input", &text, &err);

	if (r == 0)
		r = yaml_open(text.data ? text.data : "", text.len, "standard input", &y, &err);
	while (r >= 0) {
		cleanup_yaml_doc struct yaml_doc *doc = NULL;
		cleanup_buf struct buf json = {0};

		r = yaml_next(y, &doc, &err);
		if (r == 0)
			return 0;
		if (r == 1 && !yaml_is_nothing(yaml_root(doc)) && (r = yaml_write_json(doc, &json, &err)) == 0) {
			for (size_t i = 0; i < json.len; i++)
				putchar(json.data[i] == '\n' ? ' ' : json.data[i]);
			putchar('\n');
		}
	}
	fprintf(stderr, "%s\n", err.msg);
	return 1;
}
