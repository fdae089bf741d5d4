/* Finds the few lines of a log that matter: one pass for all needles, Wu and Manber, "A Fast Algorithm for
 * Multi-Pattern Searching" (TR-94-17, 1994), with blocks of three bytes and windows of eight.
 *
 * A hit says that the line is worth a look, nothing more: each needle is eight bytes of what is looked for.
 */
#ifndef SNUG_SECCOMP_LOGSCAN_H
#define SNUG_SECCOMP_LOGSCAN_H

#include <stddef.h>
#include <stdint.h>

#define LOGSCAN_WINDOW 8
#define LOGSCAN_BITS   13

struct logscan {
	uint8_t shift[1 << LOGSCAN_BITS]; /* by a block's hash: how far no needle can end; 0 where one may */
};

void logscan_init(struct logscan *s);

/* The offset of the first needle that begins at `from` or behind it and lies within text[0..len), len if there is none.
 */
size_t logscan_next(const struct logscan *s, const char *text, size_t len, size_t from);

#endif
