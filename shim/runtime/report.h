/* Reports the wrapper's own errors in the way of the runtime. */
#ifndef SNUG_SHIM_RUNTIME_REPORT_H
#define SNUG_SHIM_RUNTIME_REPORT_H

#include "base/err.h"
#include "oci/argv.h"

/* Writes "snug: SENTENCE" as one JSON line {"level":"error","msg":...,"time":...} appended to --log (text form if
 * --log-format is not json), else to stderr. Never to stdout. Returns the exit status that callers expect: 1, or 255 for exec. */
int report_error(const struct oci_call *call, const struct err *err);

/* Logs that a container was started as its caller asked, without snug (on_error, missing_profile: original). All below go to
 * syslog, since stderr belongs to the container. */
void report_original(const char *id, const struct err *err);

/* Logs that a command which manages a container uses the defaults, since the configuration cannot be read. */
void report_defaults(const struct err *err);

/* Logs that an enforced container was started, but its denials will not be recorded. */
void report_unrecorded(const char *id, const struct err *err);

/* Logs that an enforced container was started, but without a note: later commands use the runtime configured then. */
void report_unnoted(const char *id, const struct err *err);

/* Logs that a container's annotation io.snug.profile was ignored, because it may be its image's. */
void report_ignored(const char *id);

/* Says what the container is learnt by, and why: to the caller unless --log was given, else to syslog. */
void report_source(const struct oci_call *call, const char *why);

/* Says, in the same way, that the container's start waits for the recorder's service. */
void report_waiting(const struct oci_call *call);

#endif
