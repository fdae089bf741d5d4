/* What a static library calls that was built against glibc with _FORTIFY_SOURCE=2: musl has no such functions. As
 * there, a write beyond the object ends the process. (The Linux Standard Base describes them: LSB Core, libc.) */
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *__memcpy_chk(void *to, const void *from, size_t len, size_t room);
int __snprintf_chk(char *to, size_t max, int flag, size_t room, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
int __sprintf_chk(char *to, int flag, size_t room, const char *fmt, ...) __attribute__((format(printf, 4, 5)));

void *__memcpy_chk(void *to, const void *from, size_t len, size_t room)
{
	if (len > room)
		abort();
	return memcpy(to, from, len);
}

int __snprintf_chk(char *to, size_t max, int flag, size_t room, const char *fmt, ...)
{
	va_list ap;
	int n;

	(void)flag;
	if (max > room)
		abort();
	va_start(ap, fmt);
	n = vsnprintf(to, max, fmt, ap);
	va_end(ap);
	return n;
}

int __sprintf_chk(char *to, int flag, size_t room, const char *fmt, ...)
{
	va_list ap;
	int n;

	(void)flag;
	va_start(ap, fmt);
	n = vsnprintf(to, room, fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n >= room)
		abort();
	return n;
}
