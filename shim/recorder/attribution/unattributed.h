/* Logged calls whose audit session tells nothing: nobody registered it (a process of a container changed it, which takes CAP_AUDIT_CONTROL, or an exec
 * went past the wrapper), or the container has none of its own (`session` off, loginuid_immutable). Told by process and cgroup where that is certain.
 *
 * Certain: the record's process is alive when it is looked at, it began before the record was made, so that the number still means the same process, and
 * it sits in the container's cgroup. What a process names itself plays no part. */
#ifndef SNUG_SHIM_RECORDER_STRANGERS_H
#define SNUG_SHIM_RECORDER_STRANGERS_H

#include "seccomp/record/record.h"
#include "shim/recorder/attribution/proc.h"

#include <stdbool.h>
#include <stdint.h>

#define STRANGERS_SESSIONS 1024 /* that are remembered; a set session belongs to one login or container for good */
#define STRANGERS_PROCS    1024 /* processes that are remembered */
#define STRANGERS_OPEN     64   /* sessions that wait for a process that can be looked at */
#define STRANGERS_OPEN_MS  2000 /* and for how long */
#define STRANGERS_SLACK_MS 30   /* of the clocks: /proc counts in ticks, records in jiffies */
#define STRANGERS_STEP_MS  20   /* a wall clock that moved further against the boot clock was set */

/* One process that was looked at. */
struct stranger {
	uint32_t pid;
	uint64_t start;      /* clock ticks since boot */
	uint64_t alive_ms;   /* since boot: it was alive then */
	void *owner;         /* the run; NULL: nobody's */
};

struct strangers {
	uint32_t sessions[STRANGERS_SESSIONS]; /* 0: free */
	struct stranger procs[STRANGERS_PROCS];
	struct stranger looked; /* at, last */
	struct {
		uint32_t session; /* 0: free */
		uint64_t since_ms;
	} open[STRANGERS_OPEN];
	unsigned open_count;
	int64_t offset[2];     /* wall clock less boot clock, ms, at the last two ticks */
	unsigned offset_count; /* of them that are known */
	bool cycle_is_long;    /* process numbers cannot come round within the slack */
};

void strangers_init(struct strangers *s);

/* Once a second: how the clocks stand. */
void strangers_tick(struct strangers *s);

/* Sessions that are known to be no container's. */
/* Of these only the processes that can be looked at need to be. */
bool strangers_is_known(const struct strangers *s, uint32_t session);
void strangers_remember(struct strangers *s, uint32_t session);
void strangers_forget_session(struct strangers *s, uint32_t session);

/* A process of this session was gone before it could be looked at: another one of it may tell later whose they are. False if it cannot wait. */
bool strangers_leave_open(struct strangers *s, uint32_t session, uint64_t now_ms);
void strangers_close(struct strangers *s, uint32_t session); /* it has been told */
unsigned strangers_overdue(struct strangers *s, uint64_t now_ms); /* takes out those that waited for too long; how many */

/* Looks at the record's process. Returns 1 if it is known already (*ret_owner), 0 if it was looked at: cgroup holds the text of its cgroups, and
 * strangers_own then says whose it is, or the look is forgotten; -ESRCH if it cannot be told for sure. */
int strangers_look(struct strangers *s, const struct record *rec, char cgroup[PROC_CGROUP_MAX], void **ret_owner);
void strangers_own(struct strangers *s, void *owner); /* NULL: nobody's */

/* Whose they are may have changed: an owner has come, has become known by its cgroup, or is gone. */
void strangers_forget_procs(struct strangers *s);

/* Pure: whether a process that began at start (ticks of hz a second) and was alive at alive_ms is the one that made a record at record_ms. */
bool strangers_is_same(uint64_t start, long hz, uint64_t alive_ms, uint64_t record_ms, bool cycle_is_long);

/* True if a process of cgroup text `inner` sits in the group of `outer` or below it, in every hierarchy. */
bool strangers_is_within(const char *inner, const char *outer);

#endif
