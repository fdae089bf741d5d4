#include "seccomp/evidence/confidence.h"

#include "base/text.h"
#include "seccomp/evidence/unlogged_proof.h"
#include "seccomp/syscall/sets.h"

#include <stdio.h>

#define HOUR_MS 3600000.0

const char *confidence_method_name(enum confidence_method m)
{
	static const char *const names[] = {
		[CONFIDENCE_NONE] = "none", [CONFIDENCE_GOOD_TURING] = "good-turing", [CONFIDENCE_RATE] = "rate"};

	return names[m];
}

/* Counts the calls that exactly one run showed (I. J. Good, The Population Frequencies of Species, 1953: f1 / n). */
static size_t count_singletons(const struct evidence *ev)
{
	const struct evidence_call *const *calls = NULL;
	size_t n = evidence_calls(ev, &calls), f1 = 0;

	for (size_t i = 0; i < n; i++)
		f1 += calls[i]->count && calls[i]->runs == 1;
	return f1;
}

static bool is_complete(const struct evidence_run *run)
{
	return run->mode == EVIDENCE_LEARN && run->ended_ms && !run->reasons;
}

/* Later runs do not count an unlogged call again, so every call would look as if only one run had shown it. */
static void evaluate_chance(const struct evidence *ev, struct confidence *s, size_t all, size_t fresh_later, bool unlogged)
{
	s->bound = set_bound(s->silent);
	if (all < 2)
		return;
	s->method = unlogged ? CONFIDENCE_RATE : CONFIDENCE_GOOD_TURING;
	s->chance = unlogged ? (double)fresh_later / (double)(all - 1) : (double)count_singletons(ev) / (double)all;
	if (s->chance > 1)
		s->chance = 1;
}

void confidence_evaluate(const struct evidence *ev, uint64_t learn_for_ms, struct confidence *ret)
{
	const struct evidence_run *const *runs = NULL;
	size_t n = evidence_runs(ev, &runs), all = 0, fresh_later = 0;
	struct confidence s = {.chance = 1};
	bool unlogged = false;

	for (size_t i = 0; i < n; i++) {
		const struct evidence_run *run = runs[i];

		if (run->mode != EVIDENCE_LEARN)
			continue;
		fresh_later += run->fresh && all > 0;
		all++;
		unlogged |= run->unlogged.on && run->unlogged.count;
		s.runs += is_complete(run);
		if (run->fresh) {
			s.silent = 0;
			s.silent_ms = 0;
		} else if (is_complete(run)) {
			s.silent++;
			s.silent_ms += run->ended_ms > run->started_ms ? run->ended_ms - run->started_ms : 0;
		}
	}
	evaluate_chance(ev, &s, all, fresh_later, unlogged);
	if (learn_for_ms && unlogged_since(ev))
		s.over_ms = unlogged_since(ev) + learn_for_ms;
	*ret = s;
}

bool confidence_is_reached(const struct confidence *s)
{
	return s->silent >= CONFIDENCE_SILENT_RUNS;
}

bool confidence_is_over(const struct confidence *s)
{
	return s->over_ms && s->over_ms < text_now_ms();
}

/* Rounds up: less than one per cent is not zero. */
static unsigned percent_up(double part)
{
	double whole = part < 1 ? part * 100 : 100;

	return (unsigned)whole + ((double)(unsigned)whole < whole);
}

unsigned confidence_bound_percent(const struct confidence *s)
{
	return percent_up(s->bound);
}

bool confidence_has_chance(const struct confidence *s)
{
	return s->chance >= 0.005;
}

void confidence_add_chance(const struct confidence *s, bool method, struct buf *out)
{
	bool seen = confidence_has_chance(s);

	if (seen)
		buf_addf(out, "about %.0f%%", s->chance * 100);
	if (seen && method)
		buf_addf(out, " (%s)",
			 s->method == CONFIDENCE_GOOD_TURING ? "Good-Turing: calls that only one run showed, per run"
							     : "the share of later runs that brought one");
	if (!seen || s->bound < 1)
		buf_addf(out, "%sat most %u%% (rule of three, 95%%)", seen ? ", " : "", percent_up(s->bound));
	if (!seen && s->bound >= 1)
		buf_adds(out, ", as too few complete runs brought none");
}

void confidence_describe(const struct confidence *s, struct buf *out)
{
	buf_addf(out, "  Settled: %zu complete runs (%.1f hours) since the last new call.\n", s->silent,
		 (double)s->silent_ms / HOUR_MS);
	if (s->method == CONFIDENCE_NONE)
		buf_adds(out, "  Chance of a new call in the next run: unknown from a single run.\n");
	else
		buf_adds(out, "  Chance of a new call in the next run: ");
	if (s->method != CONFIDENCE_NONE) {
		confidence_add_chance(s, true, out);
		buf_adds(out, ".\n");
	}
	if (confidence_is_over(s))
		buf_adds(out, "  Learning is over (learn_for): the approved profile applies, or else the caller's own.\n");
}

static void write_fraction(struct json_writer *w, const char *key, double v, int digits)
{
	char text[32];

	snprintf(text, sizeof(text), "%.*f", digits, v);
	json_write_raw(w, key, text, __builtin_strlen(text));
}

void confidence_write(const struct confidence *s, struct json_writer *w, const char *key)
{
	json_write_object_flat(w, key);
	json_write_u64(w, "complete_runs", s->runs);
	json_write_u64(w, "silent_runs", s->silent);
	write_fraction(w, "silent_hours", (double)s->silent_ms / HOUR_MS, 3);
	json_write_string(w, "method", confidence_method_name(s->method));
	write_fraction(w, "chance", s->chance, 4);
	write_fraction(w, "bound", s->bound, 4);
	json_write_string(w, "learning", confidence_is_over(s) ? "over" : "on");
	json_write_end_object(w);
}
