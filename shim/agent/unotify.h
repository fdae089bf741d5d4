/* The kernel's side of SECCOMP_RET_USER_NOTIF (seccomp_unotify(2), kernel/seccomp.c). */
#ifndef SNUG_SHIM_AGENT_UNOTIFY_H
#define SNUG_SHIM_AGENT_UNOTIFY_H

#include "base/err.h"

#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for one notification and its answer, of the sizes that this kernel wants. */
struct unotify {
	struct seccomp_notif *in;
	struct seccomp_notif_resp *out;
	size_t in_size, out_size;
};

/* Asks the kernel for the sizes, and proves on a process of its own that a notified call goes on. -ENOSYS with a sentence where it cannot (Linux before 5.5). */
int unotify_open(struct unotify *k, struct err *err);
void unotify_close(struct unotify *k);

/* Lets the kernel wake the answered thread at once on the same processor (Linux 6.6); where it cannot, answers take longer and nothing else changes. */
bool unotify_wake_quickly(int listener);

/* Takes one notification of a listener on which poll() said that there is one; it is k->in then. -ENOENT: the call was given up meanwhile. */
int unotify_receive(struct unotify *k, int listener);

/* The call that was received last goes on. -ENOENT: it was given up meanwhile. */
int unotify_continue(struct unotify *k, int listener);

/* A child that shares this process's descriptors. As fork(). */
int unotify_fork_sharing(void);

#endif
