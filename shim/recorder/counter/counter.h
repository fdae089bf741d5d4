/* The counter: the kernel notes which calls a container's processes make, one bit per call, without a record. A BPF program on
 * raw sys_enter, attached only while a session is armed or expected; small ones on fork, exec and exit from counter_open() on. If it is
 * not available (built without libbpf, a kernel without BTF or
 * from 7.2 on, lockdown), counter_open() says why. */
#ifndef SNUG_SHIM_RECORDER_COUNTER_H
#define SNUG_SHIM_RECORDER_COUNTER_H

#include "base/cleanup.h"
#include "base/err.h"
#include "shim/recorder/counter/layout.h"

#include <stdbool.h>
#include <stdint.h>

struct counter; /* opaque */

/* Loads the program, and attaches it once to check that it counts. Needs CAP_BPF and CAP_PERFMON; the other functions do not.
 * Returns 0, -EOPNOTSUPP (built without it, or for a kernel that skips calls) or the kernel's negative errno; the caller closes *ret. */
int counter_open(struct counter **ret, struct err *err);
void counter_close(struct counter *c); /* NULL is allowed */

/* False if somebody detached what has to be attached all the time, or the kernel skipped calls: no session can be armed. */
bool counter_is_ready(const struct counter *c);

/* From now on, counts the calls of this audit session's processes that have more than `filters` seccomp filters. The session must
 * have exactly one task, which waits until this returns. Returns 0 or a negative errno: -EEXIST: it is armed already; -ENOSPC:
 * too many sessions. */
int counter_arm(struct counter *c, uint32_t session, uint32_t filters);

/* A session will be armed soon: attaches the program ahead, since that takes milliseconds for which a start would have to wait. If it
 * cannot, counter_arm() will say so. */
void counter_expect(struct counter *c, uint64_t now_ms);

#define COUNTER_EXPECT_MS 2000

/* If none has come for so long, detaches it again: at the time that counter_deadline() returns (UINT64_MAX: never). Times are
 * CLOCK_MONOTONIC milliseconds. */
void counter_step(struct counter *c, uint64_t now_ms);
uint64_t counter_deadline(const struct counter *c);

/* Copies what was counted so far. Returns 0 or a negative errno; -ENOENT: the session is not armed. */
int counter_read(const struct counter *c, uint32_t session, struct counter_entry *ret);

/* Deletes the session's bits; detaches the program after the last session. */
void counter_disarm(struct counter *c, uint32_t session);

/* True if the program is attached and has seen all calls since counter_open(). If it was detached from outside, it stays detached. */
bool counter_counts(const struct counter *c);

/* True if the entry has the bit; phase and abi are indices as in layout.h. */
bool counter_has(const struct counter_entry *e, unsigned phase, unsigned abi, uint32_t nr);

#endif
