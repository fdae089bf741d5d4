/* The counter during a run: armed when the run is registered, read while it is live, closed when it ends. All of these stamp a
 * run REASON_COUNTER if its counts are incomplete. */
#ifndef SNUG_SHIM_RECORDER_COUNTING_H
#define SNUG_SHIM_RECORDER_COUNTING_H

#include "shim/recorder/attribution/runs.h"

#include <sys/types.h>

struct recorder;

/* True if a run that begins now can be counted. */
bool counting_is_possible(const struct recorder *r);

/* A run that will be counted begins in a moment. */
void counting_expect(struct recorder *r, uint64_t now_ms);

/* If none begins after all: call this at the time that counting_deadline() returns (CLOCK_MONOTONIC milliseconds; UINT64_MAX: never). */
void counting_step(struct recorder *r, uint64_t now_ms);
uint64_t counting_deadline(const struct recorder *r);

/* For a run that has begun with a filter that leaves calls to the counter. If the run cannot be counted,
 * the calls are assumed to be used. */
void counting_begin(struct recorder *r, struct run *run);

/* Counts the session of an exec that this process registered and that has joined its run. */
void counting_join(struct recorder *r, pid_t pid, uint64_t pid_start);

/* Adds what was counted so far to the evidence, for all live runs. */
void counting_look(struct recorder *r, uint64_t now_ms);

/* True if the run is counted and one of its sessions still has a task. */
bool counting_holds_tasks(const struct recorder *r, const struct run *run);

/* Closes the counts of a run that has no process left, before its end is recorded. Stamps REASON_SESSION_CHANGED if a task left
 * its session. */
void counting_end(struct recorder *r, struct run *run, uint64_t now_ms);

/* Closes the counts of all runs: the recorder ends. */
void counting_end_all(struct recorder *r, uint64_t now_ms);

#endif
