/* Two processes that work at the same time; they mostly wait for other programs. */
#ifndef SNUG_SHIM_CLI_PAIR_H
#define SNUG_SHIM_CLI_PAIR_H

#include <stddef.h>

#define PAIR 2

/* Calls work(arg, 0) and work(arg, 1), each in a child, and returns when both have ended; they leave their results in shared
 * memory. If signal_fd becomes readable, both get SIGTERM. Returns 0 or a negative errno. */
int pair_run(void (*work)(void *arg, unsigned which), void *arg, int signal_fd);

/* Zeroed memory that children share with their parent; NULL: out of memory. */
void *pair_memory_new(size_t size);
void pair_memory_free(void *memory, size_t size); /* NULL is allowed */

#endif
