/* Logged calls whose audit session tells nothing: nobody registered it, or the container has none of its own (`session` off, loginuid_immutable). Told by
 * process and cgroup where that is certain, and where it is not, doubted for the containers whose they could be.
 *
 * Certain: the record's process is alive when it is looked at, it began before the record was made, so that the number still means the same process, and
 * it sits in the container's cgroup, or in none's.
 *
 * Of a process that was gone nobody can be asked. Whose it could be follows from how a process comes to be under a container's filter, which only
 * the runtime loads and only a fork hands on:
 *
 *   1. It descends from the container's init, or from an exec through the wrapper. Then it carries their session, which is registered, unless it changed
 *      that. That takes CAP_AUDIT_CONTROL in the initial user namespace (kernel/audit.c audit_set_loginuid_perm()), which is ruled out when the program
 *      begins: at its execve no set of its holds it, the bounding set included, or its user namespace is another. A session that it made all the same is
 *      newer than its own, for the kernel counts upwards, or unset. It holds nobody but the container's processes: one of them that is seen
 *      elsewhere says that the session is not the container's.
 *   2. It descends from an exec past the wrapper. That can be into any container, and from any session, whatever else that session holds. Then the runtime's own
 *      init made the tree's first calls, the execve of the program at least, which is never let pass unlogged: a record whose names are a
 *      runtime's, before the program could choose any. If that cannot be told to be elsewhere, every container is doubted; if there was none, there was no exec.
 *   3. The container has no session of its own: any process may be its.
 *
 * So a process that names itself like a program, from a session that is not case 1's or 3's, is no container's of ours, however short it lived. That a process
 * is called like a runtime proves nothing: it is only doubted. Not ruled out: an exec past the wrapper by a runtime of another name than those
 * that are known and the container's own, and a container that can change its session and move its processes out of its cgroup. */
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

/* Sessions of which a process was seen outside of all containers. That says nothing of an exec that came from it. */
bool unattributed_is_known(const struct unattributed *s, uint32_t session);
void unattributed_remember(struct unattributed *s, uint32_t session);
void unattributed_forget_session(struct unattributed *s, uint32_t session);

/* A process of this session was gone before it could be looked at: another one of it may tell later whose they are. False if it cannot wait. */
bool unattributed_leave_open(struct unattributed *s, uint32_t session, uint64_t now_ms);
void unattributed_close(struct unattributed *s, uint32_t session); /* it has been told */
bool unattributed_take_overdue(struct unattributed *s, uint64_t now_ms, uint32_t *ret); /* takes out one that waited for too long; false: none */

/* True if the process of that number is the one that made the record. */
bool unattributed_is_maker(const struct unattributed *s, const struct record *rec);

/* Looks at the record's process; `anew`: also where it is known, for a runtime's process moves into a container. Returns 1 if it is known already (*ret_owner), 0 if it was looked at: cgroup holds the text of its cgroups, and
 * unattributed_own then says whose it is, or the look is forgotten; -ESRCH if it cannot be told for sure. */
int unattributed_look(struct unattributed *s, const struct record *rec, bool anew, char cgroup[PROC_CGROUP_MAX], void **ret_owner);
void unattributed_own(struct unattributed *s, void *owner); /* NULL: nobody's */

/* Whose they are may have changed: an owner has come, has become known by its cgroup, or is gone. */
void unattributed_forget_procs(struct unattributed *s);

/* Pure: whether a process that began at start (ticks of hz a second) and was alive at alive_ms is the one that made a record at record_ms. */
bool unattributed_is_same(uint64_t start, long hz, uint64_t alive_ms, uint64_t record_ms, bool cycle_is_long);

/* True if a process of cgroup text `inner` sits in the group of `outer` or below it, in every hierarchy. */
bool unattributed_is_within(const char *inner, const char *outer);

#endif
