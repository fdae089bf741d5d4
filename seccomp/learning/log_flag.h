/* SECCOMP_FILTER_FLAG_LOG: with it, the kernel also logs what a filter refuses with an errno (seccomp(2), kernel/seccomp.c
 * seccomp_log()). */
#ifndef SNUG_SECCOMP_LOG_FLAG_H
#define SNUG_SECCOMP_LOG_FLAG_H

#include "base/buf.h"
#include "base/err.h"

#include <stddef.h>

/* Appends the profile (one of ours) as one JSON object with that flag in its "flags"; every other byte is unchanged. A profile
 * without flags also gets SECCOMP_FILTER_FLAG_SPEC_ALLOW, which runtimes set themselves only if there are no flags. */
int log_flag_add(const char *profile, size_t len, const char *name, struct buf *out, struct err *err);

#endif
