#include "shim/runtime/heap.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* since Linux 5.14; include/uapi/asm-generic/mman-common.h */
#endif

struct heap_block {
	size_t size : 62; /* of bytes[] */
	size_t large : 1;
	size_t given_back : 1;
	struct heap_block *before; /* NULL: the first of its area, or large */
	_Alignas(HEAP_ALIGN) char bytes[];
};

static struct heap_block *block_of(void *p)
{
	return (struct heap_block *)(void *)((char *)p - offsetof(struct heap_block, bytes));
}

static bool round_up(size_t *size)
{
	size_t wanted = *size ? *size : 1;

	if (wanted > PTRDIFF_MAX - HEAP_AREA)
		return false;
	*size = (wanted + HEAP_ALIGN - 1) & ~(size_t)(HEAP_ALIGN - 1);
	return true;
}

static void *map(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* What the area before has left, and what is given back there, is not used again. Where a limit (RLIMIT_DATA) forbids a
 * whole one, a small one has to do. */
static bool new_area(struct heap *h, size_t need)
{
	size_t size = HEAP_AREA;
	char *p = map(size);

	if (!p)
		p = map(size = (need + HEAP_READY - 1) / HEAP_READY * HEAP_READY);
	if (!p)
		return false;
	h->at = p;
	h->end = p + size;
	h->ready = p;
	h->last = NULL;
	return true;
}

/* Only saves time, so that it may fail. */
static void make_ready(struct heap *h)
{
	size_t size = h->at > h->ready ? (size_t)(h->at - h->ready) : 0;

	if (!size)
		return;
	size = (size + HEAP_READY - 1) / HEAP_READY * HEAP_READY;
	if (size <= (size_t)(h->end - h->ready))
		(void)madvise(h->ready, size, MADV_POPULATE_WRITE);
	h->ready += size;
}

static void *take_large(size_t size)
{
	struct heap_block *b = map(sizeof(*b) + size);

	if (!b)
		return NULL;
	*b = (struct heap_block){.size = size, .large = 1};
	return b->bytes;
}

static void *take_small(struct heap *h, size_t size)
{
	struct heap_block *b;

	if ((size_t)(h->end - h->at) < sizeof(*b) + size && !new_area(h, sizeof(*b) + size))
		return NULL;
	b = (struct heap_block *)(void *)h->at;
	h->at = b->bytes + size;
	make_ready(h);
	*b = (struct heap_block){.size = size, .before = h->last};
	h->last = b;
	return b->bytes;
}

void *heap_take(struct heap *h, size_t size)
{
	void *p = !round_up(&size) ? NULL : size >= HEAP_LARGE ? take_large(size) : take_small(h, size);

	if (!p)
		errno = ENOMEM;
	return p;
}

static void *move(struct heap *h, void *p, size_t size)
{
	void *moved = heap_take(h, size);

	if (!moved)
		return NULL;
	memcpy(moved, p, block_of(p)->size);
	heap_give(h, p);
	return moved;
}

static void *resize_large(struct heap_block *b, size_t size)
{
	b = mremap(b, sizeof(*b) + b->size, sizeof(*b) + size, MREMAP_MAYMOVE);
	if (b == MAP_FAILED)
		return NULL;
	b->size = size;
	return b->bytes;
}

void *heap_resize(struct heap *h, void *p, size_t size)
{
	struct heap_block *b = block_of(p);

	if (size <= b->size)
		return p;
	if (!round_up(&size)) {
		errno = ENOMEM;
		return NULL;
	}
	if (b->large)
		return resize_large(b, size);
	if (b != h->last || size >= HEAP_LARGE || (size_t)(h->end - b->bytes) < size)
		return move(h, p, size);
	b->size = size;
	h->at = b->bytes + size;
	make_ready(h);
	return p;
}

void heap_give(struct heap *h, void *p)
{
	struct heap_block *b;

	if (!p)
		return;
	b = block_of(p);
	if (b->large) {
		(void)munmap(b, sizeof(*b) + b->size);
		return;
	}
	b->given_back = 1;
	while (h->last && h->last->given_back) {
		h->at = (char *)h->last;
		h->last = h->last->before;
	}
}
