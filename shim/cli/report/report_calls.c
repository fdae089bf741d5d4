/* For each call of the profile, where it comes from. */
#include "shim/cli/report/report.h"

#include "base/text.h"
#include "seccomp/evidence/unlogged_proof.h"
#include "seccomp/syscall/names.h"
#include "seccomp/syscall/sets.h"
#include "shim/cli/approve/delta.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What is looked at: the evidence's calls have their names by number only. */
struct work {
	const struct report *report;
	const struct evidence_call *const *calls;
	size_t count;
	char (*names)[SYSCALL_NAME_MAX]; /* of each call; "" if it was not used */
};

static void begin_line(struct buf *why)
{
	if (why->len)
		buf_addc(why, '\n');
}

/* Appends names of programs, each once; at most EVIDENCE_WHO_MAX of a call are kept. */
static size_t add_who(const struct work *w, const char *name, enum evidence_phase phase,
		      const char *(*get)(const struct evidence *, const struct evidence_call *, size_t),
		      const char *before, struct buf *out)
{
	const char *said[4 * EVIDENCE_WHO_MAX];
	const struct evidence *ev = w->report->build->evidence;
	bool more = false;
	size_t n = 0;

	for (size_t i = 0; i < w->count; i++) {
		if (w->calls[i]->phase != phase || !text_streq(w->names[i], name))
			continue;
		more |= w->calls[i]->more;
		for (size_t k = 0; get(ev, w->calls[i], k); k++) {
			const char *who = get(ev, w->calls[i], k);
			size_t j = 0;

			while (j < n && !text_streq(said[j], who))
				j++;
			if (j < n || n == ARRAY_SIZE(said))
				continue;
			said[n++] = who;
			buf_addf(out, "%s%s", n > 1 ? ", " : before, who);
		}
	}
	if (n && more)
		buf_adds(out, ", ...");
	return n;
}

/* "the program: nginx, sh (/usr/sbin/nginx, /bin/sh)" */
static void add_phase(const struct work *w, const char *name, enum evidence_phase phase, const char *who,
		      struct buf *why)
{
	bool made = false;

	for (size_t i = 0; i < w->count; i++)
		made |= w->calls[i]->phase == phase && text_streq(w->names[i], name);
	if (!made)
		return;
	begin_line(why);
	buf_adds(why, who);
	if (!add_who(w, name, phase, evidence_comm, ": ", why))
		buf_adds(why, phase == EVIDENCE_RUNTIME ? "" : ", counted without a name");
	if (phase != EVIDENCE_RUNTIME && add_who(w, name, phase, evidence_exe, " (", why))
		buf_addc(why, ')');
}

/* "needs it to start and in exec" */
static void add_use(enum floor_use u, const char *where, struct buf *out)
{
	static const struct {
		const char *before, *behind;
	} words[] = {
		[FLOOR_UNKNOWN] = {"makes it", ""},
		[FLOOR_NEEDS] = {"needs it", ""},
		[FLOOR_TRIES] = {"tries it", ", but can do without"},
		[FLOOR_MAY_USE] = {"sometimes makes it", ""},
		[FLOOR_EITHER] = {"needs it", ", or another call in its place"},
	};
	_Static_assert(ARRAY_SIZE(words) == FLOOR_USES, "words for each use");

	buf_addf(out, " %s%s%s", words[u].before, where, words[u].behind);
}

/* How the runtime uses the call in a phase; false: it does not. */
static bool find_use(const struct floor *f, enum floor_phase p, const char *name, enum floor_use *ret)
{
	const struct evidence_call *const *calls = NULL;
	size_t n = f->phase[p] ? evidence_calls(f->phase[p], &calls) : 0;
	char call[SYSCALL_NAME_MAX];

	for (size_t i = 0; i < n; i++)
		if (floor_is_call(calls[i]) && syscall_name(calls[i]->arch, calls[i]->nr, call) &&
		    text_streq(call, name)) {
			*ret = floor_use(f, p, calls[i]);
			return true;
		}
	return false;
}

/* "the floor: runc 1.1.5 needs it to start, sometimes makes it in exec" */
static void add_floor(const struct build_runtime *rt, const char *name, struct buf *why)
{
	enum floor_use create = FLOOR_UNKNOWN, exec = FLOOR_UNKNOWN;
	bool at_create = find_use(&rt->floor, FLOOR_CREATE, name, &create),
	     in_exec = find_use(&rt->floor, FLOOR_EXEC, name, &exec);

	if (!at_create && !in_exec)
		return;
	begin_line(why);
	buf_adds(why, "the floor: ");
	if (*floor_version(&rt->floor))
		floor_add_version(floor_version(&rt->floor), why);
	else
		buf_adds(why, rt->id);
	if (at_create && in_exec && create == exec) {
		add_use(create, " to start and in exec", why);
		return;
	}
	if (at_create)
		add_use(create, " to start", why);
	buf_adds(why, at_create && in_exec ? ";" : "");
	if (in_exec)
		add_use(exec, " in exec", why);
}

static void add_assumed(const struct work *w, const char *name, bool masked, struct buf *why)
{
	const struct evidence *ev = w->report->build->evidence;
	enum unlogged_hot hot = unlogged_hot_of(ev, name);
	int place = argument_by_name(name);

	if (hot == UNLOGGED_ASSUMED || hot == UNLOGGED_KEPT) {
		begin_line(why);
		buf_adds(why, "assumed: in the hot set, passes unlogged while learning, not seen yet");
	} else if (place >= 0 && unlogged_has_passed(ev, place)) {
		begin_line(why);
		buf_adds(why, masked ? "assumed: learning lets this harmless form pass unlogged"
				     : "assumed: learning lets its harmless form pass unlogged");
	}
}

/* Appends the lines of the tables that name the call. */
static void add_tables(const struct report *r, const char *name, struct buf *why)
{
	const struct set_floor_go *go = NULL;
	const struct set_always *always = NULL;
	const struct set_sibling *siblings = NULL;
	bool go_runtime = false;

	for (size_t i = 0; i < r->build->runtime_count; i++)
		go_runtime |= r->build->runtimes[i].go;
	for (size_t n = go_runtime ? set_floor_go(&go) : 0, i = 0; i < n; i++)
		if (text_streq(go[i].name, name)) {
			begin_line(why);
			buf_addf(why, "floor-go.csv: %s", go[i].reason);
		}
	for (size_t n = set_always(&always), i = 0; i < n; i++)
		if (text_streq(always[i].name, name)) {
			begin_line(why);
			buf_addf(why, "always.csv: %s", always[i].reason);
		}
	for (size_t n = set_siblings(&siblings), i = 0; i < n; i++) {
		const struct profile_rule *modern = profile_find(r->build->profile, siblings[i].modern);

		if (text_streq(siblings[i].older, name) && modern && !modern->masked) {
			begin_line(why);
			buf_addf(why, "siblings.csv: fallback for %s: %s", siblings[i].modern, siblings[i].reason);
		}
	}
}

static bool is_left_out(const struct build *b, const char *name)
{
	char call[SYSCALL_NAME_MAX];

	for (size_t i = 0; i < b->left_out_count; i++)
		if (syscall_name(b->left_out[i].arch, b->left_out[i].nr, call) && text_streq(call, name))
			return true;
	return false;
}

/* Appends why a call that was seen is not in the profile. */
static void add_closed(const struct report *r, const char *name, struct buf *why)
{
	begin_line(why);
	if (r->approval)
		buf_addf(why, "not in: approved profile number %u lacks it", r->approval);
	else if (unlogged_left_out(r->build->evidence, name))
		buf_adds(why, "not in: answered with ENOSYS, the program did without it");
	else if (is_left_out(r->build, name))
		buf_adds(why, "not in: it is dangerous, and the runtime does without");
	else
		buf_adds(why, "not in: it has no name here");
}

/* The number of the one learning run that went on at that time; 0: none, or several. */
static size_t run_at(const struct evidence *ev, uint64_t ms)
{
	const struct evidence_run *const *runs = NULL;
	size_t n = evidence_runs(ev, &runs), found = 0;

	for (size_t i = 0; i < n; i++) {
		if (runs[i]->mode != EVIDENCE_LEARN || runs[i]->started_ms > ms ||
		    (runs[i]->ended_ms && runs[i]->ended_ms < ms))
			continue;
		if (found)
			return 0;
		found = report_run_number(ev, i);
	}
	return found;
}

static void add_seen(const struct work *w, struct report_call *c)
{
	const struct evidence *ev = w->report->build->evidence;

	for (size_t i = 0; i < w->count; i++) {
		const struct evidence_call *e = w->calls[i];

		if (!text_streq(w->names[i], c->name))
			continue;
		c->first_ms = !c->first_ms || e->first_ms < c->first_ms ? e->first_ms : c->first_ms;
		c->last_ms = e->last_ms > c->last_ms ? e->last_ms : c->last_ms;
		c->runs = e->runs > c->runs ? e->runs : c->runs;
		c->count += e->count;
	}
	c->first_run = c->first_ms ? run_at(ev, c->first_ms) : 0;
	c->last_run = c->last_ms ? run_at(ev, c->last_ms) : 0;
}

static void add_call(const struct work *w, const char *name, struct report_call *c)
{
	const struct report *r = w->report;
	const struct profile_rule *rule = profile_find(r->build->profile, name);

	*c = (struct report_call){.danger = set_danger_of(name), .open = rule != NULL, .masked = rule && rule->masked};
	memcpy(c->name, name, strnlen(name, sizeof(c->name) - 1) + 1);
	c->name[sizeof(c->name) - 1] = '\0';
	add_seen(w, c);
	add_phase(w, name, EVIDENCE_WORKLOAD, "the program", &c->why);
	add_phase(w, name, EVIDENCE_HOOK, "a hook", &c->why);
	add_phase(w, name, EVIDENCE_EXEC, "an exec (probe, lifecycle hook, command)", &c->why);
	add_phase(w, name, EVIDENCE_TERMINAL, "an exec with a terminal", &c->why);
	add_phase(w, name, EVIDENCE_RUNTIME, "the runtime, to start the container", &c->why);
	for (size_t i = 0; i < r->build->runtime_count; i++)
		add_floor(&r->build->runtimes[i], name, &c->why);
	if (!c->open) {
		add_closed(r, name, &c->why);
		return;
	}
	if (!c->why.len)
		add_assumed(w, name, c->masked, &c->why);
	add_tables(r, name, &c->why);
	if (!c->why.len)
		buf_adds(&c->why, "the approved profile has it; nothing that is recorded here needs it");
	if (c->masked) {
		begin_line(&c->why);
		delta_add_arguments(r->build->profile, rule, &c->why);
	}
}

static int compare_calls(const void *a, const void *b)
{
	const struct report_call *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static bool is_told(const struct report *r, const char *name)
{
	for (size_t i = 0; i < r->call_count; i++)
		if (text_streq(r->calls[i].name, name))
			return true;
	return false;
}

int report_add_calls(struct report *r)
{
	const struct profile_rule *rules = NULL;
	struct work w = {.report = r};
	size_t n = profile_rules(r->build->profile, &rules);

	w.count = evidence_calls(r->build->evidence, &w.calls);
	r->calls = calloc(n + w.count + 1, sizeof(*r->calls));
	cleanup_free void *names = calloc(w.count + 1, sizeof(*w.names));

	if (!r->calls || !names)
		return -ENOMEM;
	w.names = names;
	for (size_t i = 0; i < w.count; i++)
		if (w.calls[i]->count)
			syscall_name(w.calls[i]->arch, w.calls[i]->nr, w.names[i]);
	for (size_t i = 0; i < n; i++)
		if (!i || !text_streq(rules[i].name, rules[i - 1].name))
			add_call(&w, rules[i].name, &r->calls[r->call_count++]);
	for (size_t i = 0; i < w.count; i++)
		if (*w.names[i] && !is_told(r, w.names[i]))
			add_call(&w, w.names[i], &r->calls[r->call_count++]);
	qsort(r->calls, r->call_count, sizeof(*r->calls), compare_calls);
	for (size_t i = 0; i < r->call_count; i++)
		if (buf_failed(&r->calls[i].why))
			return -ENOMEM;
	return 0;
}
