/* Logged calls of audit sessions that nobody registered: a process of a container may have changed its session (CAP_AUDIT_CONTROL), or an exec
 * went past the wrapper. Told by cgroup; what cannot be told counts against every live run, since a run that may have lost calls is
 * not complete. */
#ifndef SNUG_SHIM_RECORDER_STRANGERS_H
#define SNUG_SHIM_RECORDER_STRANGERS_H

#include "seccomp/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define STRANGERS_KNOWN     1024
#define STRANGERS_MEMORY_MS 10000 /* how long a process without a session is remembered as foreign: its pid may come back */

/* Those that were found to belong to no container of ours, so that a busy one costs one look. */
struct strangers {
	struct {
		uint32_t session, pid;
		uint64_t until_ms;
	} known[STRANGERS_KNOWN];
};

bool strangers_is_known(const struct strangers *s, const struct record *rec, uint64_t now_ms);
void strangers_remember(struct strangers *s, const struct record *rec, uint64_t now_ms);

/* True if a process of cgroup text `inner` sits in the group of `outer` or below it, in every hierarchy. */
bool strangers_is_within(const char *inner, const char *outer);

#endif
