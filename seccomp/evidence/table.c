/* The tables of calls and runs: lookup and insertion. */
#include "seccomp/evidence/evidence_private.h"

#include "base/text.h"
#include "seccomp/syscall/arguments.h"

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

/* The entry's slot, or the free slot where it belongs. */
static size_t slot_of(const struct evidence *ev, const struct arch *arch, uint32_t nr, enum evidence_phase phase)
{
	uint64_t h = mix(ev->seed ^ ((uint64_t)arch->id << 40 | (uint64_t)phase << 32 | nr));
	size_t i = (size_t)h & (ev->slot_count - 1);

	for (; ev->slots[i]; i = (i + 1) & (ev->slot_count - 1)) {
		const struct evidence_call *c = ev->slots[i];

		if (c->nr == nr && c->arch == arch && c->phase == phase)
			break;
	}
	return i;
}

struct evidence_call *evidence_find(const struct evidence *ev, const struct arch *arch, uint32_t nr,
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
		struct evidence_call **slots = calloc(ev->slot_count * 2, sizeof(struct evidence_call *));

		if (!slots)
			return -ENOMEM;
		free(ev->slots);
		ev->slots = slots;
		ev->slot_count *= 2;
		for (size_t i = 0; i < ev->call_count; i++) {
			struct evidence_call *c = ev->calls[i];

			ev->slots[slot_of(ev, c->arch, c->nr, c->phase)] = c;
		}
	}
	return 0;
}

/* The file's order: arch, phase, name ("syscall_N" for an unknown call), number. Names are looked up, not stored: there are many
 * keys, and each call needs this once. */
static int file_order(const struct evidence_call *a, const struct evidence_call *b, const char *b_name)
{
	char a_name[SYSCALL_NAME_MAX];
	int c;

	if (a->arch->id != b->arch->id)
		return a->arch->id < b->arch->id ? -1 : 1;
	if (a->phase != b->phase)
		return a->phase < b->phase ? -1 : 1;
	syscall_name(a->arch, a->nr, a_name);
	c = strcmp(a_name, b_name);
	if (c)
		return c;
	return a->nr < b->nr ? -1 : 1;
}

static void insert_sorted(struct evidence *ev, struct evidence_call *e)
{
	char name[SYSCALL_NAME_MAX];
	size_t lo = 0, hi = ev->call_count;

	e->form = syscall_name(e->arch, e->nr, name) ? (int8_t)argument_by_name(name) : -1;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (file_order(ev->calls[mid], e, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	memmove(&ev->calls[lo + 1], &ev->calls[lo], (ev->call_count - lo) * sizeof(struct evidence_call *));
	ev->calls[lo] = e;
	ev->call_count++;
}

int evidence_make(struct evidence *ev, const struct arch *arch, uint32_t nr, enum evidence_phase phase,
		  struct evidence_call **ret)
{
	struct evidence_call *e;

	if (ev->call_count >= EVIDENCE_CALLS_MAX)
		return -ENOSPC;
	if (reserve(ev) < 0)
		return -ENOMEM;
	e = calloc(1, sizeof(*e));
	if (!e)
		return -ENOMEM;
	e->arch = arch;
	e->nr = nr;
	e->phase = phase;
	e->index = (uint16_t)ev->call_count;
	ev->slots[slot_of(ev, arch, nr, phase)] = e;
	insert_sorted(ev, e);
	*ret = e;
	return 0;
}

/* Hashes only the part that is kept, so that equal texts have equal hashes. 0 if the field is absent. */
static uint64_t field_hash(uint64_t seed, const struct record_field *f, size_t cut)
{
	size_t max = f->hex ? 2 * cut : cut, len = f->len < max ? f->len : max;
	uint64_t h = seed ^ (len << 1 | f->hex), word;
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

struct evidence_who evidence_who(uint64_t seed, const struct record *r)
{
	struct evidence_who who = {.comm = field_hash(seed, &r->comm, EVIDENCE_COMM_CUT), .exe = field_hash(seed, &r->exe, EVIDENCE_EXE_CUT)};

	who.both = (uint32_t)((who.comm ^ mix(who.exe)) >> 32);
	return who;
}

struct evidence_run *evidence_run(struct evidence *ev, uint64_t no)
{
	size_t lo = 0, hi = ev->run_count;

	if (ev->last_run && ev->last_run->no == no)
		return ev->last_run;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (ev->runs[mid]->no < no)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == ev->run_count || ev->runs[lo]->no != no)
		return NULL;
	return ev->last_run = ev->runs[lo];
}
