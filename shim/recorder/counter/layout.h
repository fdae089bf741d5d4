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
#define COUNTER_CALLS_ROUND  1024 /* a power of two */
#define COUNTER_SETTLED      (4 * COUNTER_CALLS_ROUND)

struct counter_entry {
	__u64 words[COUNTER_ALL_WORDS]; /* [phase][ABI][number / 64] */
	__u32 filters;                  /* on the runtime's caller; processes with more belong to the container */
	__u32 execd;                    /* the container's program runs; 2: and nothing is settled from before */
	__u32 beyond;                   /* saw a call that may be unlogged and has no bit here */
	__u32 tasks;                    /* in the session, counting the one that it was armed with; at 0 the session is empty for good */
};

/* One for all. While one session is armed, a call that has its bit is settled: nobody's next one can add anything. The
 * recorder makes `generation` another one whenever the sessions change, the kernel's side when a session's phase does:
 * then nothing is settled. */
struct counter_shared {
	__u64 generation;
	__u32 sessions;  /* that are armed, or about to be */
	__u32 probe_pid; /* a process whose calls show that the program is attached; 0: none */
	/* Not on the cache line above, which every call of the host reads. */
	__u64 probe_seen __attribute__((aligned(64))); /* calls of that process */
	/* [ABI * COUNTER_CALLS_ROUND + number]: the generation in which the call was settled */
	__u64 settled[COUNTER_SETTLED] __attribute__((aligned(64)));
};

#endif
