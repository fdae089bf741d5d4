/* A group's setup for tests that compile filters and run them themselves: what the kernel below does not have is no matter. */
#ifndef SNUG_TESTS_ANY_KERNEL_H
#define SNUG_TESTS_ANY_KERNEL_H

#include <seccomp.h>

#define EVERY_ACTION 5 /* libseccomp's API level from which on it takes all of them */

static inline int any_kernel(void **state)
{
	return seccomp_api_set(EVERY_ACTION);
}

#endif
