/* Histories of quiet runs, for the suites about quieting and about merging it. */
#ifndef SNUG_TESTS_UNIT_UNLOGGED_HISTORY_H
#define SNUG_TESTS_UNIT_UNLOGGED_HISTORY_H

#include "base/cleanup.h"
#include "seccomp/syscall/arguments.h"
#include "seccomp/learning/unlogged_calls.h"
#include "seccomp/evidence/unlogged_proof.h"
#include "seccomp/syscall/names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define T0 1769860800000u

static inline struct evidence *make(void)
{
	struct evidence *ev = NULL;

	assert_int_equal(evidence_new("web", &ev, NULL), 0);
	return ev;
}

static inline uint64_t begin(struct evidence *ev)
{
	/* Of equal runs the key tells the node. */
	const struct evidence_run init = {.container = (char *)(uintptr_t)evidence_key(ev), .started_ms = T0};
	uint64_t no = 0;

	assert_int_equal(evidence_run_begin(ev, &init, &no, NULL), 0);
	return no;
}

static inline void end(struct evidence *ev, uint64_t no)
{
	evidence_run_end(ev, no, T0 + 1000);
}

static inline void call_on(struct evidence *ev, uint64_t no, enum arch_id id, const char *name, enum evidence_phase phase)
{
	struct record r = {.arch = arch_get(id)->audit, .time_ms = T0 + 5};

	assert_int_equal(syscall_number(arch_get(id), name, &r.nr), 0);
	assert_true(evidence_add(ev, no, phase, EVIDENCE_USED, &r) >= 0);
}

static inline void call(struct evidence *ev, uint64_t no, const char *name)
{
	call_on(ev, no, ARCH_X86_64, name, EVIDENCE_WORKLOAD);
}

static inline struct json_doc *offer(const struct evidence *ev, const struct unlogged_calls_wish *wish)
{
	static const struct unlogged_calls_wish none;
	cleanup_buf struct buf b = {0};
	struct json_doc *doc = NULL;
	struct err err = {0};

	assert_int_equal(unlogged_calls_offer(ev, wish ? wish : &none, &b, &err), 0);
	if (json_parse(b.data, b.len, JSON_OURS, "offer", &doc, &err) < 0)
		fail_msg("%s", err.msg);
	return doc;
}

/* The member as "a b c". */
static inline void assert_list(const struct json_doc *doc, const char *member, const char *want)
{
	cleanup_buf struct buf b = {0};

	buf_adds(&b, "");
	for (const struct json *e = json_first(json_get(json_root(doc), member)); e; e = json_next(e))
		buf_addf(&b, "%s%s", b.len ? " " : "", json_text(e));
	assert_string_equal(b.data, want);
}

/* The calls of the offered forms, as "a b c". */
static inline void assert_forms(const struct json_doc *doc, const char *want)
{
	cleanup_buf struct buf b = {0};

	for (const struct json *e = json_first(json_get(json_root(doc), "forms")); e; e = json_next(e))
		buf_addf(&b, "%s%.*s", b.len ? " " : "", (int)strcspn(json_text(e), ":"), json_text(e));
	assert_string_equal(b.data ? b.data : "", want);
}

/* A run that takes what is offered, all of it. */
static inline uint64_t begin_unlogged(struct evidence *ev, const struct unlogged_calls_wish *wish)
{
	cleanup_json struct json_doc *doc = NULL;
	struct err err = {0};
	uint64_t no;

	unlogged_saved(ev, unlogged_learnt(ev));
	doc = offer(ev, wish);
	no = begin(ev);
	if (unlogged_accept(ev, no, doc, json_root(doc), &err) < 0)
		fail_msg("%s", err.msg);
	return no;
}

static inline reason_set reasons(struct evidence *ev, uint64_t no)
{
	return evidence_run(ev, no)->reasons;
}

static inline enum unlogged_form form(const struct evidence *ev, const char *name)
{
	return unlogged_form_of(ev, argument_by_name(name), NULL);
}

/* Written and read again. */
static inline struct evidence *reread(const struct evidence *ev, const char *from, const char *to)
{
	cleanup_buf struct buf out = {0}, changed = {0};
	struct evidence *ret = NULL;
	struct err err = {0};
	const char *at;

	assert_int_equal(evidence_write(ev, &out, NULL), 0);
	at = from ? strstr(out.data, from) : NULL;
	assert_true(!from || at);
	buf_add(&changed, out.data, at ? (size_t)(at - out.data) : out.len);
	if (at) {
		buf_adds(&changed, to);
		buf_adds(&changed, at + strlen(from));
	}
	if (evidence_parse(changed.data, changed.len, "f", &ret, &err) < 0)
		fail_msg("%s\n%s", err.msg, changed.data);
	return ret;
}

#endif
