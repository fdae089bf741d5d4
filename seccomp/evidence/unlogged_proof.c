/* What unlogged calls add to the evidence, and what follows from that. What a new run may leave unlogged:
 * seccomp/learning/unlogged_calls.c. */
#include "seccomp/evidence/evidence_private.h"
#include "seccomp/evidence/unlogged_proof.h"

#include "base/text.h"
#include "seccomp/syscall/sets.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *unlogged_form_name(enum unlogged_form f)
{
	static const char *const names[] = {
		[UNLOGGED_UNKNOWN] = "unknown", [UNLOGGED_NARROW] = "narrow", [UNLOGGED_WIDE] = "wide"};

	return names[f];
}

const char *unlogged_hot_name(enum unlogged_hot h)
{
	static const char *const names[] = {[UNLOGGED_NOT_HOT] = "",
					    [UNLOGGED_ASSUMED] = "assumed",
					    [UNLOGGED_KEPT] = "kept",
					    [UNLOGGED_CONFIRMED] = "confirmed",
					    [UNLOGGED_ABSENT] = "absent"};

	return names[h];
}

static bool is_used_by_workload(const struct evidence_call *c)
{
	return c->phase == EVIDENCE_WORKLOAD && c->count > 0;
}

static bool is_used_by_program(const struct evidence_call *c)
{
	return evidence_is_program(c->phase) && c->count > 0;
}

/* True if the program or an exec used a call of this name on any ABI. */
static bool is_used_by_any(const struct evidence *ev, const char *name)
{
	char other[SYSCALL_NAME_MAX];

	for (size_t i = 0; i < ev->call_count; i++)
		if (is_used_by_program(ev->calls[i]) && syscall_name(ev->calls[i]->arch, ev->calls[i]->nr, other) && strcmp(other, name) == 0)
			return true;
	return false;
}

/* True if the workload used a call of this name on any ABI, and its number in the order of learning is at most `upto`. */
static bool is_used(const struct evidence *ev, const char *name, uint64_t upto)
{
	char other[SYSCALL_NAME_MAX];

	for (size_t i = 0; i < ev->call_count; i++) {
		const struct evidence_call *c = ev->calls[i];

		if (is_used_by_workload(c) && c->learnt <= upto && syscall_name(c->arch, c->nr, other) &&
		    strcmp(other, name) == 0)
			return true;
	}
	return false;
}

/* Digests are added up, so that the order of the calls does not matter: it depends on their names. The number identifies a
 * call. */
static uint64_t digest_of(const struct evidence_call *c)
{
	char text[64];
	int n = snprintf(text, sizeof(text), "%s:%" PRIu32, c->arch->name, c->nr);

	return text_hash(text, (size_t)n);
}

uint64_t evidence_unlogged_digest(const struct evidence *ev, uint64_t upto)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < ev->call_count; i++)
		if (is_used_by_workload(ev->calls[i]) && ev->calls[i]->learnt <= upto)
			sum += digest_of(ev->calls[i]);
	return sum;
}

/* True if the run sees the arguments of every call of this row: if it shows no other form, that proves as much as a run that
 * left the harmless form unlogged. */
static bool shows_values(const struct evidence_run *run, int place)
{
	return run->attribution == EVIDENCE_BY_LISTENER && argument_get(place)->kind == ARGUMENT_VALUES;
}

/* What the run's filter or the call's arguments say about a use: it was harmless, it was not, or that is unknown. */
enum form_use { FORM_HARMLESS, FORM_BEYOND, FORM_UNTOLD };

static enum form_use form_use(const struct evidence_run *run, const struct evidence_call *e, const uint64_t *args)
{
	const struct argument *a = argument_get(e->form);

	if (args && a->kind == ARGUMENT_VALUES && !(a->except >> e->arch->id & 1))
		return argument_is_harmless(a, args[a->index]) ? FORM_HARMLESS : FORM_BEYOND;
	return run->unlogged.on && run->unlogged.forms >> e->form & 1 ? FORM_BEYOND : FORM_UNTOLD;
}

/* first: the call itself is new, and counted as such. */
static bool add_form(struct evidence *ev, struct evidence_run *run, const struct evidence_call *e, bool first, const uint64_t *args)
{
	uint64_t form = (uint64_t)1 << e->form;
	enum form_use use = form_use(run, e, args);
	bool news = false;

	/* With its arguments known, a call of the runtime or a hook says nothing about the program. */
	if (use == FORM_HARMLESS || (args && !evidence_is_program(e->phase)))
		return false;
	if (use == FORM_BEYOND) {
		news = !(ev->wide & form);
		ev->wide |= form;
		run->fresh += news && !first;
	} else if (evidence_is_program(e->phase)) {
		/* Calls of the runtime and of hooks are in the profile with any arguments. */
		run->unlogged.blind |= form;
	}
	return news;
}

bool unlogged_beyond(struct evidence *ev, uint64_t run_no, const char *name, bool certain)
{
	struct evidence_run *run = evidence_run(ev, run_no);
	uint64_t form = (uint64_t)1 << argument_by_name(name);
	uint64_t *set = certain || !run ? &ev->wide : &run->unlogged.blind;
	bool news = !(*set & form);

	*set |= form;
	return news;
}

/* A call seen in another phase before is not new, but the program's first use of what only execs had used is. */
static bool is_new(const struct evidence *ev, const struct evidence_call *e)
{
	int phases = evidence_is_exec(e->phase) ? EVIDENCE_PHASES : EVIDENCE_WORKLOAD + 1;

	for (int phase = 0; phase < phases; phase++) {
		const struct evidence_call *other = evidence_find(ev, e->arch, e->nr, (enum evidence_phase)phase);

		if (other && other != e && other->count)
			return false;
	}
	return true;
}

void evidence_unlogged_first(struct evidence *ev, struct evidence_run *run, struct evidence_call *e)
{
	if (e->phase == EVIDENCE_WORKLOAD)
		e->learnt = (uint16_t)++ev->last_learnt;
	/* The runtime's calls vary from start to start; the floor covers them. */
	if (run->mode == EVIDENCE_LEARN && e->phase != EVIDENCE_RUNTIME && is_new(ev, e))
		run->fresh++;
}

bool evidence_unlogged_add(struct evidence *ev, struct evidence_run *run, struct evidence_call *e, bool first, const uint64_t *args)
{
	if (first)
		evidence_unlogged_first(ev, run, e);
	return e->form >= 0 && add_form(ev, run, e, first && e->phase != EVIDENCE_RUNTIME, args);
}

bool unlogged_form_holds(const struct evidence *ev, int place)
{
	const struct argument *a = argument_get(place);

	return a->kind != ARGUMENT_NONE && !(evidence_arches(ev) & a->except);
}

bool evidence_unlogged_binds(const struct evidence_run *run)
{
	return (evidence_run_reasons(run) & ~REASON_BIT(RUNNING)) == 0;
}

bool unlogged_is_blind(const struct evidence *ev, int place)
{
	uint64_t blind = ev->blind;

	for (size_t i = 0; i < ev->run_count; i++)
		if (evidence_unlogged_binds(ev->runs[i]))
			blind |= ev->runs[i]->unlogged.blind;
	return blind >> place & 1;
}

/* All complete runs must agree: one that used the call, or may have, without showing in which form leaves every form possible
 * for good. No other run can make up for that. */
enum unlogged_form unlogged_form_of(const struct evidence *ev, int place, uint64_t *ret_runs)
{
	uint64_t form = (uint64_t)1 << place, proofs = 0;
	bool open = ev->wide & form || unlogged_is_blind(ev, place);

	for (size_t i = 0; i < ev->run_count && !open; i++)
		proofs += (ev->runs[i]->unlogged.forms & form || shows_values(ev->runs[i], place)) && evidence_run_reasons(ev->runs[i]) == 0;
	if (ret_runs)
		*ret_runs = proofs;
	if (ev->wide & form)
		return UNLOGGED_WIDE;
	return proofs && unlogged_form_holds(ev, place) ? UNLOGGED_NARROW : UNLOGGED_UNKNOWN;
}

bool unlogged_has_passed(const struct evidence *ev, int place)
{
	uint64_t passed = ev->passed;

	for (size_t i = 0; i < ev->run_count; i++)
		if (evidence_unlogged_binds(ev->runs[i]))
			passed |= ev->runs[i]->unlogged.forms;
	return argument_get(place)->kind == ARGUMENT_VALUES && passed >> place & 1;
}

bool unlogged_is_tried(const struct evidence *ev, int place)
{
	/* An always-logged call has its harmless form unlogged in every run: that counts only once the call was seen. */
	bool wanted = !set_is_always_logged(argument_get(place)->name), used = false, tried = false;

	for (size_t i = 0; i < ev->call_count; i++)
		used |= ev->calls[i]->form == place && is_used_by_program(ev->calls[i]);
	for (size_t i = 0; i < ev->run_count; i++)
		tried |= ev->runs[i]->unlogged.forms >> place & 1 || (used && shows_values(ev->runs[i], place));
	return ((wanted || used) && tried) || ev->wide >> place & 1;
}

bool unlogged_left_out(const struct evidence *ev, const char *name)
{
	int place = argument_by_name(name);

	return place >= 0 && argument_get(place)->kind == ARGUMENT_ENOSYS && unlogged_form_of(ev, place, NULL) == UNLOGGED_NARROW &&
	       is_used_by_any(ev, "clone");
}

bool unlogged_is_narrowed(const struct evidence *ev, int place)
{
	const struct argument *a = argument_get(place);

	return a->kind == ARGUMENT_ENOSYS ? unlogged_left_out(ev, a->name) : unlogged_form_of(ev, place, NULL) == UNLOGGED_NARROW;
}

bool evidence_unlogged_looked_for(const struct evidence *ev, const char *name)
{
	for (size_t i = 0; i < ev->run_count; i++)
		if ((ev->runs[i]->unlogged.counted || names_have(&ev->runs[i]->unlogged.confirming, name)) && evidence_run_reasons(ev->runs[i]) == 0)
			return true;
	return false;
}

enum unlogged_hot unlogged_hot_of(const struct evidence *ev, const char *name)
{
	bool open = names_have(&ev->taken, name), met = open, looked = evidence_unlogged_looked_for(ev, name);

	for (size_t i = 0; i < ev->run_count && !open; i++) {
		const struct evidence_run *run = ev->runs[i];
		bool assumed = names_have(&run->unlogged.assumed, name);

		met |= assumed || names_have(&run->unlogged.confirming, name);
		open = assumed && evidence_unlogged_binds(run);
	}
	if (!met)
		return UNLOGGED_NOT_HOT;
	if (is_used(ev, name, UINT64_MAX))
		return UNLOGGED_CONFIRMED;
	if (!looked)
		return UNLOGGED_ASSUMED;
	return open ? UNLOGGED_KEPT : UNLOGGED_ABSENT;
}

int unlogged_each_assumed(const struct evidence *ev, int (*fn)(const char *name, void *arg), void *arg)
{
	struct names all = {0};
	int r = 0;

	for (size_t i = 0; i < ev->run_count && r == 0; i++) {
		for (size_t k = 0; k < ev->runs[i]->unlogged.assumed.count && r == 0; k++)
			r = names_add(&all, ev->runs[i]->unlogged.assumed.v[k]);
		for (size_t k = 0; k < ev->runs[i]->unlogged.confirming.count && r == 0; k++)
			r = names_add(&all, ev->runs[i]->unlogged.confirming.v[k]);
	}
	for (size_t i = 0; i < ev->taken.count && r == 0; i++)
		r = names_add(&all, ev->taken.v[i]);
	for (size_t i = 0; i < all.count && r == 0; i++)
		r = fn(all.v[i], arg);
	names_done(&all);
	return r;
}

struct confirming {
	const struct evidence *ev;
	struct evidence_run *run;
};

/* This run logs a name that was assumed before, so it would show it. */
static int confirm(const char *name, void *arg)
{
	struct confirming *c = arg;

	if (names_have(&c->run->unlogged.assumed, name) || is_used(c->ev, name, UINT64_MAX))
		return 0;
	return names_add(&c->run->unlogged.confirming, name);
}

/* Calls of the argument table that are unlogged with any arguments: known ones that are neither always logged nor unlogged in a
 * form. */
static uint64_t blind_forms(const struct evidence *ev, const struct evidence_unlogged *q)
{
	uint64_t forms = 0;

	for (size_t i = 0; i < ev->call_count; i++) {
		const struct evidence_call *c = ev->calls[i];

		if (c->form >= 0 && is_used_by_workload(c) && c->learnt <= q->upto && !set_is_always_logged(argument_get(c->form)->name))
			forms |= (uint64_t)1 << c->form;
	}
	return forms & ~q->forms;
}

int evidence_unlogged_begin(struct evidence *ev, struct evidence_run *run)
{
	struct confirming c = {.ev = ev, .run = run};

	names_done(&run->unlogged.confirming);
	run->unlogged.blind |= blind_forms(ev, &run->unlogged);
	return unlogged_each_assumed(ev, confirm, &c);
}

int evidence_unlogged_forget(struct evidence *ev, const struct evidence_run *run)
{
	int r = 0;

	if (!evidence_unlogged_binds(run))
		return 0;
	ev->blind |= run->unlogged.blind;
	ev->passed |= run->unlogged.forms;
	for (size_t i = 0; i < run->unlogged.assumed.count && r == 0; i++)
		r = names_add(&ev->taken, run->unlogged.assumed.v[i]);
	return r;
}

/* True if the evidence contains every call that was unlogged. */
bool evidence_unlogged_holds(const struct evidence *ev, const struct evidence_unlogged *q)
{
	return q->upto <= ev->last_learnt && evidence_unlogged_digest(ev, q->upto) == q->digest;
}

int unlogged_assume(struct evidence_run *run, const char *name)
{
	run->unlogged.counted = false;
	return names_add(&run->unlogged.assumed, name);
}

void unlogged_unused(struct evidence_run *run, int place)
{
	run->unlogged.forms &= ~((uint64_t)1 << place);
}

void evidence_unlogged_done(struct evidence_unlogged *q)
{
	names_done(&q->assumed);
	names_done(&q->confirming);
}

/* Files are only replaced as a whole, so a run and the calls that it left unlogged stay together. This detects a file that was
 * edited by hand or put together from two. */
void evidence_unlogged_check(struct evidence *ev)
{
	uint64_t sums[EVIDENCE_CALLS_MAX + 1] = {0};

	for (size_t i = 0; i < ev->call_count; i++) {
		const struct evidence_call *c = ev->calls[i];

		if (c->learnt > ev->last_learnt)
			ev->last_learnt = c->learnt;
		if (is_used_by_workload(c))
			sums[c->learnt] += digest_of(c);
	}
	for (size_t i = 1; i <= EVIDENCE_CALLS_MAX; i++)
		sums[i] += sums[i - 1];
	ev->durable = ev->last_learnt;
	for (size_t i = 0; i < ev->run_count; i++) {
		struct evidence_run *run = ev->runs[i];

		if (run->unlogged.on && (run->unlogged.upto > ev->last_learnt || sums[run->unlogged.upto] != run->unlogged.digest))
			run->reasons |= REASON_BIT(QUIETED);
	}
}

uint64_t unlogged_learnt(const struct evidence *ev)
{
	return ev->last_learnt;
}

void unlogged_saved(struct evidence *ev, uint64_t learnt)
{
	if (learnt > ev->durable)
		ev->durable = learnt;
}

bool unlogged_is_unsaved(const struct evidence *ev)
{
	return ev->durable < ev->last_learnt;
}

uint64_t unlogged_since(const struct evidence *ev)
{
	return ev->since_ms;
}

void unlogged_opened(struct evidence_run *run, const char *name)
{
	if (names_have(&run->opened, name))
		return;
	if (run->opened.count >= EVIDENCE_OPENED_MAX || names_add(&run->opened, name) < 0)
		run->opened_more = true;
}
