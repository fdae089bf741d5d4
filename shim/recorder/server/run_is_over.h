/* Decides when a run is over. A pidfd watches one live process of it; when that exits, a look at /proc finds another one or none,
 * and its group in cgroup v2, if it has one, must agree. Without a clear view, no run ends: it is stamped and stays. */
#ifndef SNUG_SHIM_RECORDER_RUN_IS_OVER_H
#define SNUG_SHIM_RECORDER_RUN_IS_OVER_H

#include <stdbool.h>
#include <stdint.h>

struct recorder;
struct run;

/* Watches this process of the run; takes over the pidfd if it returns 0. Returns 0 or a negative errno. */
int run_over_watch(struct recorder *r, struct run *run, int pidfd);

/* Call this when the descriptor is readable; false if it is not that of a watched process. */
bool run_over_see(struct recorder *r, int fd);

/* Checks which watched processes have exited. */
void run_over_notice(struct recorder *r);

/* True if no run is about to end. */
bool run_over_is_settled(const struct recorder *r);

/* Looks at /proc if a run needs it and the last look is old enough. */
void run_over_look(struct recorder *r, uint64_t now_ms);
uint64_t run_over_deadline(const struct recorder *r); /* UINT64_MAX: no run wants one */

#endif
