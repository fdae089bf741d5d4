#include "seccomp/record/log_encoding.h"

#include "base/cleanup.h"

#include <string.h>

void log_encoding_begin(struct log_encoding *e)
{
	*e = (struct log_encoding){.width = 1};
}

/* Text without a byte order mark: one byte of each character is printable ASCII, the others are NUL. */
static bool is_spaced(const char *text, size_t len, unsigned width, unsigned place)
{
	if (len < LOG_ENCODING_LOOK)
		return false;
	for (size_t i = 0; i < LOG_ENCODING_LOOK; i++) {
		unsigned char c = (unsigned char)text[i];
		bool printable = (c >= 0x20 && c < 0x7f) || c == '\n' || c == '\r' || c == '\t';

		if (i % width == place ? !printable : c != 0)
			return false;
	}
	return true;
}

static void look(struct log_encoding *e, const char *text, size_t len)
{
	static const struct {
		const char *mark;
		size_t mark_len;
		unsigned width;
		bool big;
	} marks[] = {
		/* UTF-32 first: its mark begins with that of UTF-16. */
		{"\xff\xfe\0\0", 4, 4, false},
		{"\0\0\xfe\xff", 4, 4, true},
		{"\xff\xfe", 2, 2, false},
		{"\xfe\xff", 2, 2, true},
	};

	e->known = true;
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
		if (len >= marks[i].mark_len && !memcmp(text, marks[i].mark, marks[i].mark_len)) {
			e->width = marks[i].width;
			e->big = marks[i].big;
			return;
		}
	for (unsigned width = 2; width <= 4; width += 2)
		for (unsigned big = 0; big < 2; big++)
			if (is_spaced(text, len, width, big ? width - 1 : 0)) {
				e->width = width;
				e->big = big;
				return;
			}
}

/* Converts one character to a byte; a byte order mark becomes 0, which log_form_clean() removes. */
static char narrow(const struct log_encoding *e, const uint8_t *p)
{
	uint32_t c = 0;

	for (unsigned i = 0; i < e->width; i++)
		c |= (uint32_t)p[i] << 8 * (e->big ? e->width - 1 - i : i);
	return c < 0x80 ? (char)c : c == 0xfeff ? 0 : '?';
}

size_t log_encoding_read(struct log_encoding *e, char *text, size_t len)
{
	size_t out = 0, in = 0;

	if (!e->known && len)
		look(e, text, len);
	if (e->width == 1)
		return len;
	/* First the bytes left over from the last read. They complete at most one character, so out never passes in. */
	while (e->rest_len && in < len) {
		e->rest[e->rest_len++] = (uint8_t)text[in++];
		if (e->rest_len == e->width) {
			text[out++] = narrow(e, e->rest);
			e->rest_len = 0;
		}
	}
	for (; len - in >= e->width; in += e->width)
		text[out++] = narrow(e, (const uint8_t *)text + in);
	while (in < len)
		e->rest[e->rest_len++] = (uint8_t)text[in++];
	return out;
}
