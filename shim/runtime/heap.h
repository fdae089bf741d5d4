/* The wrapper's memory. A start takes milliseconds, and then the runtime's program takes the wrapper's place; what
 * costs it time is not finding a free block but the pages that it writes to. So blocks lie one behind the other, the
 * last one grows where it lies, and what was freed is used again once everything behind it was freed, too. A large one
 * is the kernel's matter: it has pages of its own, which move without a copy and go when it is given back.
 *
 * malloc.c makes it what the C library's malloc(3) is. Not for more than one thread. */
#ifndef SNUG_SHIM_RUNTIME_HEAP_H
#define SNUG_SHIM_RUNTIME_HEAP_H

#include <stddef.h>

struct heap_block;

/* All zero: empty. */
struct heap {
	char *at, *end; /* what is left of the area in use */
	char *ready;    /* up to here the kernel has given its pages */
	struct heap_block *last;
};

#define HEAP_ALIGN 16
#define HEAP_AREA  (1 << 20) /* bytes asked of the kernel at a time */
#define HEAP_LARGE (1 << 17) /* bytes of a block from which on it is large */
#define HEAP_READY 65536     /* bytes made ready at a time: a page given when it is first written to costs more */

/* A block of at least size bytes (0: one that can be given back), aligned to HEAP_ALIGN. NULL with ENOMEM if there is
 * no memory. */
void *heap_take(struct heap *h, size_t size);

/* The block with room for size bytes and its contents, elsewhere if need be; p is not NULL. On failure NULL with
 * ENOMEM, and p stays. */
void *heap_resize(struct heap *h, void *p, size_t size);

/* Gives a block back; p may be NULL. */
void heap_give(struct heap *h, void *p);

#endif
