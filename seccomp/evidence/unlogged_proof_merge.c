/* Unlogged calls in a merge: the proof of one source must not stand in for what another has not seen or proved. */
#include "seccomp/evidence/evidence_private.h"
#include "seccomp/evidence/unlogged_proof.h"

#include <errno.h>

static int add_names(struct names *to, const struct names *from)
{
	int r = 0;

	for (size_t i = 0; i < from->count && r == 0; i++)
		r = names_add(to, from->v[i]);
	return r;
}

static uint64_t most(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

int evidence_unlogged_copy(struct evidence_run *run, const struct evidence_run *from)
{
	struct evidence_unlogged *q = &run->unlogged;
	int r = add_names(&q->assumed, &from->unlogged.assumed);

	run->fresh = from->fresh;
	run->opened_more = from->opened_more;
	q->on = from->unlogged.on;
	q->counted = from->unlogged.counted;
	q->upto = from->unlogged.upto;
	q->digest = from->unlogged.digest;
	q->count = from->unlogged.count;
	q->forms = from->unlogged.forms;
	q->blind = from->unlogged.blind;
	if (r == 0)
		r = add_names(&q->confirming, &from->unlogged.confirming);
	return r < 0 ? r : add_names(&run->opened, &from->opened);
}

/* Keeps only the names that both copies of a run log again: a copy without a name assumes it, and is the later copy. */
static void keep_common(struct names *names, const struct names *other)
{
	for (size_t i = names->count; i-- > 0;)
		if (!names_have(other, names->v[i]))
			names_remove(names, names->v[i]);
}

int evidence_unlogged_unite(struct evidence_run *run, const struct evidence_run *other)
{
	struct evidence_unlogged *q = &run->unlogged;

	run->fresh = most(run->fresh, other->fresh);
	run->opened_more |= other->opened_more;
	for (size_t i = 0; i < other->opened.count; i++)
		unlogged_opened(run, other->opened.v[i]);
	q->on |= other->unlogged.on;
	q->counted &= other->unlogged.counted;
	q->count = most(q->count, other->unlogged.count);
	q->blind |= other->unlogged.blind | (q->forms ^ other->unlogged.forms);
	q->forms |= other->unlogged.forms;
	keep_common(&q->confirming, &other->unlogged.confirming);
	return add_names(&q->assumed, &other->unlogged.assumed);
}

struct doubt {
	const struct evidence *ev;
	uint64_t used;       /* forms of calls that the workload uses, or may use unseen */
	struct names *names; /* names that some source still assumes */
	struct names *taken; /* names that a complete run of some source may have used unseen */
};

static int add_doubt(const char *name, void *arg)
{
	struct doubt *d = arg;
	int place = argument_by_name(name);

	enum unlogged_hot state = unlogged_hot_of(d->ev, name);

	if (state != UNLOGGED_ASSUMED && state != UNLOGGED_KEPT)
		return 0;
	if (place >= 0)
		d->used |= (uint64_t)1 << place;
	return names_add(state == UNLOGGED_KEPT ? d->taken : d->names, name);
}

/* Adds the forms that are not enough for this source, and the names that it assumes. */
static int doubt(const struct evidence *ev, uint64_t *forms, struct names *names, struct names *taken)
{
	struct doubt d = {.ev = ev, .names = names, .taken = taken};
	int r = unlogged_each_assumed(ev, add_doubt, &d);

	for (size_t i = 0; i < ev->call_count; i++) {
		const struct evidence_call *c = ev->calls[i];

		if (c->form >= 0 && evidence_is_program(c->phase) && c->count)
			d.used |= (uint64_t)1 << c->form;
	}
	for (int i = 0; i < ARGUMENTS_MAX; i++)
		if (d.used & ~*forms & (uint64_t)1 << i && !unlogged_is_narrowed(ev, i))
			*forms |= (uint64_t)1 << i;
	return r;
}

static void apply(struct evidence *out, uint64_t forms, const struct names *names)
{
	uint64_t digest = evidence_unlogged_digest(out, 0);

	out->blind |= forms;

	for (size_t i = 0; i < out->run_count; i++) {
		struct evidence_unlogged *q = &out->runs[i]->unlogged;

		/* A counter in one source does not cover the names that another source still assumes. */
		q->counted &= names->count == 0;
		for (size_t k = q->confirming.count; k-- > 0;)
			if (names_have(names, q->confirming.v[k]))
				names_remove(&q->confirming, q->confirming.v[k]);
		if (!q->on)
			continue;
		q->upto = 0;
		q->digest = digest;
	}
}

static int count_name(const char *name, void *arg)
{
	size_t *n = arg;

	(void)name;
	++*n;
	return 0;
}

int evidence_unlogged_merge(struct evidence *out, const struct evidence *const in[], size_t count, struct err *err)
{
	cleanup_names struct names names = {0};
	uint64_t forms = 0;
	size_t assumed = 0;
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++) {
		out->wide |= in[i]->wide;
		out->blind |= in[i]->blind;
		out->passed |= in[i]->passed;
		if (in[i]->since_ms && (!out->since_ms || in[i]->since_ms < out->since_ms))
			out->since_ms = in[i]->since_ms;
		r = add_names(&out->taken, &in[i]->taken);
		if (r == 0)
			r = doubt(in[i], &forms, &names, &out->taken);
	}
	apply(out, forms, &names);
	if (r == 0)
		r = unlogged_each_assumed(out, count_name, &assumed);
	if (r < 0)
		return err_set(err, ENOMEM, "out of memory");
	if (assumed > EVIDENCE_ASSUMED_MAX)
		return err_set(err, ENOSPC, "together they assume more than %d calls", EVIDENCE_ASSUMED_MAX);
	evidence_unlogged_check(out);
	return 0;
}
