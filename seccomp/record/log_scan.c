#include "seccomp/record/log_scan.h"

#include "base/cleanup.h"

#include <string.h>

#define BLOCK 3

/* Of each text the eight bytes whose end is the rarest. */
static const char needles[][LOG_SCAN_WINDOW + 1] = {
	"ype=1326", /* the kernel's own line */
	"SECCOMP ", /* auditd's type=SECCOMP msg=, journald's SECCOMP auid= */
	" compat=", /* a field that only these records have: one whose beginning is torn off */
	"ot permi", /* operation not permitted */
	"system c", /* bad system call */
	"ner proc", /* unable to start container process */
	" apparmo", /* apparmor="DENIED" */
	" avc:  d", /* SELinux */
	" callbac", /* kauditd_printk_skb: N callbacks suppressed */
	"audit_lo", /* audit_lost=N */
	"imit exc", /* audit: backlog limit exceeded, rate limit exceeded */
	"uppresse", /* journald: Suppressed N messages from ... */
	"rnel mes", /* journald: Missed N kernel messages */
	"ate-limi", /* rsyslog: N messages lost due to rate-limiting */
};

static inline size_t hash(const char *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return ((v | (uint32_t)(unsigned char)p[2] << 16) * 0x9e3779b1u) >> (32 - LOG_SCAN_BITS);
}

void log_scan_init(struct log_scan *s)
{
	memset(s->shift, LOG_SCAN_WINDOW - BLOCK + 1, sizeof(s->shift));
	for (size_t i = 0; i < ARRAY_SIZE(needles); i++)
		for (size_t j = 0; j + BLOCK <= LOG_SCAN_WINDOW; j++) {
			uint8_t *shift = &s->shift[hash(needles[i] + j)];

			if (*shift > LOG_SCAN_WINDOW - BLOCK - j)
				*shift = (uint8_t)(LOG_SCAN_WINDOW - BLOCK - j);
		}
}

static inline int is_needle(const char *p)
{
	int found = 0;

	for (size_t i = 0; i < ARRAY_SIZE(needles); i++)
		found |= memcmp(p, needles[i], LOG_SCAN_WINDOW) == 0;
	return found;
}

size_t log_scan_next(const struct log_scan *s, const char *text, size_t len, size_t from)
{
	/* A shift of 0 stays where it is, so only every fourth step needs a look. */
	size_t at = from, sure = len > 4 * LOG_SCAN_WINDOW ? len - 4 * LOG_SCAN_WINDOW : 0;
	const char *block = text + LOG_SCAN_WINDOW - BLOCK;

	while (at + LOG_SCAN_WINDOW <= len) {
		while (at < sure) {
			at += s->shift[hash(block + at)];
			at += s->shift[hash(block + at)];
			at += s->shift[hash(block + at)];
			uint8_t last = s->shift[hash(block + at)];

			if (!last)
				break;
			at += last;
		}
		if (at + LOG_SCAN_WINDOW > len)
			break;
		uint8_t shift = s->shift[hash(block + at)];

		if (!shift && is_needle(text + at))
			return at;
		at += shift ? shift : 1;
	}
	return len;
}
