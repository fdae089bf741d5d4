/* The filters of a live process, all that are on top of each other, read from the kernel (PTRACE_SECCOMP_GET_FILTER). */
#ifndef SNUG_SHIM_CLI_KEY_LIVE_H
#define SNUG_SHIM_CLI_KEY_LIVE_H

#include "base/buf.h"
#include "base/err.h"
#include "seccomp/filter/filter.h"
#include "seccomp/policy/policy.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define LIVE_FILTERS_MAX 64

struct live {
	pid_t pid;
	struct filter_raw programs[LIVE_FILTERS_MAX]; /* the newest first; their code is owned */
	size_t count;                                 /* 0: the process has no filter */
	struct policy *stand_in;                      /* owned */
	struct filter *filter;                        /* owned */
};

void live_done(struct live *l); /* NULL is allowed */

/* True for pid:N and container:ID. */
bool live_is_word(const char *word);

/* Reads the filters of the process, or of the container's first process, which its cgroup identifies. The process is stopped
 * meanwhile. Appends to ret_what what it is, in words. Returns 0 or a negative errno: -EPERM with a sentence about who may,
 * -ESRCH, -ENOENT. The caller frees *ret with live_done(). */
int live_open(const char *word, struct live *ret, struct buf *ret_what, struct err *err);

/* Appends the profile that these filters amount to, as an OCI section; appends lines about what that cannot express to *remarks
 * (may be NULL). Returns 0 or a negative errno. */
int live_write_profile(struct live *l, const char *name, struct buf *out, struct buf *remarks, struct err *err);

#endif
