#include "shim/recorder/strangers.h"

#include <string.h>

#define UNSET UINT32_MAX

/* A session that is set belongs to one login or container for good; without one, the process is all there is. */
static unsigned slot_of(const struct record *rec)
{
	uint32_t who = rec->session != UNSET ? rec->session : rec->pid;

	return (who * 2654435761u) >> 16 & (STRANGERS_KNOWN - 1);
}

bool strangers_is_known(const struct strangers *s, const struct record *rec, uint64_t now_ms)
{
	unsigned i = slot_of(rec);

	if (s->known[i].session != rec->session || !s->known[i].until_ms)
		return false;
	return rec->session != UNSET || (s->known[i].pid == rec->pid && now_ms < s->known[i].until_ms);
}

void strangers_remember(struct strangers *s, const struct record *rec, uint64_t now_ms)
{
	unsigned i = slot_of(rec);

	s->known[i].session = rec->session;
	s->known[i].pid = rec->pid;
	s->known[i].until_ms = now_ms + STRANGERS_MEMORY_MS;
}

bool strangers_is_within(const char *inner, const char *outer)
{
	while (*outer) {
		size_t out = strcspn(outer, "\n"), in = strcspn(inner, "\n");

		if (in < out || memcmp(inner, outer, out) != 0)
			return false;
		/* "/a" holds "/a/b", not "/ab"; "/" holds everything. */
		if (in > out && inner[out] != '/' && outer[out - 1] != '/')
			return false;
		outer += out + (outer[out] == '\n');
		inner += in + (inner[in] == '\n');
	}
	return true;
}
