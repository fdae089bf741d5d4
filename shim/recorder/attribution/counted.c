#include "shim/recorder/attribution/counted.h"

#include "base/text.h"
#include "seccomp/evidence/unlogged_proof.h"
#include "seccomp/syscall/arguments.h"
#include "seccomp/syscall/names.h"
#include "seccomp/syscall/sets.h"
#include "shim/recorder/attribution/unlogged_request.h"
#include "shim/recorder/counter/counter.h"

#include <stdlib.h>
#include <string.h>

/* If the runtime used an unlogged harmless form, the profile has that form already; an entry for it would add the whole call. */
static bool is_form_of_runtime(const struct evidence_run *er, const struct arch *arch, uint32_t nr, unsigned phase)
{
	char name[SYSCALL_NAME_MAX];
	int place = phase == 0 && syscall_name(arch, nr, name) ? argument_by_name(name) : -1;

	return place >= 0 && er->unlogged.forms >> place & 1;
}

static int book_call(struct run_session *s, const struct arch *arch, uint32_t nr, unsigned phase)
{
	struct run *run = s->run;
	struct evidence_run *er = evidence_run(run->key->evidence, run->no);
	int r = 0;

	if (!er)
		return 0;
	/* x32's numbers include the x32 bit (seccomp/syscall/arch.h). */
	if (arch->id == ARCH_X32)
		nr |= ARCH_X32_BIT;
	if (!is_form_of_runtime(er, arch, nr, phase))
		r = evidence_add_counted(run->key->evidence, run->no, phase ? runs_phase_of(s) : EVIDENCE_RUNTIME, arch, nr, text_now_ms());
	if (r > 0)
		unlogged_request_see(run, arch, nr);
	return r;
}

bool counted_book(struct runs *r, struct run_session *s, const struct counter_entry *now, uint64_t now_ms)
{
	const struct arch *host[4];
	size_t abis = arch_host(host);
	bool news = false;

	if (!s->counted)
		s->counted = calloc(1, sizeof(*s->counted));
	if (!s->counted) {
		runs_stamp(r, s->run, REASON_COUNTER, now_ms);
		return false;
	}
	for (unsigned i = 0; i < COUNTER_ALL_WORDS; i++) {
		uint64_t fresh = now->words[i] & ~s->counted->words[i];
		unsigned phase = i / (COUNTER_ABIS * COUNTER_WORDS), abi = i / COUNTER_WORDS % COUNTER_ABIS;

		for (; fresh && abi < abis; fresh &= fresh - 1)
			news |= book_call(s, host[abi], i % COUNTER_WORDS * 64 + (unsigned)__builtin_ctzll(fresh), phase) > 0;
	}
	for (unsigned i = 0; i < COUNTER_ALL_WORDS; i++)
		s->counted->words[i] |= now->words[i];
	if (news)
		store_touch(r->store, s->run->key, true, now_ms);
	return true;
}

bool counted_retire(struct run_session *s)
{
	struct run *run = s->run;

	/* Not with the container's own: what an exec used, the program may still be the first to use itself. */
	if (!run->counted_execs)
		run->counted_execs = calloc(1, sizeof(*run->counted_execs));
	if (!run->counted_execs)
		return false;
	for (unsigned i = 0; s->counted && i < COUNTER_ALL_WORDS; i++)
		run->counted_execs->words[i] |= s->counted->words[i];
	free(s->counted);
	s->counted = NULL;
	s->retired = true;
	return true;
}

/* e: NULL for nothing counted. */
static bool has_call(const struct counter_entry *e, const char *name)
{
	const struct arch *host[4];
	size_t abis = e ? arch_host(host) : 0;
	uint32_t nr;

	for (unsigned abi = 0; abi < abis; abi++)
		if (syscall_number(host[abi], name, &nr) == 0)
			for (unsigned phase = 0; phase < COUNTER_PHASES; phase++)
				if (counter_has(e, phase, abi, nr & ~ARCH_X32_BIT))
					return true;
	return false;
}

static bool was_called(const struct run *run, const char *name)
{
	for (const struct run_session *s = run->sessions; s; s = s->next)
		if (has_call(s->counted, name))
			return true;
	return has_call(run->counted_execs, name);
}

void counted_close(struct run *run)
{
	struct evidence_run *er = evidence_run(run->key->evidence, run->no);
	const struct argument *table;
	size_t n = arguments(&table);

	for (size_t i = 0; er && i < n; i++)
		if (!was_called(run, table[i].name))
			unlogged_unused(er, (int)i);
}

int counted_assume(struct run *run)
{
	struct evidence_run *er = evidence_run(run->key->evidence, run->no);
	const struct set_common *common;
	size_t n = set_common(&common);
	int r = 0;

	for (size_t i = 0; er && i < n && r == 0; i++)
		if (argument_by_name(common[i].name) < 0)
			r = unlogged_assume(er, common[i].name);
	return r;
}
