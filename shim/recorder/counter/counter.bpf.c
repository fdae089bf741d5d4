/* The kernel's side of the counter. For each audit session that the recorder registered, it has one bit per phase, ABI
 * and call, set when a process under the container's filter makes the call. There is no record, and no buffer that
 * could be full. A server makes the same calls over and over: while only one session is armed, those that have their
 * bit are not looked up again. What the kernel can leave out are runs of a program, while another run of it is
 * preempted on the same processor: see counter.c.
 *
 * SPDX-License-Identifier: GPL-2.0-only OR MIT
 * This file alone: the kernel gives the current task only to programs under such a licence. */
#include <linux/bpf.h>
#include <linux/types.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "shim/recorder/counter/layout.h"

#define SECCOMP_MODE_FILTER 2
#define SESSION_UNSET       0xffffffffu /* AUDIT_SID_UNSET */

/* The members of kernel structures that we read; CO-RE finds their offsets when the program is loaded. */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
typedef struct {
	int counter;
} atomic_t;

struct seccomp {
	int mode;
	atomic_t filter_count;
};

struct thread_info {
	unsigned long flags;
	__u32 status;
};

struct task_struct {
	struct thread_info thread_info;
	unsigned int flags;
	int tgid;
	unsigned int sessionid;
	struct seccomp seccomp;
};
#pragma clang attribute pop

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, COUNTER_SESSIONS_MAX);
	__type(key, __u32);
	__type(value, struct counter_entry);
} sessions SEC(".maps");

/* One entry, which the recorder has mapped. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct counter_shared);
} shared SEC(".maps");

/* The ABI of this call: a 64-bit process can make calls of the other ABIs. */
static __always_inline __u32 abi_of(struct task_struct *t, long id)
{
#if defined(__TARGET_ARCH_x86)
	if (t->thread_info.status & 2) /* TS_COMPAT, arch/x86/include/asm/thread_info.h */
		return 1;
	return id & 0x40000000 ? 2 : 0; /* __X32_SYSCALL_BIT */
#elif defined(__TARGET_ARCH_arm64)
	return t->thread_info.flags >> 22 & 1; /* TIF_32BIT, arch/arm64/include/asm/thread_info.h */
#else
#error "which ABIs has this machine?"
#endif
}

/* A number beyond our bits has no name, so each such call is logged; the exception is arm's own calls, from 0xf0000 on. */
static __always_inline int has_names_beyond(__u32 abi)
{
#if defined(__TARGET_ARCH_arm64)
	return abi == 1;
#else
	return 0;
#endif
}

static __always_inline void count(struct counter_entry *e, __u32 abi, __u32 nr)
{
	__u32 phase = e->execd ? 1 : 0;
	__u32 word = (phase * COUNTER_ABIS + abi) * COUNTER_WORDS + nr / 64;
	__u64 bit = 1ull << (nr % 64);

	/* The compiler knows that the index is in range; the kernel's verifier insists on the comparison. */
	asm volatile("" : "+r"(word));
	if (word < COUNTER_ALL_WORDS && !(e->words[word] & bit))
		__sync_fetch_and_or(&e->words[word], bit);
}

/* The other processes of the host, which nobody asked, mostly have no filter or no session: they pay for no lookup. */
static __always_inline int may_count(struct task_struct *t)
{
	return t->seccomp.mode == SECCOMP_MODE_FILTER && t->sessionid != SESSION_UNSET;
}

/* What the runtime calls before it loads the container's filter does not count. */
static __always_inline struct counter_entry *entry_of(struct task_struct *t)
{
	__u32 session = t->sessionid;
	struct counter_entry *e;

	if (!may_count(t))
		return NULL;
	e = bpf_map_lookup_elem(&sessions, &session);
	return e && (__u32)t->seccomp.filter_count.counter > e->filters ? e : NULL;
}

static __always_inline struct counter_shared *shared_entry(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&shared, &zero);
}

static __always_inline __u64 *settled_of(struct counter_shared *s, __u32 abi, __u32 nr)
{
	__u64 call = abi * COUNTER_CALLS_ROUND + nr;

	/* As in count(). */
	asm volatile("" : "+r"(call));
	return &s->settled[call % COUNTER_SETTLED];
}

static __always_inline void count_settling(struct counter_shared *s, struct task_struct *t, __u32 abi, __u32 nr)
{
	int alone = s->sessions == 1;
	/* Atomic, so that it is read before what it stands for: what follows may be newer, which settles nothing. With more sessions, each of
	 * their calls comes here, and a write that all processors share would cost more than the rest. */
	__u64 generation = alone ? __sync_fetch_and_add(&s->generation, 0) : 0;
	struct counter_entry *e = entry_of(t);

	if (!e)
		return;
	count(e, abi, nr);
	if (alone && s->sessions == 1)
		*settled_of(s, abi, nr) = generation;
}

/* Runs after seccomp: a call that a filter refuses does not get here. Most calls are settled, or nobody's. */
SEC("tp_btf/sys_enter")
int BPF_PROG(on_sys_enter, struct pt_regs *regs, long id)
{
	struct task_struct *t = (struct task_struct *)bpf_get_current_task_btf();
	__u32 abi = abi_of(t, id), nr = (__u32)id & ~0x40000000u;
	struct counter_shared *s = shared_entry();
	struct counter_entry *e;

	if (!s)
		return 0;
	if (s->probe_pid == (__u32)t->tgid)
		s->probe_seen++;
	if (nr < COUNTER_CALLS) {
		if (*settled_of(s, abi, nr) != s->generation && may_count(t))
			count_settling(s, t, abi, nr);
	} else if (has_names_beyond(abi)) {
		e = entry_of(t);
		if (e)
			e->beyond = 1;
	}
	return 0;
}

#if defined(__TARGET_ARCH_x86)
/* A call of the vsyscall page passes seccomp, but is no system call for raw sys_enter. Runs before seccomp. Not loaded
 * where the kernel has no such page. */
SEC("tp_btf/emulate_vsyscall")
int BPF_PROG(on_vsyscall, int which)
{
	struct counter_entry *e = entry_of((struct task_struct *)bpf_get_current_task_btf());

	if (e)
		count(e, 0, which == 0 ? 96 : which == 1 ? 201 : 309); /* gettimeofday, time, getcpu */
	return 0;
}
#endif

/* After its execve, the container's own program runs: the same calls have other bits. Each execve that could be the first makes the
 * generation another one, after `execd` is there for whoever reads the new one; no program runs before that. */
SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct *t)
{
	struct counter_entry *e = entry_of(t);
	struct counter_shared *s = shared_entry();

	if (!e || !s || e->execd == 2)
		return 0;
	e->execd = 1;
	/* With its result it is a full barrier, else it would be none on arm64. */
	if (__sync_fetch_and_add(&s->generation, 1) != ~0ull)
		e->execd = 2;
	return 0;
}

/* Kernel threads that work for a process start without a fork event and make no system calls. */
static __always_inline int is_worker(struct task_struct *t)
{
	return (t->flags & (0x00000010 | 0x00004000)) != 0; /* PF_IO_WORKER, PF_USER_WORKER (include/linux/sched.h) */
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(on_fork, struct task_struct *parent, struct task_struct *child)
{
	__u32 session = child->sessionid;
	struct counter_entry *e = bpf_map_lookup_elem(&sessions, &session);

	if (e && !is_worker(child))
		__sync_fetch_and_add(&e->tasks, 1);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(on_exit, struct task_struct *t)
{
	__u32 session = t->sessionid;
	struct counter_entry *e = bpf_map_lookup_elem(&sessions, &session);

	if (e && !is_worker(t))
		__sync_fetch_and_add(&e->tasks, -1);
	return 0;
}

char counter_license[] SEC("license") = "Dual MIT/GPL";
