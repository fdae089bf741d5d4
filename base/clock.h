/* The monotonic clock. */
#ifndef SNUG_BASE_CLOCK_H
#define SNUG_BASE_CLOCK_H

#include <stdint.h>

uint64_t clock_monotonic_ms(void); /* CLOCK_MONOTONIC, milliseconds */

#endif
