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
	size_t size : 63; /* of bytes[] */
	size_t given_back : 1;
	struct heap_block *before; /* NULL: the first of its area */
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

/* What the area before has left, and what is given back there, is not used again. */
static bool new_area(struct heap *h, size_t need)
{
	size_t size = need > HEAP_AREA ? need : HEAP_AREA;
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return false;
	h->at = p;
	h->end = p + size;
	h->ready = p;
	h->last = NULL;
	return true;
}

/* Only saves time, so that it may fail. Whether all of a large block will be used is not known. */
static void make_ready(struct heap *h)
{
	size_t size = h->at > h->ready ? (size_t)(h->at - h->ready) : 0;

	if (!size)
		return;
	size = (size + HEAP_READY - 1) / HEAP_READY * HEAP_READY;
	if (size <= HEAP_AREA && size <= (size_t)(h->end - h->ready))
		(void)madvise(h->ready, size, MADV_POPULATE_WRITE);
	h->ready += size;
}

void *heap_take(struct heap *h, size_t size)
{
	struct heap_block *b;

	if (!round_up(&size) || ((size_t)(h->end - h->at) < sizeof(*b) + size && !new_area(h, sizeof(*b) + size))) {
		errno = ENOMEM;
		return NULL;
	}
	b = (struct heap_block *)(void *)h->at;
	h->at = b->bytes + size;
	make_ready(h);
	*b = (struct heap_block){.size = size, .before = h->last};
	h->last = b;
	return b->bytes;
}

void *heap_resize(struct heap *h, void *p, size_t size)
{
	struct heap_block *b = block_of(p);
	void *moved;

	if (size <= b->size)
		return p;
	if (b == h->last && round_up(&size) && (size_t)(h->end - b->bytes) >= size) {
		b->size = size;
		h->at = b->bytes + size;
		make_ready(h);
		return p;
	}
	moved = heap_take(h, size);
	if (!moved)
		return NULL;
	memcpy(moved, p, b->size);
	heap_give(h, p);
	return moved;
}

void heap_give(struct heap *h, void *p)
{
	if (!p)
		return;
	block_of(p)->given_back = 1;
	while (h->last && h->last->given_back) {
		h->at = (char *)h->last;
		h->last = h->last->before;
	}
}
