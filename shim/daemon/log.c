#include "shim/daemon/log.h"

#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <syslog.h>

void log_say(const char *fmt, ...)
{
	char text[ERR_MSG_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	syslog(LOG_DAEMON | LOG_WARNING, "%s", text);
}
