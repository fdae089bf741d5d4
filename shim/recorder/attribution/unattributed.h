/* Logged calls whose audit session tells nothing: nobody registered it (a process of a container changed it, which takes CAP_AUDIT_CONTROL, or an exec
 * went past the wrapper), or the container has none of its own (`session` off, loginuid_immutable). Told by process and cgroup where that is certain.
 *
 * Certain: the record's process is alive when it is looked at, it began before the record was made, so that the number still means the same process, and
 * it sits in the container's cgroup. What a process names itself plays no part. */
#ifndef SNUG_SHIM_RECORDER_UNATTRIBUTED_H
#define SNUG_SHIM_RECORDER_UNATTRIBUTED_H

#include "seccomp/record/record.h"
#include "shim/recorder/attribution/proc.h"

#include <stdbool.h>
#include <stdint.h>

#define UNATTRIBUTED_SESSIONS 1024 /* that are remembered; a set session belongs to one login or container for good */
#define UNATTRIBUTED_PROCS    1024 /* processes that are remembered */
#define UNATTRIBUTED_OPEN     64   /* sessions that wait for a process that can be looked at */
#define UNATTRIBUTED_OPEN_MS  2000 /* and for how long */
#define UNATTRIBUTED_SLACK_MS 30   /* of the clocks: /proc counts in ticks, records in jiffies */
#define UNATTRIBUTED_STEP_MS  20   /* a wall clock that moved further against the boot clock was set */

/* One process that was looked at. */
struct unattributed_call {
	uint32_t pid;
	uint64_t start;      /* clock ticks since boot */
	uint64_t alive_ms;   /* since boot: it was alive then */
	void *owner;         /* the run; NULL: nobody's */
};

struct unattributed {
	uint32_t sessions[UNATTRIBUTED_SESSIONS]; /* 0: free */
	struct unattributed_call procs[UNATTRIBUTED_PROCS];
	struct unattributed_call looked; /* at, last */
	struct {
		uint32_t session; /* 0: free */
		uint64_t since_ms;
	} open[UNATTRIBUTED_OPEN];
	unsigned open_count;
	int64_t offset[2];     /* wall clock less boot clock, ms, at the last two ticks */
	unsigned offset_count; /* of them that are known */
	bool cycle_is_long;    /* process numbers cannot come round within the slack */
};

void unattributed_init(struct unattributed *s);

/* Once a second: how the clocks stand. */
void unattributed_tick(struct unattributed *s);

/* Sessions that are known to be no container's. */
/* Of these only the processes that can be looked at need to be. */
bool unattributed_is_known(const struct unattributed *s, uint32_t session);
void unattributed_remember(struct unattributed *s, uint32_t session);
void unattributed_forget_session(struct unattributed *s, uint32_t session);

/* A process of this session was gone before it could be looked at: another one of it may tell later whose they are. False if it cannot wait. */
bool unattributed_leave_open(struct unattributed *s, uint32_t session, uint64_t now_ms);
void unattributed_close(struct unattributed *s, uint32_t session); /* it has been told */
unsigned unattributed_overdue(struct unattributed *s, uint64_t now_ms); /* takes out those that waited for too long; how many */

/* Looks at the record's process. Returns 1 if it is known already (*ret_owner), 0 if it was looked at: cgroup holds the text of its cgroups, and
 * unattributed_own then says whose it is, or the look is forgotten; -ESRCH if it cannot be told for sure. */
int unattributed_look(struct unattributed *s, const struct record *rec, char cgroup[PROC_CGROUP_MAX], void **ret_owner);
void unattributed_own(struct unattributed *s, void *owner); /* NULL: nobody's */

/* Whose they are may have changed: an owner has come, has become known by its cgroup, or is gone. */
void unattributed_forget_procs(struct unattributed *s);

/* Pure: whether a process that began at start (ticks of hz a second) and was alive at alive_ms is the one that made a record at record_ms. */
bool unattributed_is_same(uint64_t start, long hz, uint64_t alive_ms, uint64_t record_ms, bool cycle_is_long);

/* True if a process of cgroup text `inner` sits in the group of `outer` or below it, in every hierarchy. */
bool unattributed_is_within(const char *inner, const char *outer);

#endif
