/* malloc(3) for the wrapper alone: see heap.h. A program that defines these four uses them in place of the C library's
 * own. */
#include "shim/runtime/heap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct heap heap;

void *malloc(size_t size)
{
	return heap_take(&heap, size);
}

void *calloc(size_t count, size_t size)
{
	size_t all;
	void *p;

	if (__builtin_mul_overflow(count, size, &all)) {
		errno = ENOMEM;
		return NULL;
	}
	p = heap_take(&heap, all);
	return p ? memset(p, 0, all) : NULL;
}

void *realloc(void *p, size_t size)
{
	return p ? heap_resize(&heap, p, size) : heap_take(&heap, size);
}

void free(void *p)
{
	heap_give(&heap, p);
}
