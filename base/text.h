/* Text from others, made safe to print and to store; times; numbers; hashes. */
#ifndef SNUG_BASE_TEXT_H
#define SNUG_BASE_TEXT_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Appends len bytes of s as printable ASCII: every byte outside 0x20..0x7e, and the backslash, becomes \xHH.
 * The result contains no terminal escape, no newline and no partial UTF-8 sequence. */
void text_add_safe(struct buf *b, const char *s, size_t len);

/* Appends a UTC time in RFC 3339 form with milliseconds: 2026-01-31T12:00:00.123Z. ms: milliseconds since the epoch; a time
 * after the year 9999 is written as the last millisecond of that year. */
void text_add_time(struct buf *b, uint64_t ms);

/* Reads what text_add_time() writes, with a fraction of 0 to 9 digits; only 'Z' as the zone. Returns 0 or -EINVAL. */
int text_parse_time(const char *s, uint64_t *ret_ms);

/* Now, in milliseconds since the epoch (CLOCK_REALTIME). */
uint64_t text_now_ms(void);

/* Reads an unsigned decimal number that is the whole of s (no sign, no space). Returns 0, -EINVAL or -ERANGE. */
int text_parse_u64(const char *s, uint64_t *ret);

/* FNV-1a, 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/). Unseeded: not for hash tables of hostile keys. */
uint64_t text_hash(const void *p, size_t len);

/* True for well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms). */
bool text_is_utf8(const char *s, size_t len);

bool text_streq(const char *a, const char *b); /* NULL equals only NULL */
bool text_starts(const char *s, const char *prefix);

#endif
