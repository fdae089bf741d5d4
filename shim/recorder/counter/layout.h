/* What the two sides of the counter share: the entry of one audit session. The kernel's side includes it too, so no libc. */
#ifndef SNUG_SHIM_RECORDER_COUNTER_LAYOUT_H
#define SNUG_SHIM_RECORDER_COUNTER_LAYOUT_H

#include <linux/types.h>

#define COUNTER_SESSIONS_MAX 16384
#define COUNTER_CALLS        576 /* call numbers per ABI; x32's own begin at 512 */
#define COUNTER_WORDS        (COUNTER_CALLS / 64)
#define COUNTER_PHASES       2 /* the runtime, up to its execve; the workload */
#define COUNTER_ABIS         3 /* the native one, the 32-bit one, x32: in the order of arch_host() */
#define COUNTER_ALL_WORDS    (COUNTER_PHASES * COUNTER_ABIS * COUNTER_WORDS)

struct counter_entry {
	__u64 words[COUNTER_ALL_WORDS]; /* [phase][ABI][number / 64] */
	__u32 filters;                  /* on the runtime's caller; processes with more belong to the container */
	__u32 execd;                    /* the container's program runs */
	__u32 beyond;                   /* saw a call that may be unlogged and has no bit here */
	__u32 tasks;                    /* in the session, counting the one that it was armed with; at 0 the session is empty for good */
};

struct counter_probe {
	__u32 pid;
	__u32 unused;
	__u64 seen;
};

#endif
