/* What `snug metrics` tells: one table of families, filled from the state directory and by asking snugd. */
#ifndef SNUG_SHIM_CLI_METRICS_H
#define SNUG_SHIM_CLI_METRICS_H

#include "base/err.h"
#include "shim/cli/common/cli.h"
#include "shim/cli/metrics/exposition.h"

#define METRICS_CALLS_MAX                                                                                              \
	64 /* denied calls that are named per key: those that were first seen; others are one sample, "other" */

/* X(ENUM, "name", TYPE, "help") */
#define METRICS(X)                                                                                                     \
	X(BUILD, "snug_build_info", GAUGE, "The version of snug; the value is always 1.")                              \
	X(RECORDER_UP, "snug_recorder_up", GAUGE,                                                                      \
	  "1 if this recorder runs. It exits when idle, so 0 alone is no failure.")                                    \
	X(RECORDER_HEALTHY, "snug_recorder_healthy", GAUGE,                                                            \
	  "1 if snugd can record here now; absent while it does not run.")                                             \
	X(RECORDER_RUNS, "snug_recorder_runs", GAUGE, "Containers that snugd watches now.")                            \
	X(RECORDER_COUNTS, "snug_recorder_counts_calls", GAUGE, "1 if snugd has the kernel count common calls (BPF).") \
	X(RECORDER_COUNTED, "snug_recorder_counted_runs", GAUGE,                                                       \
	  "Containers whose common calls the kernel counts now.")                                                      \
	X(KEYS, "snug_keys", GAUGE, "Keys in the state directory.")                                                    \
	X(KEYS_LEFT_OUT, "snug_keys_left_out", GAUGE,                                                                  \
	  "Keys that are not listed here, since there are more than --max-keys.")                                      \
	X(KEYS_UNREADABLE, "snug_keys_unreadable", GAUGE, "Keys whose evidence or approved profile cannot be read.")   \
	X(RUNS, "snug_runs_total", COUNTER, "Recorded runs, in any mode.")                                             \
	X(LIVE_RUNS, "snug_live_runs", GAUGE, "Runs without an end, by the recorder that has to watch them.")          \
	X(COMPLETE_RUNS, "snug_complete_runs", GAUGE, "Learning runs in the evidence that lost nothing.")              \
	X(INCOMPLETE_RUNS, "snug_incomplete_runs", GAUGE,                                                              \
	  "Ended learning runs in the evidence that are incomplete, by reason.")                                       \
	X(RECORDS, "snug_records_total", COUNTER, "Recorded calls, in any mode.")                                      \
	X(DENIALS, "snug_denials_total", COUNTER,                                                                      \
	  "Calls outside the profile: action denied, or audited (audit mode only logs them). Later calls of many are " \
	  "syscall other.")                                                                                            \
	X(COMPLETE, "snug_key_complete", GAUGE,                                                                        \
	  "1 if the newest learning run has lost nothing; absent before the first one.")                               \
	X(SETTLED, "snug_key_settled", GAUGE,                                                                          \
	  "1 if the newest complete runs showed nothing new, so that learning can end.")                               \
	X(LAST_NEW, "snug_key_last_new_call_timestamp_seconds", GAUGE, "When the newest call was first seen.")         \
	X(APPROVED, "snug_key_approved_timestamp_seconds", GAUGE,                                                      \
	  "When the approved profile was saved; absent without one.")

enum metric {
#define X(e, name, type, help) METRIC_##e,
	METRICS(X)
#undef X
		METRIC_COUNT
};

/* Adds up to max_keys keys. Reports an unreadable one on stderr, and goes on. Returns 0 or a negative errno. */
int metrics_add_keys(const struct config *config, uint64_t max_keys, struct exposition *x, struct err *err);

/* Adds which recorders run, and what snugd says about itself. Starts none: not through a socket of the service manager
 * either. */
void metrics_add_recorders(const struct config *config, struct exposition *x);

#endif
