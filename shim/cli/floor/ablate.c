#include "shim/cli/floor/ablate_private.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "shim/cli/floor/pair.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TIMEOUT_MIN_MS 2000
#define TIMEOUT_FACTOR 3 /* times what all steps of a trial take if nothing is refused */

_Static_assert((int)PAIR == (int)ABLATION_ERRNOS, "a process for each errno");

static void ablating_done(struct ablating *s)
{
	free(s->candidates);
	pair_memory_free(s->found, ABLATION_ERRNOS * sizeof(*s->found));
}

/* Without these calls, the canary's own program cannot do its job. */
static bool is_own(const char *name)
{
	return text_streq(name, "exit_group") || text_streq(name, "pause") || text_streq(name, "arch_prctl");
}

static struct candidate *candidate_of(struct ablating *s, uint32_t nr)
{
	size_t i = 0;

	while (i < s->count && s->candidates[i].nr != nr)
		i++;
	if (i == s->count) {
		s->candidates[i] = (struct candidate){.nr = nr};
		syscall_name(s->arch, nr, s->candidates[i].name);
		s->count++;
	}
	return &s->candidates[i];
}

static int collect(struct ablating *s)
{
	const struct evidence_call *const *calls[FLOOR_PHASES] = {NULL};
	size_t n[FLOOR_PHASES] = {0}, total = 0;
	struct floor_stat st;

	floor_evaluate(s->floor, &st);
	for (size_t p = 0; p < FLOOR_PHASES; p++) {
		n[p] = s->floor->phase[p] ? evidence_calls(s->floor->phase[p], &calls[p]) : 0;
		total += n[p];
	}
	s->candidates = calloc(total + 1, sizeof(*s->candidates));
	s->found = pair_memory_new(ABLATION_ERRNOS * sizeof(*s->found));
	if (!s->candidates || !s->found)
		return err_set(s->err, ENOMEM, "out of memory");
	for (size_t p = 0; p < FLOOR_PHASES; p++)
		for (size_t i = 0; i < n[p]; i++) {
			uint64_t starts = p == FLOOR_CREATE ? st.starts : st.execs;
			struct candidate *c;

			if (!floor_is_call(calls[p][i]) || calls[p][i]->arch != s->arch)
				continue;
			c = candidate_of(s, calls[p][i]->nr);
			c->seen[p] = true;
			c->always[p] = calls[p][i]->runs >= starts;
			c->tried |= 100 * calls[p][i]->runs >= ABLATE_SHARE * starts && syscall_known_to_libseccomp(c->name) &&
				    !is_own(c->name);
		}
	return 0;
}

static void show_progress(const struct ablating *s)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[Ktrying what %s needs: %zu of %zu calls", s->plan->what, s->done, s->count);
}

static void end_progress(void)
{
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
}

/* Refuses this call and allows all others. "": refuses a call that nothing makes. */
static int refuse(struct ablating *s, const char *name, enum ablation_errno e)
{
	cleanup_buf struct buf section = {0};
	struct json_writer w;

	ablate_begin_section(s, "SCMP_ACT_ALLOW", 0, &w, &section);
	json_write_string(&w, NULL, *name ? name : "reboot");
	return ablate_end_section(s, e, "SCMP_ACT_ERRNO", ablation_errno_number(e), &w, &section);
}

/* True if `create` and `exec` are tried for all such calls together. */
static bool is_for_later(const struct candidate *c)
{
	return c->always[FLOOR_CREATE] && (!c->seen[FLOOR_EXEC] || c->always[FLOOR_EXEC]);
}

static int try_alone(struct ablating *s, enum ablation_errno e, const struct candidate *c, struct tried *ret)
{
	struct canary *canary = s->plan->canary[e];
	struct tried t = {.run = true, .create = true, .exec = true};
	int r = c->seen[FLOOR_CREATE] ? canary_try_run(canary, s->timeout_ms, &t.run, s->err) : 0;

	if (!r && t.run && !is_for_later(c))
		r = canary_try_enter(canary, s->timeout_ms, &t.create, c->seen[FLOOR_EXEC] ? &t.exec : NULL, s->err);
	/* If a start fails, an exec fails too. */
	t.create &= t.run;
	t.exec &= t.create;
	*ret = t;
	return r;
}

/* The work of two processes, one for each errno. */
struct work {
	struct ablating *s;
	const struct candidate *candidate; /* NULL: all calls together */
	bool wanted[ABLATION_ERRNOS];
};

static void work(void *arg, unsigned which)
{
	struct work *w = arg;
	enum ablation_errno e = (enum ablation_errno)which;
	struct found *found = &w->s->found[e];

	if (!w->wanted[e])
		return;
	w->s->err = &found->err;
	if (!w->candidate) {
		found->r = ablate_together(w->s, e);
		return;
	}
	found->r = refuse(w->s, w->candidate->name, e);
	if (!found->r)
		found->r = try_alone(w->s, e, w->candidate, &found->alone);
}

static int do_work(struct ablating *s, struct work *w)
{
	int r = pair_run(work, w, s->plan->signal_fd);

	if (r < 0)
		return err_set(s->err, r, "%s", r == -EINTR ? "interrupted" : "cannot try two canaries at once");
	for (enum ablation_errno e = 0; e < ABLATION_ERRNOS; e++)
		if (w->wanted[e] && s->found[e].r < 0)
			return err_set(s->err, s->found[e].r, "%s", s->found[e].err.msg);
	return 0;
}

static int keep(struct ablating *s, const struct candidate *c, enum ablation_errno e, const struct tried *t)
{
	int r = 0;

	if (c->seen[FLOOR_CREATE])
		r = ablation_set(s->result, FLOOR_CREATE, s->arch, c->nr, e, t->create ? ABLATION_STARTS : ABLATION_FAILS, s->err);
	if (!r && c->seen[FLOOR_EXEC])
		r = ablation_set(s->result, FLOOR_EXEC, s->arch, c->nr, e, t->exec ? ABLATION_STARTS : ABLATION_FAILS, s->err);
	return r;
}

/* On a busy node, a start can fail for other reasons: if only one errno fails, tries again. */
static int try_candidate(struct ablating *s, const struct candidate *c)
{
	struct work first = {.s = s, .candidate = c, .wanted = {true, true}}, again = {.s = s, .candidate = c};
	struct tried t[ABLATION_ERRNOS];
	int r = do_work(s, &first);

	for (enum ablation_errno e = 0; e < ABLATION_ERRNOS; e++)
		t[e] = s->found[e].alone;
	for (enum ablation_errno e = 0; e < ABLATION_ERRNOS; e++)
		again.wanted[e] = (!t[e].create && t[!e].create) || (!t[e].exec && t[!e].exec);
	if (!r && (again.wanted[0] || again.wanted[1]))
		r = do_work(s, &again);
	for (enum ablation_errno e = 0; !r && e < ABLATION_ERRNOS; e++) {
		t[e].create |= again.wanted[e] && s->found[e].alone.create;
		t[e].exec |= again.wanted[e] && s->found[e].alone.exec;
		r = keep(s, c, e, &t[e]);
	}
	return r;
}

static bool is_tried(const struct ablating *s, const struct candidate *c)
{
	return c->tried && !(ablation_find(s->result, FLOOR_CREATE, s->arch, c->nr) || ablation_find(s->result, FLOOR_EXEC, s->arch, c->nr));
}

/* A call that must stay although all others are allowed is needed; of several calls, one must stay. */
static int keep_cut(struct ablating *s, enum floor_phase phase, enum ablation_errno e, uint64_t cut)
{
	struct ablation_either either = {.phase = phase, .by = e, .arch = s->arch};

	for (size_t i = 0; i < s->count && i < 64; i++)
		if (cut & (UINT64_C(1) << i) && either.count < ABLATION_EITHER_MAX)
			either.nr[either.count++] = s->candidates[i].nr;
	return either.count == 1 ? ablation_set(s->result, phase, s->arch, either.nr[0], e, ABLATION_FAILS, s->err)
				 : ablation_add_either(s->result, &either, s->err);
}

static int keep_found(struct ablating *s, enum floor_phase phase, enum ablation_errno e)
{
	const struct found *found = &s->found[e];
	int r = 0;

	for (size_t i = 0; !r && !found->hopeless && i < found->cuts[phase].count; i++)
		r = keep_cut(s, phase, e, found->cuts[phase].set[i]);
	for (unsigned i = 0; !r && found->hopeless && i < 64; i++)
		if (found->things & (UINT64_C(1) << i) && s->candidates[i].seen[phase])
			r = keep_cut(s, phase, e, UINT64_C(1) << i);
	return r;
}

static int try_together(struct ablating *s)
{
	struct work w = {.s = s, .wanted = {true, true}};
	int r = do_work(s, &w);

	free(s->result->either);
	s->result->either = NULL;
	s->result->either_count = 0;
	for (enum ablation_errno e = 0; e < ABLATION_ERRNOS; e++)
		for (enum floor_phase p = 0; !r && p < FLOOR_PHASES; p++)
			r = keep_found(s, p, e);
	return r;
}

/* Measures how long an unrestricted start takes beside another. Returns 1 if nothing starts at all. */
static int calibrate(struct ablating *s)
{
	const struct candidate none = {.seen = {true, true}};
	struct work w = {.s = s, .candidate = &none, .wanted = {true, true}};
	uint64_t begin = text_now_ms(), took;
	bool any = false;
	int r;

	s->timeout_ms = 60000;
	r = do_work(s, &w);
	took = text_now_ms() - begin;
	for (unsigned i = 0; !r && !any && i < 2; i++) {
		any = s->found[ABLATION_ENOSYS].alone.exec || s->found[ABLATION_EPERM].alone.exec;
		if (!any && !i)
			r = do_work(s, &w);
	}
	s->timeout_ms = TIMEOUT_FACTOR * took < TIMEOUT_MIN_MS ? TIMEOUT_MIN_MS : (int)(TIMEOUT_FACTOR * took);
	return r < 0 ? r : !any;
}

int ablate_floor(const struct ablate_plan *plan, const struct floor *floor, struct ablation *a, struct err *err)
{
	cleanup_with(ablating_done) struct ablating s = {.plan = plan, .floor = floor, .result = a, .err = err};
	const struct arch *host[4];
	bool fresh = false;
	int r;

	s.arch = arch_host(host) ? host[0] : arch_get(ARCH_X86_64);
	r = collect(&s);
	for (size_t i = 0; i < s.count; i++)
		fresh |= is_tried(&s, &s.candidates[i]);
	if (r < 0 || !fresh)
		return r;
	r = calibrate(&s);
	for (size_t i = 0; !r && i < s.count; i++) {
		s.done = i;
		show_progress(&s);
		if (is_tried(&s, &s.candidates[i]))
			r = try_candidate(&s, &s.candidates[i]);
	}
	if (!r)
		r = try_together(&s);
	if (!r && plan->notified)
		r = ablate_unmade(&s);
	end_progress();
	return r;
}
