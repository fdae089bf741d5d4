/* Logs whose bytes are not ASCII's: UTF-16 and UTF-32, as PowerShell's `>` and editors write them, with a byte order mark or without one.
 * Everything that is looked for in a log is ASCII, so what lies beyond becomes '?'. In place, constant memory.
 */
#ifndef SNUG_SECCOMP_LOG_ENCODING_H
#define SNUG_SECCOMP_LOG_ENCODING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOG_ENCODING_LOOK 8 /* bytes at the beginning of a text that tell its encoding */

struct log_encoding {
	bool known;        /* the first bytes were looked at */
	unsigned width;    /* bytes of a character: 1, 2 or 4 */
	bool big;          /* the most significant one comes first */
	uint8_t rest[4];   /* of a character that is cut off by the end of what was read so far */
	size_t rest_len;
};

/* A new text begins. */
void log_encoding_begin(struct log_encoding *e);

/* The next `len` bytes of the text, in place; the first call should have LOG_ENCODING_LOOK of them, or all there are. Returns how many are left. */
size_t log_encoding_read(struct log_encoding *e, char *text, size_t len);

#endif
