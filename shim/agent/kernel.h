/* The kernel's side of SECCOMP_RET_USER_NOTIF (seccomp_unotify(2), kernel/seccomp.c). */
#ifndef SNUG_SHIM_AGENT_KERNEL_H
#define SNUG_SHIM_AGENT_KERNEL_H

#include "base/err.h"

#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for one notification and its answer, of the sizes that this kernel wants. */
struct kernel {
	struct seccomp_notif *in;
	struct seccomp_notif_resp *out;
	size_t in_size, out_size;
};

/* Asks the kernel for the sizes, and proves on a process of its own that a notified call goes on. -ENOSYS with a sentence where it cannot (Linux before 5.5). */
int kernel_open(struct kernel *k, struct err *err);
void kernel_close(struct kernel *k);

/* Lets the kernel wake the answered thread at once on the same processor (Linux 6.6); where it cannot, answers take longer and nothing else changes. */
bool kernel_wake_quickly(int listener);

/* Takes one notification of a listener on which poll() said that there is one; it is k->in then. -ENOENT: the call was given up meanwhile. */
int kernel_receive(struct kernel *k, int listener);

/* The call that was received last goes on. -ENOENT: it was given up meanwhile. */
int kernel_continue(struct kernel *k, int listener);

/* Whether the call of k->in still waits, so that what was read of its process was its own. */
bool kernel_still_waits(const struct kernel *k, int listener);

/* A child that shares this process's descriptors. As fork(). */
int kernel_fork_sharing(void);

#endif
