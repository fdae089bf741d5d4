/* What a live process holds: the filters that the kernel answers its calls by, all that stand over each other (PTRACE_SECCOMP_GET_FILTER). */
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

/* Reads the filters of the process, or of the container's first process, found by its cgroup. The process is stopped for as long as
 * that takes. ret_what is told in words. -EPERM with a sentence for who may not, -ESRCH, -ENOENT. */
int live_open(const char *word, struct live *ret, struct buf *ret_what, struct err *err);

/* The profile that these filters amount to, as an OCI section. Lines about what that cannot say go to *remarks (may be NULL). */
int live_write_profile(struct live *l, const char *name, struct buf *out, struct buf *remarks, struct err *err);

#endif
