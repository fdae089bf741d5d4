#include "seccomp/evidence/evidence_private.h"

#include "base/text.h"
#include "seccomp/syscall/arguments.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool set_more(struct evidence_call *c)
{
	bool news = !c->more;

	c->more = true;
	return news;
}

/* Writes the field as safe text to the scratch buffer. NULL if out of memory. */
static const char *render(struct evidence *ev, const struct record_field *f, size_t cut)
{
	char raw[EVIDENCE_EXE_CUT];

	buf_clear(&ev->scratch);
	buf_adds(&ev->scratch, "");
	text_add_safe(&ev->scratch, raw, record_field_bytes(f, raw, cut));
	if (!buf_failed(&ev->scratch))
		return ev->scratch.data;
	buf_done(&ev->scratch);
	return NULL;
}

/* Returns the name's number; a new name gets one. 0 if it cannot be stored. */
static uint8_t intern(struct evidence *ev, const char *text, uint64_t hash)
{
	struct evidence_name *names;
	char *copy;

	for (size_t i = 0; i < ev->name_count; i++) {
		if (strcmp(ev->names[i].text, text) != 0)
			continue;
		ev->unmet -= hash && !ev->names[i].hash;
		if (!ev->names[i].hash)
			ev->names[i].hash = hash;
		return (uint8_t)(i + 1);
	}
	if (ev->name_count == EVIDENCE_NAMES_MAX)
		return 0;
	names = reallocarray(ev->names, ev->name_count + 1, sizeof(*names));
	copy = names ? strdup(text) : NULL;
	if (names)
		ev->names = names;
	if (!copy)
		return 0;
	ev->names[ev->name_count++] = (struct evidence_name){.text = copy, .hash = hash};
	ev->unmet += !hash;
	return (uint8_t)ev->name_count;
}

static int put(uint8_t list[EVIDENCE_WHO_MAX], uint8_t number)
{
	for (size_t i = 0; number && i < EVIDENCE_WHO_MAX; i++) {
		if (list[i] == number)
			return -EEXIST;
		if (!list[i]) {
			list[i] = number;
			return 0;
		}
	}
	return -ENOSPC;
}

int evidence_add_name(struct evidence *ev, uint8_t list[EVIDENCE_WHO_MAX], const char *text)
{
	return put(list, intern(ev, text, 0));
}

static uint8_t number_of(struct evidence *ev, const struct record_field *f, size_t cut, uint64_t hash)
{
	const char *text;

	for (size_t i = 0; i < ev->name_count; i++)
		if (ev->names[i].hash == hash)
			return (uint8_t)(i + 1);
	/* A container that keeps inventing names costs no more than this. */
	if (ev->name_count == EVIDENCE_NAMES_MAX && !ev->unmet)
		return 0;
	text = render(ev, f, cut);
	return text ? intern(ev, text, hash) : 0;
}

/* Adds a comm or exe. True if that is news. */
static bool add_who(struct evidence *ev, struct evidence_call *c, uint8_t list[EVIDENCE_WHO_MAX], const struct record_field *f,
		    size_t cut, uint64_t hash)
{
	int r;

	for (size_t i = 0; i < EVIDENCE_WHO_MAX && list[i]; i++)
		if (ev->names[list[i] - 1].hash == hash)
			return false;
	r = list[EVIDENCE_WHO_MAX - 1] && !ev->unmet ? -ENOSPC : put(list, number_of(ev, f, cut, hash));
	return r == -ENOSPC ? set_more(c) : r == 0;
}

static bool count_who(struct evidence *ev, struct evidence_call *c, const struct record *r)
{
	struct evidence_who who = evidence_who(ev->seed, r);
	bool news = false;

	if (who.both == c->last_who)
		return false;
	c->last_who = who.both;
	if (who.comm)
		news |= add_who(ev, c, c->comm, &r->comm, EVIDENCE_COMM_CUT, who.comm);
	if (who.exe)
		news |= add_who(ev, c, c->exe, &r->exe, EVIDENCE_EXE_CUT, who.exe);
	return news;
}

/* A run read from a file has no `seen`. A call last met after the run's start counts as shown by it: `runs` may then be too
 * low, but never too high. */
static void make_seen(const struct evidence *ev, struct evidence_run *run)
{
	run->seen = calloc(1, EVIDENCE_CALLS_MAX / 8);
	if (!run->seen)
		return;
	run->seen_len = EVIDENCE_CALLS_MAX / 8;
	for (size_t i = 0; i < ev->call_count; i++) {
		const struct evidence_call *e = ev->calls[i];

		if (e->runs && e->last_ms >= run->started_ms)
			run->seen[e->index / 8] |= (uint8_t)(1u << e->index % 8);
	}
}

static bool has_shown(const struct evidence_run *run, const struct evidence_call *e)
{
	return run->seen && run->seen[e->index / 8] >> e->index % 8 & 1;
}

static void add_run(const struct evidence *ev, struct evidence_run *run, struct evidence_call *e)
{
	uint8_t bit = (uint8_t)(1u << e->index % 8);

	if (!run->seen)
		evidence_counts_settle(ev);
	if (!run->seen && !run->ended_ms)
		make_seen(ev, run);
	if (!run->seen) {
		e->runs += e->runs == 0 || e->last_ms < run->started_ms;
	} else if (!(run->seen[e->index / 8] & bit)) {
		run->seen[e->index / 8] |= bit;
		e->runs++;
	}
}

static uint64_t *counter_of(struct evidence_call *c, enum evidence_use use)
{
	switch (use) {
	case EVIDENCE_AUDITED:
		return &c->audited;
	case EVIDENCE_DENIED:
		return &c->denied;
	case EVIDENCE_USED:
		break;
	}
	return &c->count;
}

static void add_time(struct evidence_call *c, uint64_t ms)
{
	bool first = c->count + c->audited + c->denied == 0;

	if (first || ms < c->first_ms)
		c->first_ms = ms;
	if (first || ms > c->last_ms)
		c->last_ms = ms;
}

static int stamp(struct evidence_run *run, reason_set reason)
{
	bool news = !(run->reasons & reason);

	run->reasons |= reason;
	return news;
}

int evidence_add(struct evidence *ev, uint64_t run_no, enum evidence_phase phase, enum evidence_use use,
		 const struct record *r)
{
	return evidence_add_call(ev, run_no, phase, use, r, NULL);
}

int evidence_add_call(struct evidence *ev, uint64_t run_no, enum evidence_phase phase, enum evidence_use use, const struct record *r,
		      const uint64_t *args)
{
	const struct arch *arch = arch_of_record(r->arch, r->nr);
	struct evidence_run *run = evidence_run(ev, run_no);
	struct evidence_call *e;
	uint64_t *counter;
	int news = 0, status;

	if (!run)
		return -ENOENT;
	run->records++;
	if (run->ended_ms)
		news |= stamp(run, REASON_BIT(LATE_RECORD));
	if (!arch)
		return news | stamp(run, REASON_BIT(UNKNOWN_ARCH));
	e = evidence_find(ev, arch, r->nr, phase);
	/* Denied calls must not use up the room that learning needs: a container can be denied any number. */
	if (!e && use != EVIDENCE_USED && ev->call_count >= EVIDENCE_DENIED_MAX)
		status = -ENOSPC;
	else
		status = e ? 0 : evidence_make(ev, arch, r->nr, phase, &e);
	if (status < 0) {
		stamp(run, REASON_BIT(OVERFLOW));
		return status;
	}
	add_run(ev, run, e);
	add_time(e, r->time_ms);
	counter = counter_of(e, use);
	news |= *counter == 0;
	if (use == EVIDENCE_USED) {
		run->arches |= 1u << arch->id;
		news |= evidence_unlogged_add(ev, run, e, *counter == 0, args);
	}
	*counter += 1;
	news |= count_who(ev, e, r);
	if (phase == EVIDENCE_WORKLOAD && use == EVIDENCE_USED)
		evidence_counts_keep(ev, run, r);
	return news;
}

int evidence_add_counted(struct evidence *ev, uint64_t run_no, enum evidence_phase phase, const struct arch *arch, uint32_t nr, uint64_t time_ms)
{
	struct evidence_run *run = evidence_run(ev, run_no);
	struct evidence_call *e;
	int status;

	if (!run)
		return -ENOENT;
	e = evidence_find(ev, arch, nr, phase);
	if (e && e->count && has_shown(run, e))
		return 0;
	status = e ? 0 : evidence_make(ev, arch, nr, phase, &e);
	if (status < 0) {
		stamp(run, REASON_BIT(OVERFLOW));
		return status;
	}
	add_run(ev, run, e);
	add_time(e, time_ms);
	if (e->count++ == 0)
		evidence_unlogged_first(ev, run, e);
	return 1;
}
