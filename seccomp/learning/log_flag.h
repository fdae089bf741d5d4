/* SECCOMP_FILTER_FLAG_LOG: with it the kernel logs what a filter refuses with an errno, too (seccomp(2), kernel/seccomp.c
 * seccomp_log()). */
#ifndef SNUG_SECCOMP_LOG_FLAG_H
#define SNUG_SECCOMP_LOG_FLAG_H

#include "base/buf.h"
#include "base/err.h"

#include <stddef.h>

/* Appends the profile, which is ours, as one JSON object with that flag among its "flags"; every other byte of the object
 * stays. A profile without flags gets SECCOMP_FILTER_FLAG_SPEC_ALLOW as well: without any runtimes take that one by
 * themselves, and flags that are written replace it. */
int log_flag_add(const char *profile, size_t len, const char *name, struct buf *out, struct err *err);

#endif
