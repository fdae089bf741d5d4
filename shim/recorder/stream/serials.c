#include "shim/recorder/stream/serials.h"

/* The 64-bit number nearest to next that has these low 32 bits. */
static uint64_t widen(const struct serials *s, uint32_t serial)
{
	return s->next + (uint64_t)(int64_t)(int32_t)(serial - (uint32_t)s->next);
}

static bool take(struct serials *s, uint64_t serial)
{
	uint64_t bit = (uint64_t)1 << (serial % 64), *word = &s->seen[serial % SERIALS_WINDOW / 64];
	bool was = *word & bit;

	*word &= ~bit;
	return was;
}

static void advance(struct serials *s)
{
	while (take(s, s->next))
		s->next++;
}

static void skip_to(struct serials *s, uint64_t serial)
{
	while (s->next < serial) {
		take(s, s->next);
		s->next++;
	}
	advance(s);
}

bool serials_see(struct serials *s, uint32_t serial)
{
	uint64_t n;
	bool complete = true;

	s->arrivals++;
	if (!s->started) {
		s->started = true;
		s->next = ((uint64_t)1 << 32) + serial + 1;
		return true;
	}
	n = widen(s, serial);
	if (n < s->next)
		return true;
	if (n - s->next >= SERIALS_WINDOW) {
		uint64_t jump = n - s->next;

		complete = false;
		if (jump >= 2 * (uint64_t)SERIALS_WINDOW) {
			/* Nothing in the window is near: clear it at once rather than bit by bit. */
			for (unsigned i = 0; i < SERIALS_WINDOW / 64; i++)
				s->seen[i] = 0;
			s->next = n;
		} else {
			skip_to(s, n - SERIALS_WINDOW / 2);
		}
	}
	if (n < s->next)
		return complete;
	s->seen[n % SERIALS_WINDOW / 64] |= (uint64_t)1 << (n % 64);
	advance(s);
	return complete;
}

bool serials_complete_below(const struct serials *s, uint32_t serial)
{
	return s->started && widen(s, serial) <= s->next;
}

void serials_skip_to(struct serials *s, uint32_t serial)
{
	if (s->started && widen(s, serial) > s->next)
		skip_to(s, widen(s, serial));
}
