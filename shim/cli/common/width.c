#include "shim/cli/common/width.h"

#include "base/text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define NO_TERMINAL 132 /* the width of a wide terminal, for files and pipes */
#define PROSE       100
#define LEAST       40
#define MOST        4096

size_t width_of_terminal(bool *ret_is_one)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size = {0};
	uint64_t n = 0;

	if (!columns || text_parse_u64(columns, &n) < 0 || n == 0)
		n = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
	if (ret_is_one)
		*ret_is_one = n > 0;
	n = n ? n : NO_TERMINAL;
	return n < LEAST ? LEAST : n > MOST ? MOST : (size_t)n;
}

size_t width_of_prose(void)
{
	size_t width = width_of_terminal(NULL);

	return width < PROSE ? width : PROSE;
}

void width_add_wrapped(struct buf *out, size_t indent, const char *text)
{
	size_t width = width_of_prose(), line = 0;

	while (out->len > line && out->data[out->len - line - 1] != '\n')
		line++;
	for (const char *p = text; *p;) {
		size_t len = strcspn(p, " ");

		if (p > text && line + 1 + len > width) {
			buf_addf(out, "\n%*s", (int)indent, "");
			line = indent;
		} else if (p > text) {
			buf_addc(out, ' ');
			line++;
		}
		buf_add(out, p, len);
		line += len;
		p += len + strspn(p + len, " ");
	}
	buf_addc(out, '\n');
}
