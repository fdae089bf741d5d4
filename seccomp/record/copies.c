#include "seccomp/record/copies.h"

#include "base/text.h"

#include <errno.h>
#include <stdlib.h>

#define SEEN    (1u << 16)
#define PAIRS   (1u << 14)
#define NEAR    2u   /* seconds */
#define QUARTER 900u /* time zones differ by a multiple of this */

struct copies {
	struct {
		uint64_t time_ms, serial;
	} seen[SEEN]; /* by hash; a collision overwrites the older one */
	struct pair {
		uint64_t identity;
		uint32_t stamped, unstamped, clock; /* clock: the newest one, from 1; 0: unknown */
	} pairs[PAIRS]; /* by hash, too */
};

int copies_new(struct copies **ret, struct err *err)
{
	struct copies *c = calloc(1, sizeof(*c));

	if (!c)
		return err_set(err, ENOMEM, "out of memory");
	*ret = c;
	return 0;
}

void copies_free(struct copies *c)
{
	free(c);
}

static bool same_stamp(struct copies *c, const struct record *r)
{
	uint64_t id[] = {r->time_ms, r->serial};
	size_t i = text_hash(id, sizeof(id)) % SEEN;

	if (!r->time_ms || !r->serial)
		return false;
	if (c->seen[i].time_ms == r->time_ms && c->seen[i].serial == r->serial)
		return true;
	c->seen[i].time_ms = r->time_ms;
	c->seen[i].serial = r->serial;
	return false;
}

/* The time before a line is local, a stamp is UTC: compared modulo a quarter of an hour. */
static bool is_near(uint32_t a, uint32_t b)
{
	uint32_t apart = (a > b ? a - b : b - a) % QUARTER;

	return !a || !b || apart <= NEAR || apart >= QUARTER - NEAR;
}

enum copies_answer copies_add(struct copies *c, const struct log_line *line)
{
	const struct record *r = &line->record;
	uint64_t id[] = {r->ip, (uint64_t)r->pid << 32 | r->nr, (uint64_t)r->arch << 32 | r->code};
	uint64_t identity = text_hash(id, sizeof(id));
	struct pair *p = &c->pairs[identity % PAIRS];
	uint32_t clock = line->clock ? line->clock : r->time_ms ? (uint32_t)(r->time_ms / 1000 % 86400) + 1 : 0;
	bool stamped = r->serial;

	if (same_stamp(c, r))
		return COPIES_SAME;
	if (line->tool != LOG_TOOL_NONE)
		return COPIES_NEW;
	if (p->identity != identity || !is_near(p->clock, clock))
		*p = (struct pair){.identity = identity};
	p->clock = clock ? clock : p->clock;
	if (stamped)
		return ++p->stamped <= p->unstamped ? COPIES_PAIRED : COPIES_NEW;
	return ++p->unstamped <= p->stamped ? COPIES_PAIRED : COPIES_NEW;
}
