#include "shim/cli/floor/ablate.h"

#include "base/cleanup.h"
#include "base/json/json.h"
#include "base/text.h"
#include "seccomp/syscall/sets.h"
#include "seccomp/syscall/names.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TIMEOUT_MIN_MS 2000
#define TIMEOUT_FACTOR 3 /* of what all steps of a try take together if nothing is refused */
#define PROOF_STARTS   2

/* What the canary's own program calls: a static program of the C library. */
static const char *const OWN_CALLS[] = {
	"execve", "exit_group", "exit", "brk", "arch_prctl", "set_tid_address", "set_robust_list", "rseq", "prlimit64", "readlink",
	"readlinkat", "getrandom", "mprotect", "rt_sigaction", "rt_sigreturn", "alarm", "setitimer", "pause", "ppoll",
	"restart_syscall"};

/* A call that was seen, with what was seen of it. */
struct candidate {
	uint32_t nr;
	char name[SYSCALL_NAME_MAX];
	bool seen[FLOOR_PHASES];
	bool tried; /* often enough seen, and this libseccomp can name it */
	bool gone;  /* of the profile that is tried now */
};

struct ablating {
	struct canary *canary;
	const struct floor *floor;
	const char *what;
	bool go;
	struct ablation *result;
	const struct arch *arch;
	struct candidate *candidates;
	size_t count, done;
	int timeout_ms;
	struct err *err;
};

static void ablating_done(struct ablating *s)
{
	free(s->candidates);
}

/* Without these the canary's program itself does not do what it is started for. */
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
	if (!s->candidates)
		return err_set(s->err, ENOMEM, "out of memory");
	for (size_t p = 0; p < FLOOR_PHASES; p++)
		for (size_t i = 0; i < n[p]; i++) {
			uint64_t starts = p == FLOOR_CREATE ? st.starts : st.execs;
			struct candidate *c;

			if (!floor_is_call(calls[p][i]) || calls[p][i]->arch != s->arch)
				continue;
			c = candidate_of(s, calls[p][i]->nr);
			c->seen[p] = true;
			c->tried |= 100 * calls[p][i]->runs >= ABLATE_SHARE * starts && syscall_known_to_libseccomp(c->name) &&
				    !is_own(c->name);
		}
	return 0;
}

static void show_progress(const struct ablating *s)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[Ktrying what %s needs: %zu of %zu calls", s->what, s->done, s->count);
}

static void end_progress(void)
{
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
}

static void begin_section(const struct ablating *s, const char *action, uint32_t errno_ret, struct json_writer *w, struct buf *out)
{
	json_write_begin(w, out, false);
	json_write_object(w, NULL);
	json_write_string(w, "defaultAction", action);
	if (errno_ret)
		json_write_u64(w, "defaultErrnoRet", errno_ret);
	json_write_array(w, "architectures");
	json_write_string(w, NULL, s->arch->oci);
	json_write_end_array(w);
	json_write_array(w, "syscalls");
	json_write_object(w, NULL);
	json_write_array(w, "names");
}

static int end_section(struct ablating *s, const char *action, uint32_t errno_ret, struct json_writer *w, struct buf *out)
{
	json_write_end_array(w);
	json_write_string(w, "action", action);
	if (errno_ret)
		json_write_u64(w, "errnoRet", errno_ret);
	json_write_end_object(w);
	json_write_end_array(w);
	json_write_end_object(w);
	return buf_failed(out) ? err_set(s->err, ENOMEM, "out of memory") : canary_set_seccomp(s->canary, out->data, s->err);
}

/* Every call is allowed, but this one; NULL: every call, as the one that is refused is none that anything makes. */
static int refuse(struct ablating *s, const char *name, uint32_t errno_ret)
{
	cleanup_buf struct buf section = {0};
	struct json_writer w;

	begin_section(s, "SCMP_ACT_ALLOW", 0, &w, &section);
	json_write_string(&w, NULL, name ? name : "reboot");
	return end_section(s, "SCMP_ACT_ERRNO", errno_ret, &w, &section);
}

struct tried {
	bool run, create, exec;
};

static int try_once(struct ablating *s, bool execs, struct tried *ret)
{
	struct tried t = {.create = true, .exec = true};
	int r = canary_try_run(s->canary, s->timeout_ms, &t.run, s->err);

	if (!r && t.run)
		r = canary_try_enter(s->canary, s->timeout_ms, &t.create, &t.exec, s->err);
	/* Whoever cannot be started cannot be entered. */
	t.create &= t.run;
	t.exec &= t.create;
	*ret = t;
	return r;
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

/* A start can fail for other reasons on a busy node: a failure by one errno alone is looked at again. */
static int try_candidate(struct ablating *s, const struct candidate *c)
{
	struct tried t[ABLATION_ERRNOS] = {{0}};
	int r = 0;

	for (enum ablation_errno e = 0; !r && e < ABLATION_ERRNOS; e++) {
		r = refuse(s, c->name, ablation_errno_number(e));
		if (!r)
			r = try_once(s, c->seen[FLOOR_EXEC], &t[e]);
	}
	for (enum ablation_errno e = 0; !r && e < ABLATION_ERRNOS; e++) {
		const struct tried *other = &t[!e];
		struct tried again = {0};

		if ((t[e].create || !other->create) && (t[e].exec || !other->exec))
			continue;
		r = refuse(s, c->name, ablation_errno_number(e));
		if (!r)
			r = try_once(s, c->seen[FLOOR_EXEC], &again);
		t[e].create |= again.create;
		t[e].exec |= again.exec;
	}
	for (enum ablation_errno e = 0; !r && e < ABLATION_ERRNOS; e++)
		r = keep(s, c, e, &t[e]);
	return r;
}

static bool is_tried(const struct ablating *s, const struct candidate *c)
{
	return c->tried && !(ablation_find(s->result, FLOOR_CREATE, s->arch, c->nr) || ablation_find(s->result, FLOOR_EXEC, s->arch, c->nr));
}

/* True if the runtime was seen to do without the call wherever it makes it. */
static bool can_go(const struct ablating *s, const struct candidate *c, enum ablation_errno e)
{
	bool can = c->tried;

	for (enum floor_phase p = 0; can && p < FLOOR_PHASES; p++) {
		const struct ablation_call *a = ablation_find(s->result, p, s->arch, c->nr);

		can = !c->seen[p] || (a && a->without[e] == ABLATION_STARTS);
	}
	return can;
}

/* The older sibling of each call that the profile holds is in it, as in every profile of snug's. */
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

/* A profile of what is not gone, and of what the canary itself calls. */
static int set_rest(struct ablating *s, enum ablation_errno e)
{
	cleanup_buf struct buf section = {0};
	const struct set_floor_go *set = NULL;
	size_t n = s->go ? set_floor_go(&set) : 0;
	struct json_writer w;

	begin_section(s, "SCMP_ACT_ERRNO", ablation_errno_number(e), &w, &section);
	for (size_t i = 0; i < ARRAY_SIZE(OWN_CALLS); i++)
		if (syscall_known_to_libseccomp(OWN_CALLS[i]))
			json_write_string(&w, NULL, OWN_CALLS[i]);
	for (size_t i = 0; i < n; i++)
		json_write_string(&w, NULL, set[i].name);
	for (size_t i = 0; i < s->count; i++)
		if (!s->candidates[i].gone)
			json_write_string(&w, NULL, s->candidates[i].name);
	add_siblings(s, &w);
	return end_section(s, "SCMP_ACT_ALLOW", 0, &w, &section);
}

/* Whether all is well with what is gone now. */
static int try_rest(struct ablating *s, enum ablation_errno e, bool *ret)
{
	bool good = true;
	int r = set_rest(s, e);

	for (unsigned i = 0; !r && good && i < PROOF_STARTS; i++) {
		struct tried t = {0};

		r = try_once(s, true, &t);
		good = t.run && t.create && t.exec;
	}
	*ret = good;
	return r;
}

/* One after the other, the dangerous ones first: what cannot go beside those that have gone is needed. */
static int find_needed_together(struct ablating *s, enum ablation_errno e)
{
	int r = 0;

	for (size_t i = 0; i < s->count; i++)
		s->candidates[i].gone = false;
	for (unsigned harmless = 0; harmless < 2; harmless++)
		for (size_t i = 0; !r && i < s->count; i++) {
			struct candidate *c = &s->candidates[i];
			const struct tried t = {0};
			bool good = false;

			if (!can_go(s, c, e) || set_is_danger(c->name) == harmless)
				continue;
			c->gone = true;
			r = try_rest(s, e, &good);
			c->gone = good;
			if (!r && !good)
				r = keep(s, c, e, &t);
		}
	return r;
}

static int prove(struct ablating *s, enum ablation_errno e)
{
	bool good = false, any = false;
	int r;

	for (size_t i = 0; i < s->count; i++) {
		s->candidates[i].gone = can_go(s, &s->candidates[i], e);
		any |= s->candidates[i].gone;
	}
	if (!any)
		return 0;
	r = try_rest(s, e, &good);
	return r < 0 || good ? r : find_needed_together(s, e);
}

/* How long a start takes of which nothing is refused. 1 if nothing starts at all. */
static int calibrate(struct ablating *s)
{
	struct tried t = {0}, again = {0};
	uint64_t begin = text_now_ms(), took;
	int r = refuse(s, NULL, ENOSYS);

	s->timeout_ms = 60000;
	if (!r)
		r = try_once(s, true, &t);
	took = text_now_ms() - begin;
	if (!r && !t.exec)
		r = try_once(s, true, &again);
	s->timeout_ms = TIMEOUT_FACTOR * took < TIMEOUT_MIN_MS ? TIMEOUT_MIN_MS : (int)(TIMEOUT_FACTOR * took);
	return r < 0 ? r : !t.exec && !again.exec;
}

int ablate_floor(struct canary *canary, const struct floor *floor, const char *what, bool go, struct ablation *a,
		 struct err *err)
{
	cleanup_with(ablating_done) struct ablating s = {
		.canary = canary, .floor = floor, .what = what, .go = go, .result = a, .err = err};
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
	for (enum ablation_errno e = 0; !r && e < ABLATION_ERRNOS; e++)
		r = prove(&s, e);
	end_progress();
	return r;
}
