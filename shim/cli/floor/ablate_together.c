#include "shim/cli/floor/ablate_private.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "seccomp/syscall/sets.h"

#include <errno.h>

/* The calls of the canary's own program: a static program of the C library. */
static const char *const OWN_CALLS[] = {
	"execve", "exit_group", "exit", "brk", "arch_prctl", "set_tid_address", "set_robust_list", "rseq", "prlimit64", "readlink",
	"readlinkat", "getrandom", "mprotect", "rt_sigaction", "rt_sigreturn", "alarm", "setitimer", "pause", "ppoll",
	"restart_syscall"};

#define STOPS_MAX 64

struct together {
	struct ablating *s;
	enum ablation_errno e;
	bool execs;                /* a trial includes an exec */
	uint64_t stops[STOPS_MAX]; /* without these calls, not even a start succeeds */
	size_t stop_count;
};

/* Like every profile of snug's, the profile includes the older sibling of each call that it has. */
static void add_siblings(const struct ablating *s, struct json_writer *w)
{
	const struct set_sibling *set = NULL;
	size_t n = set_siblings(&set);

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < s->count; k++)
			if (!s->candidates[k].gone && text_streq(s->candidates[k].name, set[i].modern) &&
			    syscall_known_to_libseccomp(set[i].older))
				json_write_string(w, NULL, set[i].older);
}

/* Sets a profile of the calls that are not gone, and of those that the canary itself makes. */
static int set_rest(struct ablating *s, enum ablation_errno e)
{
	cleanup_buf struct buf section = {0};
	const struct set_floor_go *set = NULL;
	size_t n = s->plan->go ? set_floor_go(&set) : 0;
	struct json_writer w;

	ablate_begin_section(s, "SCMP_ACT_ERRNO", ablation_errno_number(e), &w, &section);
	for (size_t i = 0; i < ARRAY_SIZE(OWN_CALLS); i++)
		if (syscall_known_to_libseccomp(OWN_CALLS[i]))
			json_write_string(&w, NULL, OWN_CALLS[i]);
	for (size_t i = 0; i < n; i++)
		json_write_string(&w, NULL, set[i].name);
	for (size_t i = 0; i < s->count; i++)
		if (!s->candidates[i].gone)
			json_write_string(&w, NULL, s->candidates[i].name);
	add_siblings(s, &w);
	return ablate_end_section(s, e, "SCMP_ACT_ALLOW", 0, &w, &section);
}

/* Repeats a failed trial. */
static int without(void *arg, uint64_t out, bool *ret_good, struct err *err)
{
	struct together *t = arg;
	struct ablating *s = t->s;
	bool starts = false, enters = !t->execs;
	int r;

	for (size_t i = 0; i < s->count; i++)
		s->candidates[i].gone = i < 64 && out & (UINT64_C(1) << i);
	r = set_rest(s, t->e);
	for (unsigned i = 0; !r && !(starts && enters) && i < 2; i++)
		r = canary_try_enter(s->plan->canary[t->e], s->timeout_ms, &starts, t->execs ? &enters : NULL, err);
	if (r < 0)
		return r;
	if (!starts && t->stop_count < STOPS_MAX)
		t->stops[t->stop_count++] = out;
	*ret_good = starts && enters;
	return 0;
}

static bool stops_starts(const struct together *t, uint64_t cut)
{
	for (size_t i = 0; i < t->stop_count; i++)
		if (t->stops[i] == cut)
			return true;
	return false;
}

/* The calls that the runtime always makes in every phase in which it makes them, and could do without when each was refused
 * alone. */
static uint64_t find_things(const struct ablating *s, enum ablation_errno e)
{
	uint64_t things = 0;

	for (size_t i = 0; i < s->count && i < 64; i++) {
		const struct candidate *c = &s->candidates[i];
		bool can_go = c->tried;

		for (enum floor_phase p = 0; can_go && p < FLOOR_PHASES; p++) {
			const struct ablation_call *a = ablation_find(s->result, p, s->arch, c->nr);

			can_go = !c->seen[p] || (c->always[p] && a && a->without[e] == ABLATION_STARTS);
		}
		if (can_go)
			things |= UINT64_C(1) << i;
	}
	return things;
}

/* True if every call of the cut is made in the phase. */
static bool is_of_phase(const struct ablating *s, uint64_t cut, enum floor_phase phase)
{
	for (size_t i = 0; i < s->count && i < 64; i++)
		if (cut & (UINT64_C(1) << i) && !s->candidates[i].seen[phase])
			return false;
	return true;
}

int ablate_together(struct ablating *s, enum ablation_errno e)
{
	struct found *found = &s->found[e];
	struct cuts *starts = &found->cuts[FLOOR_CREATE], *execs = &found->cuts[FLOOR_EXEC], all = {0};
	struct together t = {.s = s, .e = e, .execs = s->floor->phase[FLOOR_EXEC] != NULL};
	const struct cuts_trial trial = {.without = without, .arg = &t};
	int r;

	found->things = find_things(s, e);
	if (!found->things)
		return 0;
	r = cuts_find(&trial, found->things, &all, s->err);
	found->hopeless = r || !all.complete;
	if (r < 0 || found->hopeless)
		return r < 0 ? r : 0;
	for (size_t i = 0; i < all.count; i++) {
		bool stops = stops_starts(&t, all.set[i]);

		/* If a cut stops starts, it stops every exec. */
		if (stops)
			starts->set[starts->count++] = all.set[i];
		if (!stops || is_of_phase(s, all.set[i], FLOOR_EXEC))
			execs->set[execs->count++] = all.set[i];
	}
	if (starts->count == all.count)
		return 0;
	/* A start may do without a call that only an exec needs, but may then need another one. */
	t.execs = false;
	r = cuts_find(&trial, found->things, starts, s->err);
	found->hopeless = r || !starts->complete;
	return r < 0 ? r : 0;
}
