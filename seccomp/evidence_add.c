#include "seccomp/evidence_private.h"

#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The finalizer of SplitMix64 (https://prng.di.unimi.it/splitmix64.c). */
static uint64_t mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

/* The slot that holds the entry, or the free one where it belongs. */
static size_t slot_of(const struct evidence *ev, const struct arch *arch, uint32_t nr, enum evidence_phase phase)
{
	uint64_t h = mix(ev->seed ^ ((uint64_t)arch->id << 40 | (uint64_t)phase << 32 | nr));
	size_t i = (size_t)h & (ev->slot_count - 1);

	for (; ev->slots[i]; i = (i + 1) & (ev->slot_count - 1)) {
		const struct evidence_call *c = &ev->slots[i]->call;

		if (c->nr == nr && c->arch == arch && c->phase == phase)
			break;
	}
	return i;
}

struct evidence_entry *evidence_find(const struct evidence *ev, const struct arch *arch, uint32_t nr,
				     enum evidence_phase phase)
{
	return ev->slots[slot_of(ev, arch, nr, phase)];
}

static int reserve(struct evidence *ev)
{
	if (ev->call_count == ev->call_cap) {
		size_t cap = ev->call_cap ? ev->call_cap * 2 : 64;
		struct evidence_call **calls = reallocarray(ev->calls, cap, sizeof(struct evidence_call *));

		if (!calls)
			return -ENOMEM;
		ev->calls = calls;
		ev->call_cap = cap;
	}
	if ((ev->call_count + 1) * 2 > ev->slot_count) {
		struct evidence_entry **slots = calloc(ev->slot_count * 2, sizeof(struct evidence_entry *));

		if (!slots)
			return -ENOMEM;
		free(ev->slots);
		ev->slots = slots;
		ev->slot_count *= 2;
		for (size_t i = 0; i < ev->call_count; i++) {
			struct evidence_call *c = ev->calls[i];

			ev->slots[slot_of(ev, c->arch, c->nr, c->phase)] = (struct evidence_entry *)c;
		}
	}
	return 0;
}

/* The order of the file: arch, phase, name; calls without a name by number. */
static int file_order(const struct evidence_entry *a, const struct evidence_entry *b)
{
	int c;

	if (a->call.arch->id != b->call.arch->id)
		return a->call.arch->id < b->call.arch->id ? -1 : 1;
	if (a->call.phase != b->call.phase)
		return a->call.phase < b->call.phase ? -1 : 1;
	c = strcmp(a->name, b->name);
	if (c)
		return c;
	return a->call.nr < b->call.nr ? -1 : 1;
}

static void insert_sorted(struct evidence *ev, struct evidence_entry *e)
{
	size_t lo = 0, hi = ev->call_count;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (file_order((const struct evidence_entry *)ev->calls[mid], e) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	memmove(&ev->calls[lo + 1], &ev->calls[lo], (ev->call_count - lo) * sizeof(struct evidence_call *));
	ev->calls[lo] = &e->call;
	ev->call_count++;
}

int evidence_make(struct evidence *ev, const struct arch *arch, uint32_t nr, enum evidence_phase phase,
		  struct evidence_entry **ret)
{
	struct evidence_entry *e;

	if (ev->call_count >= EVIDENCE_CALLS_MAX)
		return -ENOSPC;
	if (reserve(ev) < 0)
		return -ENOMEM;
	e = calloc(1, sizeof(*e));
	if (!e)
		return -ENOMEM;
	e->call.arch = arch;
	e->call.nr = nr;
	e->call.phase = phase;
	e->index = (uint32_t)ev->call_count;
	syscall_name(arch, nr, e->name);
	ev->slots[slot_of(ev, arch, nr, phase)] = e;
	insert_sorted(ev, e);
	*ret = e;
	return 0;
}

/* Over what is kept of the field, so that equal texts have equal hashes. 0 for a field that is not there. */
static uint64_t field_hash(const struct evidence *ev, const struct record_field *f, size_t cut)
{
	size_t max = f->hex ? 2 * cut : cut, len = f->len < max ? f->len : max;
	uint64_t h = ev->seed ^ (len << 1 | f->hex), word;
	const char *p = f->p;

	if (!p)
		return 0;
	for (; len >= sizeof(word); p += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		h = (h ^ word) * 0x9fb21c651e98df25u;
		h ^= h >> 32;
	}
	word = 0;
	memcpy(&word, p, len);
	h = mix(h ^ word);
	return h ? h : 1;
}

static bool set_more(struct evidence_call *c)
{
	bool news = !c->more;

	c->more = true;
	return news;
}

/* The field as safe text in the scratch buffer; NULL if memory is out. */
static const char *render(struct evidence *ev, const struct record_field *f, size_t cut)
{
	char raw[EVIDENCE_EXE_CUT];

	buf_clear(&ev->scratch);
	buf_adds(&ev->scratch, "");
	text_add_safe(&ev->scratch, raw, record_field_bytes(f, raw, cut));
	if (!buf_failed(&ev->scratch))
		return ev->scratch.data;
	buf_done(&ev->scratch);
	return NULL;
}

/* Books one comm or exe. True if it is news. */
static bool add_who(struct evidence *ev, struct evidence_call *c, char *list[], uint64_t hashes[],
		    const struct record_field *f, size_t cut, uint64_t hash)
{
	bool unmet = false; /* a text that came from the file: its hash is not known yet */
	const char *text;
	size_t n = 0;

	for (; n < EVIDENCE_WHO_MAX && list[n]; n++) {
		if (hashes[n] == hash)
			return false;
		unmet |= hashes[n] == 0;
	}
	if (n == EVIDENCE_WHO_MAX && !unmet)
		return set_more(c);
	text = render(ev, f, cut);
	for (size_t i = 0; text && i < n; i++) {
		if (strcmp(list[i], text) == 0) {
			hashes[i] = hash;
			return false;
		}
	}
	if (!text || n == EVIDENCE_WHO_MAX || !(list[n] = strdup(text)))
		return set_more(c);
	hashes[n] = hash;
	return true;
}

static bool book_who(struct evidence *ev, struct evidence_entry *e, const struct record *r)
{
	uint64_t comm = field_hash(ev, &r->comm, EVIDENCE_COMM_CUT), exe = field_hash(ev, &r->exe, EVIDENCE_EXE_CUT);
	uint64_t who = comm ^ mix(exe);
	bool news = false;

	if (who == e->call.last_who)
		return false;
	e->call.last_who = who;
	if (comm)
		news |= add_who(ev, &e->call, e->call.comm, e->comm_hash, &r->comm, EVIDENCE_COMM_CUT, comm);
	if (exe)
		news |= add_who(ev, &e->call, e->call.exe, e->exe_hash, &r->exe, EVIDENCE_EXE_CUT, exe);
	return news;
}

/* A run read from the file has no `seen`. What was last met after its start counts as shown by it: `runs` may then be
 * too low, but never higher than what happened. */
static void make_seen(const struct evidence *ev, struct evidence_run *run)
{
	run->seen = calloc(1, EVIDENCE_CALLS_MAX / 8);
	if (!run->seen)
		return;
	run->seen_len = EVIDENCE_CALLS_MAX / 8;
	for (size_t i = 0; i < ev->call_count; i++) {
		const struct evidence_entry *e = (const struct evidence_entry *)ev->calls[i];

		if (e->call.runs && e->call.last_ms >= run->started_ms)
			run->seen[e->index / 8] |= (uint8_t)(1u << e->index % 8);
	}
}

static void book_run(const struct evidence *ev, struct evidence_run *run, struct evidence_entry *e)
{
	uint8_t bit = (uint8_t)(1u << e->index % 8);

	if (!run->seen && !run->ended_ms)
		make_seen(ev, run);
	if (!run->seen) {
		e->call.runs += e->call.runs == 0 || e->call.last_ms < run->started_ms;
	} else if (!(run->seen[e->index / 8] & bit)) {
		run->seen[e->index / 8] |= bit;
		e->call.runs++;
	}
}

static uint64_t *counter_of(struct evidence_call *c, enum evidence_use use)
{
	switch (use) {
	case EVIDENCE_AUDITED:
		return &c->audited;
	case EVIDENCE_DENIED:
		return &c->denied;
	case EVIDENCE_USED:
		break;
	}
	return &c->count;
}

static void book_time(struct evidence_call *c, uint64_t ms)
{
	bool first = c->count + c->audited + c->denied == 0;

	if (first || ms < c->first_ms)
		c->first_ms = ms;
	if (first || ms > c->last_ms)
		c->last_ms = ms;
}

static int stamp(struct evidence_run *run, reason_set reason)
{
	bool news = !(run->reasons & reason);

	run->reasons |= reason;
	return news;
}

int evidence_add(struct evidence *ev, uint64_t run_no, enum evidence_phase phase, enum evidence_use use,
		 const struct record *r)
{
	const struct arch *arch = arch_of_record(r->arch, r->nr);
	struct evidence_run *run = evidence_run(ev, run_no);
	struct evidence_entry *e;
	uint64_t *counter;
	int news = 0, status;

	if (!run)
		return -ENOENT;
	run->records++;
	if (run->ended_ms)
		news |= stamp(run, REASON_BIT(LATE_RECORD));
	if (!arch)
		return news | stamp(run, REASON_BIT(UNKNOWN_ARCH));
	e = evidence_find(ev, arch, r->nr, phase);
	status = e ? 0 : evidence_make(ev, arch, r->nr, phase, &e);
	if (status < 0) {
		stamp(run, REASON_BIT(OVERFLOW));
		return status;
	}
	book_run(ev, run, e);
	book_time(&e->call, r->time_ms);
	counter = counter_of(&e->call, use);
	news |= *counter == 0;
	*counter += 1;
	news |= book_who(ev, e, r);
	return news;
}
