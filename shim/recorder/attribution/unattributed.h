/* Logged calls whose audit session says nothing: it is not registered, or the container has none of its own (`session` off,
 * loginuid_immutable). They are attributed by process and cgroup if that is certain; otherwise every container that they may
 * belong to is doubted.
 *
 * Certain: the record's process is alive when we look, began before the record was made, so the pid still means the same process,
 * and is in the container's cgroup, or in no container's.
 *
 * A process that is gone cannot be examined. Whose it may be follows from how a process gets under a container's filter, which
 * only the runtime loads and only fork passes on:
 *
 *   1. It descends from the container's init, or from an exec through the wrapper. Then it has their session, which is
 *      registered, unless it changed it. That requires CAP_AUDIT_CONTROL in the initial user namespace (kernel/audit.c
 *      audit_set_loginuid_perm()), which is ruled out when the program begins: at its execve no capability set has it, including
 *      the bounding set, or it is in another user namespace. A session that it begins nevertheless is newer than its own, since
 *      the kernel counts upwards, or is unset. Only the container's processes are in it: if one of them is seen outside, the
 *      session is not the container's.
 *   2. It descends from an exec that bypassed the wrapper, which can go into any container from any session, whatever else is in
 *      that session. Then the runtime's own init made the first calls, at least the execve of the program, which is always
 *      logged: a record with a runtime's names, from before the program could choose any. If we cannot show that it was
 *      elsewhere, every container is doubted. If there is no such record, there was no exec.
 *   3. The container has no session of its own: any process may belong to it.
 *
 * So a process with a program's name, from a session that fits neither 1 nor 3, is in none of our containers, however short it
 * lived. A runtime's name proves nothing; it only raises doubt. Not ruled out: an exec that bypasses the wrapper, by a runtime
 * with another name than the known ones and the container's own; and a container that can change its session and move its
 * processes out of its cgroup. */
#ifndef SNUG_SHIM_RECORDER_UNATTRIBUTED_H
#define SNUG_SHIM_RECORDER_UNATTRIBUTED_H

#include "seccomp/record/record.h"
#include "shim/recorder/attribution/proc.h"

#include <stdbool.h>
#include <stdint.h>

#define UNATTRIBUTED_SESSIONS 1024 /* remembered; a session that was set belongs to one login or container for good */
#define UNATTRIBUTED_PROCS    1024 /* processes that are remembered */
#define UNATTRIBUTED_OPEN     64   /* sessions that wait for a process that we can examine */
#define UNATTRIBUTED_OPEN_MS  2000 /* for at most this long */
#define UNATTRIBUTED_SLACK_MS 30   /* tolerance of the clocks: /proc counts in ticks, records in jiffies */
#define UNATTRIBUTED_STEP_MS  20   /* if the wall clock moves further against the boot clock, it was set */

/* One process that we examined. */
struct unattributed_call {
	uint32_t pid;
	uint64_t start;      /* clock ticks since boot */
	uint64_t alive_ms;   /* since boot: it was still alive at that time */
	void *owner;         /* the run; NULL: none */
};

struct unattributed {
	uint32_t sessions[UNATTRIBUTED_SESSIONS]; /* 0: free */
	struct unattributed_call procs[UNATTRIBUTED_PROCS];
	struct unattributed_call looked; /* the newest one, until unattributed_own */
	struct {
		uint32_t session; /* 0: free */
		uint64_t since_ms;
	} open[UNATTRIBUTED_OPEN];
	unsigned open_count;
	int64_t offset[2];     /* wall clock minus boot clock, ms, at the last two ticks */
	unsigned offset_count; /* of them that are known */
	bool cycle_is_long;    /* pids cannot be reused within the slack */
};

void unattributed_init(struct unattributed *s);

/* Call this once a second: compares the clocks. */
void unattributed_tick(struct unattributed *s);

/* Sessions with a process that was seen outside all containers. That says nothing about an exec that comes from such a session. */
bool unattributed_is_known(const struct unattributed *s, uint32_t session);
void unattributed_remember(struct unattributed *s, uint32_t session);
void unattributed_forget_session(struct unattributed *s, uint32_t session);

/* A process of this session was gone before we could examine it; a later process may show whose they are. False if the session
 * cannot wait. */
bool unattributed_leave_open(struct unattributed *s, uint32_t session, uint64_t now_ms);
void unattributed_close(struct unattributed *s, uint32_t session); /* the question is answered */
bool unattributed_take_overdue(struct unattributed *s, uint64_t now_ms, uint32_t *ret); /* removes one that waited too long; false: there is none */

/* True if the process that now has the record's pid made the record. */
bool unattributed_is_maker(const struct unattributed *s, const struct record *rec);

/* Examines the record's process. anew: even if it is remembered, since a runtime's process moves into a container. Returns 1 if
 * it is remembered, with its owner in *ret_owner; 0 if it was examined: cgroup is then the text of its cgroups, and the caller
 * may remember the owner with unattributed_own; -ESRCH if nothing certain can be said. */
int unattributed_look(struct unattributed *s, const struct record *rec, bool anew, char cgroup[PROC_CGROUP_MAX], void **ret_owner);
void unattributed_own(struct unattributed *s, void *owner); /* NULL: no owner */

/* Forgets all owners. Call this when an owner was added, its cgroup became known, or it is gone. */
void unattributed_forget_procs(struct unattributed *s);

/* True if a process that began at start (ticks, hz per second) and was alive at alive_ms made a record at record_ms. Pure. */
bool unattributed_is_same(uint64_t start, long hz, uint64_t alive_ms, uint64_t record_ms, bool cycle_is_long);

/* True if cgroup text `inner` is the group of `outer` or below it, in every hierarchy. Pure. */
bool unattributed_is_within(const char *inner, const char *outer);

#endif
