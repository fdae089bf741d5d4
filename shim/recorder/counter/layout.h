/* What the counter's two sides share: the entry of one audit session. Included by the kernel's side too: no libc. */
#ifndef SNUG_SHIM_RECORDER_COUNTER_LAYOUT_H
#define SNUG_SHIM_RECORDER_COUNTER_LAYOUT_H

#include <linux/types.h>

#define COUNTER_SESSIONS_MAX 16384
#define COUNTER_CALLS        576 /* numbers, of each ABI: x32's own begin at 512 */
#define COUNTER_WORDS        (COUNTER_CALLS / 64)
#define COUNTER_PHASES       2 /* the runtime's, up to its execve; the workload's */
#define COUNTER_ABIS         3 /* the native one, the 32-bit one, x32: in the order of arch_host() */
#define COUNTER_ALL_WORDS    (COUNTER_PHASES * COUNTER_ABIS * COUNTER_WORDS)

struct counter_entry {
	__u64 words[COUNTER_ALL_WORDS]; /* [phase][ABI][number / 64] */
	__u32 filters;                  /* that the caller of the runtime has already: processes with more are the container's */
	__u32 execd;                    /* its program runs */
	__u32 beyond;                   /* a call was met that may be unlogged and has no bit here */
	__u32 tasks;                    /* of the session, from the one that was armed on: at 0 nobody is in it, and nobody can ever join it */
};

struct counter_probe {
	__u32 pid;
	__u32 unused;
	__u64 seen;
};

#endif
