/* The barrier probe: a child under a LOG filter of its own that makes one known call on request. Its record comes back through the whole
 * audit path, in order, behind everything queued before it, and proves that path end to end. The record is told by the
 * child's pid, which only the kernel writes, and by the call's number, which differs from probe to probe. */
#ifndef SNUG_SHIM_RECORDER_PROBE_H
#define SNUG_SHIM_RECORDER_PROBE_H

#include "base/err.h"
#include "seccomp/record/record.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct probe {
	pid_t pid;
	int fd; /* requests */
};

#define PROBE_INIT { .pid = -1, .fd = -1 }

int probe_start(struct probe *ret, struct err *err);

/* Numbers that no kernel gives to a call and that do not reach x32's bit: they fail with ENOSYS after they were logged. */
#define PROBE_FIRST_NR RECORD_PROBE_FIRST
#define PROBE_CYCLE    1000000u

/* Asks for the call number `seq`; does not block. 0 or a negative errno. */
int probe_fire(const struct probe *p, uint64_t seq);

/* True if the record is the probe's; *ret_seq is then which (modulo PROBE_CYCLE). */
bool probe_matches(const struct probe *p, const struct record *r, uint32_t *ret_seq);

void probe_stop(struct probe *p); /* ends and reaps the child */

#endif
