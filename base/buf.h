/* A growing byte string. A failed allocation sticks: later calls do nothing and buf_failed() tells at the end. */
#ifndef SNUG_BASE_BUF_H
#define SNUG_BASE_BUF_H

#include "base/cleanup.h"

#include <stdbool.h>
#include <stddef.h>

struct buf {
	char *data; /* NUL-terminated whenever not NULL; owned */
	size_t len; /* without that NUL */
	size_t cap;
	bool failed;
};

void buf_add(struct buf *b, const void *p, size_t len);
void buf_adds(struct buf *b, const char *s);
void buf_addc(struct buf *b, char c);
void buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* True if an allocation failed, or a size overflowed, since the buffer was made. */
bool buf_failed(const struct buf *b);

/* Hands the string to the caller (free), "" for an empty buffer; NULL if the buffer failed. The buffer is empty after. */
char *buf_steal(struct buf *b);

/* Forgets the contents, keeps the memory. */
void buf_clear(struct buf *b);

/* Frees the contents; NULL is allowed. */
void buf_done(struct buf *b);

#define cleanup_buf cleanup_with(buf_done)

#endif
