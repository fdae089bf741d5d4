/* A piece of a log, not NUL-terminated, and functions to search it. For the readers of logs. */
#ifndef SNUG_SECCOMP_LOG_TEXT_H
#define SNUG_SECCOMP_LOG_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct text {
	const char *p;
	size_t len;
};

#define FIND(t, literal)   text_find((t), (literal), sizeof(literal) - 1)
#define BEGINS(t, literal) ((t).len >= sizeof(literal) - 1 && !memcmp((t).p, (literal), sizeof(literal) - 1))

static inline const char *text_find(struct text t, const char *what, size_t len)
{
	return memmem(t.p, t.len, what, len);
}

/* The rest of it from `p`, which is inside or at its end. */
static inline struct text text_from(struct text t, const char *p)
{
	return (struct text){p, (size_t)(t.p + t.len - p)};
}

static inline bool text_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The first decimal number in the text; 0 if there is none. */
static inline uint64_t text_number(struct text t)
{
	uint64_t v = 0;
	size_t i = 0;

	while (i < t.len && !text_is_digit(t.p[i]))
		i++;
	for (; i < t.len && text_is_digit(t.p[i]) && v < UINT64_MAX / 16; i++)
		v = v * 10 + (uint64_t)(t.p[i] - '0');
	return v;
}

#endif
