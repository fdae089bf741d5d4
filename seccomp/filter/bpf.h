/* Runs a filter: classic BPF over struct seccomp_data, as the kernel does (kernel/seccomp.c seccomp_check_filter(),
 * net/core/filter.c bpf_check_classic()). libseccomp compiles, and this interpreter decides: no reading of a profile but the
 * compiler's is trusted.
 */
#ifndef SNUG_SECCOMP_BPF_H
#define SNUG_SECCOMP_BPF_H

#include "base/err.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>

/* Runs len instructions over *data. *ret_action is what the filter returns (SECCOMP_RET_* and its data). Returns 0, or
 * -EINVAL for a program that the kernel would not load: empty, longer than BPF_MAXINSNS, with an instruction that is unknown
 * or not allowed for seccomp, a jump or a load out of bounds, or an end without a return. */
int bpf_run(const struct sock_filter *code, size_t len, const struct seccomp_data *data, uint32_t *ret_action);

/* Exports the filter's program; *ret is allocated, the caller frees it. Returns 0 or a negative errno. */
int bpf_of_filter(scmp_filter_ctx ctx, struct sock_filter **ret, size_t *ret_len, struct err *err);

#endif
