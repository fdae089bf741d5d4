#include "shim/cli/doctor/doctor.h"

#include <stdarg.h>
#include <stdio.h>

enum doctor_result doctor_found(struct doctor_finding *f, enum doctor_result r, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	buf_adds(&f->found, text);
	return r;
}
