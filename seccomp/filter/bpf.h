/* What a filter answers: classic BPF over struct seccomp_data, as the kernel runs it (kernel/seccomp.c seccomp_check_filter(),
 * net/core/filter.c bpf_check_classic()). libseccomp compiles, this decides: nobody's reading of a profile is trusted but the
 * compiler's.
 */
#ifndef SNUG_SECCOMP_BPF_H
#define SNUG_SECCOMP_BPF_H

#include "base/err.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>

/* Runs len instructions over *data. *ret_action is what the filter returns (SECCOMP_RET_* with its data). Returns 0, or -EINVAL
 * for a program that the kernel would not load: empty or longer than BPF_MAXINSNS, an instruction that is not known or not
 * allowed for seccomp, a jump or a load out of bounds, an end without a return. */
int bpf_run(const struct sock_filter *code, size_t len, const struct seccomp_data *data, uint32_t *ret_action);

/* What libseccomp makes of a filter; *ret is allocated (free). */
int bpf_of_filter(scmp_filter_ctx ctx, struct sock_filter **ret, size_t *ret_len, struct err *err);

#endif
