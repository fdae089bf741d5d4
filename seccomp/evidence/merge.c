#include "seccomp/evidence/merge.h"

#include "base/text.h"
#include "seccomp/evidence/evidence_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* One run of one input. */
struct source_run {
	const struct evidence_run *run;
	struct evidence_run *united; /* the run that it became part of */
	size_t input, position;
	size_t twin;   /* the number of runs before it in its input that look the same: started in the same millisecond */
	uint64_t hash; /* of what identifies the run */
};

struct merge {
	const struct evidence *const *in;
	size_t count;
	struct source_run *runs; /* of all inputs */
	size_t run_count;
	size_t *group; /* for each input: the first one that it shares runs with, directly or through others */
	struct evidence *out;
	struct evidence_merged *merged; /* may be NULL */
	struct err *err;
};

static void merge_done(struct merge *m)
{
	free(m->runs);
	free(m->group);
	evidence_free(m->out);
}

static int oom(struct merge *m)
{
	return err_set(m->err, ENOMEM, "out of memory");
}

static char *string_of(const struct evidence_run *run, size_t i)
{
	return *evidence_run_string((struct evidence_run *)(uintptr_t)run, i);
}

/* False for what may become known later than the rest. */
static bool identifies(size_t i)
{
	return evidence_run_strings[i].offset != offsetof(struct evidence_run, runtime_version) &&
	       evidence_run_strings[i].offset != offsetof(struct evidence_run, note);
}

static bool is_same_run(const struct evidence_run *a, const struct evidence_run *b)
{
	if (a->started_ms != b->started_ms || a->mode != b->mode || a->go != b->go)
		return false;
	for (size_t i = 0; i < EVIDENCE_RUN_STRINGS; i++)
		if (identifies(i) && strcmp(string_of(a, i), string_of(b, i)) != 0)
			return false;
	return true;
}

static uint64_t run_hash(const struct evidence_run *run)
{
	uint64_t h = run->started_ms;

	for (size_t i = 0; i < EVIDENCE_RUN_STRINGS; i++)
		if (identifies(i))
			h = h * 0x9e3779b97f4a7c15u ^ text_hash(string_of(run, i), strlen(string_of(run, i)));
	return h;
}

/* By start; runs of the same millisecond by identity, so that the n-th twins of all inputs are adjacent. */
static int run_order(const void *a, const void *b)
{
	const struct source_run *x = a, *y = b;

	if (x->run->started_ms != y->run->started_ms)
		return x->run->started_ms < y->run->started_ms ? -1 : 1;
	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	if (x->twin != y->twin)
		return x->twin < y->twin ? -1 : 1;
	return (x->input > y->input) - (x->input < y->input);
}

static size_t count_twins(const struct merge *m, size_t at)
{
	const struct source_run *s = &m->runs[at];
	size_t n = 0;

	for (size_t i = at; i-- > 0 && m->runs[i].input == s->input && m->runs[i].run->started_ms == s->run->started_ms;)
		n += m->runs[i].hash == s->hash;
	return n;
}

static int collect_runs(struct merge *m)
{
	size_t total = 0;

	for (size_t i = 0; i < m->count; i++)
		total += m->in[i]->run_count;
	m->runs = calloc(total + 1, sizeof(*m->runs));
	m->group = calloc(m->count + 1, sizeof(*m->group));
	if (!m->runs || !m->group)
		return oom(m);
	for (size_t i = 0; i < m->count; i++) {
		m->group[i] = i;
		for (size_t k = 0; k < m->in[i]->run_count; k++) {
			const struct evidence_run *run = m->in[i]->runs[k];

			m->runs[m->run_count] = (struct source_run){
				.run = run, .input = i, .position = k, .hash = run_hash(run)};
			m->runs[m->run_count].twin = count_twins(m, m->run_count);
			m->run_count++;
		}
		if (m->merged)
			m->merged[i] = (struct evidence_merged){.runs = m->in[i]->run_count};
	}
	qsort(m->runs, m->run_count, sizeof(*m->runs), run_order);
	return 0;
}

static size_t find_group(struct merge *m, size_t i)
{
	while (m->group[i] != i)
		i = m->group[i] = m->group[m->group[i]];
	return i;
}

static void join(struct merge *m, size_t a, size_t b)
{
	size_t x = find_group(m, a), y = find_group(m, b);

	m->group[x > y ? x : y] = x > y ? y : x;
}

static struct evidence_run *copy_run(const struct evidence_run *from)
{
	cleanup_with(evidence_run_cleanup) struct evidence_run *run = calloc(1, sizeof(*run));

	if (!run)
		return NULL;
	run->go = from->go;
	run->mode = from->mode;
	run->attribution = from->attribution;
	run->end = from->end;
	run->arches = from->arches;
	run->started_ms = from->started_ms;
	run->ended_ms = from->ended_ms;
	run->records = from->records;
	run->reasons = from->reasons;
	for (size_t i = 0; i < EVIDENCE_RUN_STRINGS; i++) {
		*evidence_run_string(run, i) = strdup(string_of(from, i));
		if (!*evidence_run_string(run, i))
			return NULL;
	}
	if (evidence_unlogged_copy(run, from) < 0)
		return NULL;
	return steal_ptr(&run);
}

/* Unites two copies of a run: the later one knows its end, and every reason against completeness stays. */
static int unite_run(struct evidence_run *run, const struct evidence_run *other)
{
	reason_set running = REASON_BIT(RUNNING);

	run->reasons = (run->reasons | other->reasons) & ~running;
	if (other->ended_ms > run->ended_ms)
		run->ended_ms = other->ended_ms;
	if (run->end == EVIDENCE_END_UNSEEN)
		run->end = other->end;
	run->arches |= other->arches;
	if (!run->ended_ms)
		run->reasons |= running;
	if (other->records > run->records)
		run->records = other->records;
	for (size_t i = 0; i < EVIDENCE_RUN_STRINGS; i++) {
		char **mine = evidence_run_string(run, i), *copy = NULL;

		if (**mine || !*string_of(other, i))
			continue;
		copy = strdup(string_of(other, i));
		if (!copy)
			return -ENOMEM;
		free(*mine);
		*mine = copy;
	}
	return evidence_unlogged_unite(run, other);
}

static int add_runs(struct merge *m)
{
	struct evidence_run *run = NULL;
	size_t owner = 0;

	for (size_t i = 0; i < m->run_count; i++) {
		struct source_run *s = &m->runs[i];

		if (run && is_same_run(run, s->run) && s->twin == m->runs[i - 1].twin) {
			join(m, owner, s->input);
			if (m->merged)
				m->merged[s->input].shared_runs++;
			if (unite_run(run, s->run) < 0)
				return oom(m);
			s->united = run;
			continue;
		}
		run = copy_run(s->run);
		owner = s->input;
		s->united = run;
		if (!run || evidence_append_run(m->out, run) < 0) {
			evidence_run_free(run);
			return oom(m);
		}
	}
	return 0;
}

static void add_who(struct evidence *ev, struct evidence_call *to, uint8_t list[], const char *text)
{
	int r = evidence_add_name(ev, list, text);

	/* No room for it: note that there were more. */
	if (r < 0 && r != -EEXIST)
		to->more = true;
}

static uint64_t sum(uint64_t a, uint64_t b)
{
	return a + b < a ? UINT64_MAX : a + b;
}

static uint64_t most(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static void unite_call(struct evidence *ev, struct evidence_call *to, const struct evidence *from_ev,
		       const struct evidence_call *from, bool fresh, uint64_t (*count)(uint64_t, uint64_t))
{
	const char *who;

	if (fresh || from->first_ms < to->first_ms)
		to->first_ms = from->first_ms;
	to->last_ms = most(to->last_ms, from->last_ms);
	to->count = count(to->count, from->count);
	to->runs = count(to->runs, from->runs);
	to->audited = count(to->audited, from->audited);
	to->denied = count(to->denied, from->denied);
	to->more |= from->more;
	for (size_t i = 0; i < EVIDENCE_WHO_MAX && (who = evidence_comm(from_ev, from, i)); i++)
		add_who(ev, to, to->comm, who);
	for (size_t i = 0; i < EVIDENCE_WHO_MAX && (who = evidence_exe(from_ev, from, i)); i++)
		add_who(ev, to, to->exe, who);
}

static int unite_calls(struct merge *m, struct evidence *to, const struct evidence *from,
		       uint64_t (*count)(uint64_t, uint64_t))
{
	for (size_t i = 0; i < from->call_count; i++) {
		const struct evidence_call *c = from->calls[i];
		struct evidence_call *e = evidence_find(to, c->arch, c->nr, c->phase);
		bool fresh = !e;
		int r = e ? 0 : evidence_make(to, c->arch, c->nr, c->phase, &e);

		if (r == -ENOSPC)
			return err_set(m->err, ENOSPC, "together they have more than %d calls", EVIDENCE_CALLS_MAX);
		if (r < 0)
			return oom(m);
		unite_call(to, e, from, c, fresh, count);
	}
	return 0;
}

/* True if the call is used in any phase. */
static bool is_used(const struct evidence *ev, const struct evidence_call *c)
{
	for (int p = 0; p < EVIDENCE_PHASES; p++) {
		const struct evidence_call *e = evidence_find(ev, c->arch, c->nr, (enum evidence_phase)p);

		if (e && e->count)
			return true;
	}
	return false;
}

static void count_new_calls(struct merge *m, size_t input)
{
	const struct evidence *ev = m->in[input];

	for (size_t i = 0; m->merged && i < ev->call_count; i++) {
		const struct evidence_call *c = ev->calls[i];
		bool told = false;

		/* A call that is used in two phases counts once. */
		for (size_t k = 0; k < i && !told; k++)
			told = ev->calls[k]->nr == c->nr && ev->calls[k]->arch == c->arch && ev->calls[k]->count;
		m->merged[input].new_calls += c->count && !told && !is_used(m->out, c);
	}
}

/* Unites the inputs of a group, then adds that to the result. */
static int add_group(struct merge *m, size_t group)
{
	cleanup_evidence struct evidence *all = NULL;
	int r = evidence_new("", &all, m->err);

	for (size_t i = group; !r && i < m->count; i++)
		if (find_group(m, i) == group)
			r = unite_calls(m, all, m->in[i], most);
	return r < 0 ? r : unite_calls(m, m->out, all, sum);
}

static int add_calls(struct merge *m)
{
	int r = 0;

	for (size_t i = 0; !r && i < m->count; i++) {
		bool alone = find_group(m, i) == i;

		count_new_calls(m, i);
		for (size_t k = i + 1; alone && k < m->count; k++)
			alone = find_group(m, k) != i;
		if (alone)
			r = unite_calls(m, m->out, m->in[i], sum);
		else if (find_group(m, i) == i)
			r = add_group(m, i);
	}
	return r;
}

static uint64_t newest_learning_ms(const struct evidence *ev)
{
	uint64_t ms = 0;

	for (size_t i = 0; i < ev->run_count; i++)
		if (ev->runs[i]->mode == EVIDENCE_LEARN)
			ms = most(ms, ev->runs[i]->started_ms);
	return ms;
}

static int choose_shape(struct merge *m)
{
	const char *shape = NULL;
	uint64_t newest = 0;

	for (size_t i = 0; i < m->count; i++) {
		uint64_t ms = newest_learning_ms(m->in[i]);

		if (evidence_shape(m->in[i]) && (!shape || ms > newest)) {
			shape = evidence_shape(m->in[i]);
			newest = ms;
		}
	}
	return shape ? evidence_set_shape(m->out, shape, m->err) : 0;
}

/* The newest learning run of an input, as united with its copies; it decides whether the input is complete. NULL if there is
 * none. */
static const struct evidence_run *newest_of(const struct merge *m, size_t input)
{
	const struct source_run *newest = NULL;

	for (size_t i = 0; i < m->run_count; i++)
		if (m->runs[i].input == input && m->runs[i].run->mode == EVIDENCE_LEARN &&
		    (!newest || m->runs[i].position > newest->position))
			newest = &m->runs[i];
	return newest ? newest->united : NULL;
}

/* The result's newest learning run decides for all: it must not vouch for a node whose own newest run lost something. */
static void stamp(struct merge *m)
{
	struct evidence_run *newest = NULL;
	bool complete = true;

	for (size_t i = 0; i < m->count; i++) {
		const struct evidence_run *run = newest_of(m, i);

		/* An input without a learning run claims nothing. */
		complete &= !run || !evidence_run_reasons(run);
	}
	for (size_t i = 0; i < m->out->run_count; i++)
		if (m->out->runs[i]->mode == EVIDENCE_LEARN)
			newest = m->out->runs[i];
	if (newest && !complete && !evidence_run_reasons(newest))
		newest->reasons |= REASON_BIT(MERGED);
}

int evidence_merge(const struct evidence *const in[], size_t count, const char *key, struct evidence_merged merged[],
		   struct evidence **ret, struct err *err)
{
	cleanup_with(merge_done) struct merge m = {.in = in, .count = count, .merged = merged, .err = err};
	int r = evidence_new(key, &m.out, err);

	if (!r)
		r = collect_runs(&m);
	if (!r)
		r = add_runs(&m);
	if (!r)
		r = add_calls(&m);
	if (!r)
		r = choose_shape(&m);
	if (!r)
		r = evidence_unlogged_merge(m.out, in, count, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < count; i++)
		m.out->runs_dropped = most(m.out->runs_dropped, in[i]->runs_dropped);
	stamp(&m);
	*ret = steal_ptr(&m.out);
	return 0;
}
