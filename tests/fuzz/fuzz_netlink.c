/* Feeds any bytes as a datagram of the kernel's: each message handed on lies inside it, behind a header; an answer of it is read. */
#include "shim/recorder/stream/audit.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct datagram {
	const char *next; /* where no message has been yet */
	const char *end;
};

static void take(void *arg, uint16_t type, const char *text, size_t len)
{
	struct datagram *d = arg;
	if (type < 16 || text < d->next || len > (size_t)(d->end - text))
		abort();
	d->next = text + len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct datagram d = {.next = (const char *)data, .end = (const char *)data + size};
	struct audit_answer a = {0};
	if (audit_each(data, size, take, &d) == 0 && size < 16)
		abort();
	if (audit_parse_answer(data, size, &a) == 0 && (unsigned)a.kind > AUDIT_ANSWER_OTHER)
		abort();
	return 0;
}
