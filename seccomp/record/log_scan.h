/* Finds the few relevant lines of a log: one pass for all needles, Wu and Manber, "A Fast Algorithm for
 * Multi-Pattern Searching" (TR-94-17, 1994), with blocks of three bytes and windows of eight.
 *
 * A hit means only that the line is worth a look: each needle is eight bytes of what is searched for.
 */
#ifndef SNUG_SECCOMP_LOG_SCAN_H
#define SNUG_SECCOMP_LOG_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOG_SCAN_WINDOW 8
#define LOG_SCAN_BITS   13

struct log_scan {
	bool begins[1 << LOG_SCAN_BITS];   /* a needle begins with such a block */
	uint8_t shift[1 << LOG_SCAN_BITS]; /* by a block's hash: how far no needle can end; 0 where one may */
};

void log_scan_init(struct log_scan *s);

/* The offset of the first needle in text[0..len) that begins at `from` or later; len if there is none. */
size_t log_scan_next(const struct log_scan *s, const char *text, size_t len, size_t from);

#endif
