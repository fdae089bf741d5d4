/* The counter's part in the life of a run: armed when it is registered, read while it lives, closed at its end. */
#ifndef SNUG_SHIM_RECORDER_COUNTING_H
#define SNUG_SHIM_RECORDER_COUNTING_H

#include "shim/recorder/attribution/runs.h"

#include <sys/types.h>

struct recorder;

/* True if a run that begins now can be counted. */
bool counting_is_possible(const struct recorder *r);

/* Of a run that has begun under a filter that leaves calls to the counter; pid: of its wrapper. What cannot be counted is assumed. */
void counting_begin(struct recorder *r, struct run *run, pid_t pid);

/* The exec that this process has registered has joined its run. */
void counting_join(struct recorder *r, pid_t pid, uint64_t pid_start);

/* Brings what was counted up to now into the evidence, of all runs that live. */
void counting_look(struct recorder *r, uint64_t now_ms);

/* True if the run is counted, and a task of its sessions has not ended there. */
bool counting_holds_tasks(const struct recorder *r, const struct run *run);

/* No process of it is left, and its end is not booked yet. A task that left its session is stamped. */
void counting_end(struct recorder *r, struct run *run, uint64_t now_ms);

/* All of them: the recorder ends. */
void counting_end_all(struct recorder *r, uint64_t now_ms);

#endif
