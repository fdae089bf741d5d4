/* The kernel's side of SECCOMP_RET_USER_NOTIF (seccomp_unotify(2), kernel/seccomp.c). */
#ifndef SNUG_SHIM_AGENT_UNOTIFY_H
#define SNUG_SHIM_AGENT_UNOTIFY_H

#include "base/err.h"

#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for one notification and its answer, in the sizes of this kernel. `in` stays shared with forked children:
 * whoever outlives the process that received a call can answer it. The kernel shows a received call to nobody else, and
 * its caller would wait forever. */
struct unotify {
	struct seccomp_notif *in;
	struct seccomp_notif_resp *out;
	size_t in_size, out_size;
};

/* Asks the kernel for the sizes, and proves with a child process that a notified call can continue. -ENOSYS: this kernel
 * (before Linux 5.5) cannot do that. */
int unotify_open(struct unotify *k, struct err *err);
void unotify_close(struct unotify *k);

/* Makes the kernel wake an answered thread at once on the same CPU (Linux 6.6). False if it cannot: answers just take longer. */
bool unotify_wake_quickly(int listener);

/* Receives one notification into k->in from a listener that poll(2) reported readable. -ENOENT: the call was interrupted
 * meanwhile. */
int unotify_receive(struct unotify *k, int listener);

/* Lets the call received last continue. -ENOENT: it was interrupted meanwhile, answered before, or is another
 * listener's. */
int unotify_continue(struct unotify *k, int listener);

/* Reads from the memory of the thread that made the call, while it waits for its answer. -ENOENT: it no longer waits,
 * so the bytes may be another thread's. Others of its process may change them at any time: they are a hint. */
int unotify_read(int listener, const struct seccomp_notif *n, uint64_t address, void *ret, size_t size);

/* Like fork(2), but the child shares this process's descriptors (CLONE_FILES). */
int unotify_fork_sharing(void);

#endif
