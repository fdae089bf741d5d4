#include "seccomp/logscan.h"

#include "base/cleanup.h"

#include <string.h>

#define BLOCK 2

/* Of each text the eight bytes that end in its rarest pair. */
static const char needles[][LOGSCAN_WINDOW + 1] = {
	"ype=1326", /* the kernel's own line */
	"SECCOMP ", /* auditd's type=SECCOMP msg=, journald's SECCOMP auid= */
	" compat=", /* a field that only these records have: one whose beginning is torn off */
	"ot permi", /* operation not permitted */
	"ad syste", /* bad system call */
	"iner pro", /* unable to start container process */
	"apparmor", /* apparmor="DENIED" */
	"avc:  de", /* SELinux */
	"callback", /* kauditd_printk_skb: N callbacks suppressed */
	"dit_lost", /* audit_lost=N */
	"limit ex", /* audit: backlog limit exceeded, rate limit exceeded */
	"pressed ", /* journald: Suppressed N messages from ... */
	"nel mess", /* journald: Missed N kernel messages */
	"e-limiti", /* rsyslog: N messages lost due to rate-limiting */
};

static inline size_t hash(const char *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return (v * 0x9e3bu >> 4) & 0xfff;
}

void logscan_init(struct logscan *s)
{
	memset(s->shift, LOGSCAN_WINDOW - BLOCK + 1, sizeof(s->shift));
	for (size_t i = 0; i < ARRAY_SIZE(needles); i++)
		for (size_t j = 0; j + BLOCK <= LOGSCAN_WINDOW; j++) {
			uint8_t *shift = &s->shift[hash(needles[i] + j)];

			if (*shift > LOGSCAN_WINDOW - BLOCK - j)
				*shift = (uint8_t)(LOGSCAN_WINDOW - BLOCK - j);
		}
}

static inline int is_needle(const char *p)
{
	int found = 0;

	for (size_t i = 0; i < ARRAY_SIZE(needles); i++)
		found |= memcmp(p, needles[i], LOGSCAN_WINDOW) == 0;
	return found;
}

size_t logscan_next(const struct logscan *s, const char *text, size_t len, size_t from)
{
	for (size_t at = from; at + LOGSCAN_WINDOW <= len;) {
		uint8_t shift = s->shift[hash(text + at + LOGSCAN_WINDOW - BLOCK)];

		if (!shift && is_needle(text + at))
			return at;
		at += shift ? shift : 1;
	}
	return len;
}
