/* The counter: which calls the containers' processes make, told by the kernel in one bit per call, without a record. A BPF program on raw
 * sys_enter, attached only while a session is armed. Where it cannot be had (built without libbpf, a kernel without BTF, lockdown) counter_open()
 * says why. */
#ifndef SNUG_SHIM_RECORDER_COUNTER_H
#define SNUG_SHIM_RECORDER_COUNTER_H

#include "base/cleanup.h"
#include "base/err.h"
#include "shim/recorder/counter/layout.h"

#include <stdbool.h>
#include <stdint.h>

struct counter; /* opaque */

/* Loads the program, and attaches it once to see that it counts. Needs CAP_BPF and CAP_PERFMON; what follows needs neither. -EOPNOTSUPP, or what
 * the kernel said, with a sentence. */
int counter_open(struct counter **ret, struct err *err);
void counter_close(struct counter *c); /* NULL is allowed */

/* From now on calls of this audit session are counted, of processes with more seccomp filters than `filters`. One task is in the session, and waits
 * until this returns. -EEXIST if it is armed, -ENOSPC. */
int counter_arm(struct counter *c, uint32_t session, uint32_t filters);

/* What was counted so far. -ENOENT if the session is not armed. */
int counter_read(const struct counter *c, uint32_t session, struct counter_entry *ret);

/* The session's bits are forgotten; after the last one the program is detached. */
void counter_disarm(struct counter *c, uint32_t session);

/* True if the program is attached and sees calls: one that has been detached by anybody stays so. */
bool counter_counts(const struct counter *c);

/* True if the entry has the bit; phase and abi as layout.h says. */
bool counter_has(const struct counter_entry *e, unsigned phase, unsigned abi, uint32_t nr);

#endif
