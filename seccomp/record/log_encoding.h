/* Logs in UTF-16 or UTF-32, as PowerShell's `>` and some editors write them, with or without a byte order mark. Everything
 * that is searched for in a log is ASCII, so other characters become '?'. In place, constant memory.
 */
#ifndef SNUG_SECCOMP_LOG_ENCODING_H
#define SNUG_SECCOMP_LOG_ENCODING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOG_ENCODING_LOOK 8 /* bytes at the beginning of a text that show its encoding */

struct log_encoding {
	bool known;        /* the first bytes have been examined */
	unsigned width;    /* bytes per character: 1, 2 or 4 */
	bool big;          /* big-endian */
	uint8_t rest[4];   /* of a character that the end of the bytes read so far cuts off */
	size_t rest_len;
};

/* Begins a new text. */
void log_encoding_begin(struct log_encoding *e);

/* Converts the next `len` bytes of the text, in place. The first call should have at least LOG_ENCODING_LOOK bytes, or the
 * whole text. Returns the new length. */
size_t log_encoding_read(struct log_encoding *e, char *text, size_t len);

#endif
