/* Clean-up attributes and the transfer of ownership.
 *
 *   cleanup_fd int fd = -1;          closed at the end of the scope, unless steal_fd(&fd) took it
 *   cleanup_free char *s = NULL;     freed at the end of the scope, unless steal_ptr(&s) took it
 *   cleanup_with(thing_cleanup) struct thing *t = NULL;
 *                                    freed by the function that DEFINE_CLEANUP(thing, ...) made
 */
#ifndef SNUG_BASE_CLEANUP_H
#define SNUG_BASE_CLEANUP_H

#include <stddef.h>

/* f takes a pointer to the variable. */
#define cleanup_with(f) __attribute__((cleanup(f)))

void cleanup_fd_fn(int *fd);
void cleanup_free_fn(void *pp);

#define cleanup_fd cleanup_with(cleanup_fd_fn)
#define cleanup_free cleanup_with(cleanup_free_fn)

/* Defines `static inline void NAME_cleanup(TYPE *p)` that calls fn(*p), to be used with cleanup_with(NAME_cleanup). */
#define DEFINE_CLEANUP(name, type, fn) \
	static inline void name##_cleanup(type *p) { fn(*p); }

/* Takes the descriptor out of the variable: returns *fd and sets it to -1. */
static inline int steal_fd(int *fd)
{
	int f = *fd;
	*fd = -1;
	return f;
}

/* Takes the pointer out of the variable: yields *pp and sets it to NULL. */
#define steal_ptr(pp)                   \
	({                              \
		__typeof__(*(pp)) p_ = *(pp); \
		*(pp) = NULL;           \
		p_;                     \
	})

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif
