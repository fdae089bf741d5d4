/* When a run is over: one live process of it is watched by a pidfd; when that ends, a look at /proc finds another one or none, and its group in cgroup2 says
 * the same where it has one. What could not be seen ends nothing: such a run is stamped and stays. */
#ifndef SNUG_SHIM_RECORDER_RUN_IS_OVER_H
#define SNUG_SHIM_RECORDER_RUN_IS_OVER_H

#include <stdbool.h>
#include <stdint.h>

struct recorder;
struct run;

/* Watches this process of the run (the pidfd is taken over). 0 or a negative errno. */
int run_over_watch(struct recorder *r, struct run *run, int pidfd);

/* The descriptor is readable; false if it is no watched process's. */
bool run_over_see(struct recorder *r, int fd);

/* Brings up to date which watched processes have ended. */
void run_over_notice(struct recorder *r);

/* True if no run is about to end. */
bool run_over_is_settled(const struct recorder *r);

/* Looks at /proc if a run wants it and the last look is long enough ago. */
void run_over_look(struct recorder *r, uint64_t now_ms);
uint64_t run_over_deadline(const struct recorder *r); /* UINT64_MAX: no run wants one */

#endif
