/* Messages to the operator: syslog, and stderr in the foreground. */
#ifndef SNUG_SHIM_DAEMON_LOG_H
#define SNUG_SHIM_DAEMON_LOG_H

void log_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
