/* Two processes that work at the same time, for what is mostly waiting for other programs. */
#ifndef SNUG_SHIM_CLI_PAIR_H
#define SNUG_SHIM_CLI_PAIR_H

#include <stddef.h>

#define PAIR 2

/* Calls work(arg, 0) and work(arg, 1), each in a child; what they find out they put into shared memory. Ends when both have.
 * signal_fd is readable where this process was told to end: the children are told too, by SIGTERM. 0, or a negative errno. */
int pair_run(void (*work)(void *arg, unsigned which), void *arg, int signal_fd);

/* Memory, zeroed, that children write to for their parent; NULL without it. */
void *pair_memory_new(size_t size);
void pair_memory_free(void *memory, size_t size); /* NULL is allowed */

#endif
