#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define TIME_MAX_MS 253402300799999ull /* the end of year 9999: RFC 3339 has four digits */

void text_add_safe(struct buf *b, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c < 0x20 || c > 0x7e || c == '\\')
			buf_addf(b, "\\x%02x", c);
		else
			buf_addc(b, (char)c);
	}
}

void text_add_time(struct buf *b, uint64_t ms)
{
	struct tm tm;
	char day[48];
	time_t sec;

	if (ms > TIME_MAX_MS)
		ms = TIME_MAX_MS;
	sec = (time_t)(ms / 1000);
	if (!gmtime_r(&sec, &tm))
		tm = (struct tm){.tm_year = 70, .tm_mday = 1};
	strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
	buf_addf(b, "%s.%03uZ", day, (unsigned)(ms % 1000));
}

/* Exactly `digits` decimal digits. */
static bool take_number(const char **s, int digits, int *ret)
{
	int v = 0;

	for (int i = 0; i < digits; i++, (*s)++) {
		if (**s < '0' || **s > '9')
			return false;
		v = v * 10 + (**s - '0');
	}
	*ret = v;
	return true;
}

static bool take_char(const char **s, char c)
{
	if (**s != c)
		return false;
	(*s)++;
	return true;
}

static bool take_fraction(const char **s, unsigned *ret_ms)
{
	unsigned ms = 0, digits = 0;

	if (!take_char(s, '.'))
		return true;
	for (; **s >= '0' && **s <= '9'; (*s)++, digits++)
		if (digits < 3)
			ms = ms * 10 + (unsigned)(**s - '0');
	for (unsigned d = digits; d < 3; d++)
		ms *= 10;
	*ret_ms = ms;
	return digits > 0 && digits <= 9;
}

/* timegm(3) accepts February 30 as March 2. */
static bool is_day(const struct tm *tm)
{
	struct tm day = {.tm_year = tm->tm_year, .tm_mon = tm->tm_mon, .tm_mday = tm->tm_mday};

	return timegm(&day) != -1 && day.tm_mday == tm->tm_mday;
}

int text_parse_time(const char *s, uint64_t *ret_ms)
{
	struct tm tm = {0};
	unsigned ms = 0;
	time_t sec;

	if (!take_number(&s, 4, &tm.tm_year) || !take_char(&s, '-') || !take_number(&s, 2, &tm.tm_mon) ||
	    !take_char(&s, '-') || !take_number(&s, 2, &tm.tm_mday) || !take_char(&s, 'T') ||
	    !take_number(&s, 2, &tm.tm_hour) || !take_char(&s, ':') || !take_number(&s, 2, &tm.tm_min) ||
	    !take_char(&s, ':') || !take_number(&s, 2, &tm.tm_sec) || !take_fraction(&s, &ms) || !take_char(&s, 'Z') || *s)
		return -EINVAL;
	if (tm.tm_year < 1970 || tm.tm_mon < 1 || tm.tm_mon > 12 || tm.tm_mday < 1 || tm.tm_mday > 31 || tm.tm_hour > 23 ||
	    tm.tm_min > 59 || tm.tm_sec > 60)
		return -EINVAL;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	if (!is_day(&tm))
		return -EINVAL;
	sec = timegm(&tm);
	if (sec < 0)
		return -EINVAL;
	*ret_ms = (uint64_t)sec * 1000 + ms;
	return 0;
}

uint64_t text_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

int text_parse_u64(const char *s, uint64_t *ret)
{
	uint64_t v = 0;

	if (!*s)
		return -EINVAL;
	for (; *s; s++) {
		unsigned digit = (unsigned)(unsigned char)*s - '0';

		if (digit > 9)
			return -EINVAL;
		if (__builtin_mul_overflow(v, (uint64_t)10, &v) || __builtin_add_overflow(v, (uint64_t)digit, &v))
			return -ERANGE;
	}
	*ret = v;
	return 0;
}

uint64_t text_hash(const void *p, size_t len)
{
	const unsigned char *s = p;
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ s[i]) * 0x100000001b3u;
	return h;
}

bool text_streq(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

bool text_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool text_is_utf8(const char *s, size_t len)
{
	for (size_t i = 0, n; i < len; i += n) {
		const unsigned char *p = (const unsigned char *)s + i;
		unsigned char least = 0x80, most = 0xbf;

		n = p[0] < 0x80 ? 1 : p[0] >= 0xc2 && p[0] < 0xe0 ? 2 : p[0] >= 0xe0 && p[0] < 0xf0 ? 3 : p[0] >= 0xf0 && p[0] < 0xf5 ? 4 : 0;
		if (n == 0 || n > len - i)
			return false;
		if (p[0] == 0xe0 || p[0] == 0xf0)
			least = p[0] == 0xe0 ? 0xa0 : 0x90;
		if (p[0] == 0xed || p[0] == 0xf4)
			most = p[0] == 0xed ? 0x9f : 0x8f;
		if (n > 1 && (p[1] < least || p[1] > most))
			return false;
		for (size_t k = 2; k < n; k++)
			if (p[k] < 0x80 || p[k] > 0xbf)
				return false;
	}
	return true;
}
