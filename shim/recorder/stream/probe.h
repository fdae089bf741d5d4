/* The barrier probe: a child under its own LOG filter that makes a known call on request. The record arrives through the whole
 * audit path, in order, after everything queued before it, which proves that path end to end. It is identified by the child's
 * pid, which only the kernel writes, and by the call's number, which differs from probe to probe. */
#ifndef SNUG_SHIM_RECORDER_PROBE_H
#define SNUG_SHIM_RECORDER_PROBE_H

#include "base/err.h"
#include "seccomp/record/record.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct probe {
	pid_t pid;
	int fd; /* for requests */
};

#define PROBE_INIT { .pid = -1, .fd = -1 }

int probe_start(struct probe *ret, struct err *err);

/* Numbers that no kernel uses and that do not have x32's bit: such calls fail with ENOSYS after they have been logged. */
#define PROBE_FIRST_NR RECORD_PROBE_FIRST
#define PROBE_CYCLE    1000000u

/* Requests the call number `seq`, without blocking. Returns 0 or a negative errno. */
int probe_fire(const struct probe *p, uint64_t seq);

/* True if the record is the probe's; *ret_seq is then its number modulo PROBE_CYCLE. */
bool probe_matches(const struct probe *p, const struct record *r, uint32_t *ret_seq);

void probe_stop(struct probe *p); /* ends and reaps the child */

#endif
