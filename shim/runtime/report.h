/* An error of the wrapper's own, told in the runtime's way. */
#ifndef SNUG_SHIM_RUNTIME_REPORT_H
#define SNUG_SHIM_RUNTIME_REPORT_H

#include "base/err.h"
#include "oci/argv.h"

/* Writes "snug: SENTENCE" as one JSON line {"level":"error","msg":...,"time":...} appended to --log (text form if
 * --log-format is not json), else to stderr. Never to stdout. Returns the exit status that the callers expect: 1, for exec 255. */
int report_error(const struct oci_call *call, const struct err *err);

/* Says in syslog that a container was started as its caller asked, without snug's part (on_error, missing_profile: original). Its
 * stderr belongs to the container. */
void report_original(const char *id, const struct err *err);

/* Says in syslog that a command which manages a container goes on by the defaults, since the configuration cannot be read. */
void report_defaults(const struct err *err);

/* Says in syslog that an enforced container was started all the same, but that what it is denied will not be recorded. */
void report_unrecorded(const char *id, const struct err *err);

/* Says in syslog that an enforced container was started all the same, but without a note: calls that follow go to the runtime that is configured then. */
void report_unnoted(const char *id, const struct err *err);

/* Says in syslog that a container's annotation io.snug.profile was left alone, because it may be its image's. */
void report_ignored(const char *id);

/* Says by what the container is learnt, and why: to the caller where he has named no log, else to syslog. */
void report_source(const struct oci_call *call, const char *why);

#endif
