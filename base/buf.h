/* A growing byte string. An allocation failure sticks: later calls do nothing, and buf_failed() reports it at the end. */
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

/* Each appends. The strings must not be NULL, nor point into the buffer itself. buf_addf() formats as printf(3) does. */
void buf_add(struct buf *b, const void *p, size_t len);
void buf_adds(struct buf *b, const char *s);
void buf_addc(struct buf *b, char c);
void buf_addu(struct buf *b, unsigned long long number); /* in decimal */
void buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Room for `size` bytes behind the contents, to be written to directly; NULL if the buffer has failed. buf_took() then
 * appends the first `size` of them. */
char *buf_room(struct buf *b, size_t size);
void buf_took(struct buf *b, size_t size);

/* True if an allocation has failed, or a size has overflowed, since the buffer was made. */
bool buf_failed(const struct buf *b);

/* Returns the string, which the caller frees: "" for an empty buffer, NULL if the buffer has failed. The buffer is empty
 * afterwards. */
char *buf_steal(struct buf *b);

/* Drops the contents and keeps the memory. */
void buf_clear(struct buf *b);

/* Frees the contents; b may be NULL. */
void buf_done(struct buf *b);

#define cleanup_buf cleanup_with(buf_done)

#endif
