/* Counts of known calls, kept apart from the evidence: the evidence of a thousand containers does not fit into a processor's
 * caches, the two hot kilobytes of each do. */
#include "seccomp/evidence/evidence_private.h"

#include <stdlib.h>

#define SLOTS_LOG2 7
#define SLOTS      (1u << SLOTS_LOG2)
#define USED_MAX   (SLOTS / 8 * 7) /* further calls take the slow path until the table is settled */

struct slot {
	uint32_t call; /* from pack(); 0: empty */
	uint32_t who;
	uint32_t count; /* since the table was settled */
	uint32_t last;  /* milliseconds since the table's start */
};

/* One run's table: open addressing with linear probing, so most lookups stay within a cache line. */
struct evidence_counts {
	uint64_t start_ms;
	uint64_t records; /* since the table was settled */
	uint32_t used;
	bool open; /* false: the next record must take the slow path */
	struct slot slots[SLOTS];
};

/* The same for all tables, so a hash does not need the table, which is being prefetched meanwhile. Set when the first table is
 * made. */
static uint64_t seed;

/* Packs an ABI and a number into 32 bits, if they fit: the ELF machine's 12 bits, three flags of AUDIT_ARCH_*, the bit of x32,
 * and 16 bits. Never 0. */
static bool pack(const struct record *r, uint32_t *ret)
{
	uint32_t machine = r->arch & 0x1fffffffu;

	if (!machine || machine > 0xfff || r->nr & ~0x4000ffffu)
		return false;
	*ret = machine << 20 | r->arch >> 29 << 17 | (r->nr >> 30) << 16 | (r->nr & 0xffff);
	return true;
}

static struct evidence_call *call_of(const struct evidence *ev, uint32_t packed)
{
	uint32_t audit = packed >> 20 | (packed >> 17 & 7) << 29, nr = (packed >> 16 & 1) << 30 | (packed & 0xffff);

	return evidence_find(ev, arch_of_record(audit, nr), nr, EVIDENCE_WORKLOAD);
}

static size_t place_of(uint32_t call, uint32_t who)
{
	return (call ^ who) * 2654435761u >> (32 - SLOTS_LOG2);
}

/* The entry's slot, or the free slot where it belongs; the table is never full. */
static struct slot *slot_of(struct evidence_counts *c, uint32_t call, uint32_t who)
{
	size_t i = place_of(call, who);

	while (c->slots[i].call && (c->slots[i].call != call || c->slots[i].who != who))
		i = (i + 1) % SLOTS;
	return &c->slots[i];
}

/* False if the time is before the table's start, or too long after it. */
static bool time_since(const struct evidence_counts *c, uint64_t ms, uint32_t *ret)
{
	*ret = (uint32_t)(ms - c->start_ms);
	return ms - c->start_ms <= UINT32_MAX;
}

struct evidence_hint evidence_foresee(const struct evidence_counts *c, const struct record *r)
{
	struct evidence_hint h = {0};

	if (!pack(r, &h.call))
		return h;
	h.of = c;
	h.who = evidence_who(seed, r).both;
	__builtin_prefetch(c, 1);
	__builtin_prefetch(&c->slots[place_of(h.call, h.who)], 1);
	return h;
}

bool evidence_count(struct evidence_counts *c, const struct record *r, const struct evidence_hint *h)
{
	struct evidence_hint own;
	struct slot *slot;
	uint32_t at;

	if (!h || h->of != c) {
		own = evidence_foresee(c, r);
		h = &own;
	}
	if (!c->open || !h->of || !record_is_used(r) || !time_since(c, r->time_ms, &at))
		return false;
	slot = slot_of(c, h->call, h->who);
	if (!slot->call || at < slot->last || slot->count == UINT32_MAX)
		return false;
	slot->last = at;
	slot->count++;
	c->records++;
	return true;
}

static void settle_slot(const struct evidence *ev, const struct evidence_counts *c, struct slot *slot)
{
	struct evidence_call *e = slot->count ? call_of(ev, slot->call) : NULL;

	if (!e)
		return;
	e->count += slot->count;
	if (c->start_ms + slot->last > e->last_ms)
		e->last_ms = c->start_ms + slot->last;
	slot->count = 0;
}

static void forget(struct evidence_counts *c)
{
	for (size_t i = 0; i < SLOTS; i++)
		c->slots[i] = (struct slot){0};
	c->used = 0;
}

static void settle(const struct evidence *ev, struct evidence_run *run)
{
	struct evidence_counts *c = run->counts;

	if (!c || !c->open)
		return;
	c->open = false;
	for (size_t i = 0; i < SLOTS; i++)
		settle_slot(ev, c, &c->slots[i]);
	run->records += c->records;
	c->records = 0;
	if (c->used == USED_MAX)
		forget(c);
}

void evidence_counts_keep(const struct evidence *ev, struct evidence_run *run, const struct record *r)
{
	struct evidence_counts *c = run->counts;
	struct slot *slot;
	uint32_t call, at;

	if (run->mode != EVIDENCE_LEARN || run->ended_ms || !pack(r, &call))
		return;
	if (!c && run->records < EVIDENCE_BUSY)
		return;
	if (!c) {
		c = run->counts = calloc(1, sizeof(*c));
		if (!c)
			return;
		seed = seed ? seed : ev->seed;
		c->start_ms = r->time_ms;
	}
	if (!time_since(c, r->time_ms, &at)) {
		settle(ev, run);
		forget(c);
		c->start_ms = r->time_ms;
		at = 0;
	}
	c->open = true;
	slot = slot_of(c, call, evidence_who(seed, r).both);
	if (slot->call) {
		settle_slot(ev, c, slot);
	} else if (c->used == USED_MAX) {
		return;
	} else {
		slot->call = call;
		slot->who = evidence_who(seed, r).both;
		c->used++;
	}
	slot->last = at;
}

void evidence_counts_settle(const struct evidence *ev)
{
	for (size_t i = 0; i < ev->run_count; i++)
		settle(ev, ev->runs[i]);
}

void evidence_counts_forget(const struct evidence *ev)
{
	evidence_counts_settle(ev);
	for (size_t i = 0; i < ev->run_count; i++)
		if (ev->runs[i]->counts)
			forget(ev->runs[i]->counts);
}

void evidence_counts_end(const struct evidence *ev, struct evidence_run *run)
{
	settle(ev, run);
	free(run->counts);
	run->counts = NULL;
}

struct evidence_counts *evidence_counts(struct evidence *ev, uint64_t run_no)
{
	const struct evidence_run *run = evidence_run(ev, run_no);

	return run ? run->counts : NULL;
}
