/* The part of the evidence file about unlogged calls. */
#include "seccomp/evidence/evidence_private.h"
#include "seccomp/evidence/unlogged_proof.h"

#include "base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int check_array(const struct json_doc *doc, const struct json *v, size_t max, struct err *err)
{
	if (json_type(v) != JSON_ARRAY)
		return json_err(doc, v, err, "expected an array");
	return json_count(v) > max ? json_err(doc, v, err, "more than %zu", max) : 0;
}

/* Names of calls: letters, digits and '_', so they are safe to print. */
static int read_names(const struct json_doc *doc, const struct json *obj, const char *what, struct names *ret,
		      struct err *err)
{
	const struct json *list = json_get(obj, what);
	int r = list ? check_array(doc, list, EVIDENCE_ASSUMED_MAX, err) : 0;

	for (const struct json *e = json_first(list); e && r == 0; e = json_next(e)) {
		const char *s = json_type(e) == JSON_STRING ? json_text(e) : "";
		size_t len = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

		if (!len || len != json_text_len(e) || len >= SYSCALL_NAME_MAX)
			return json_err(doc, e, err, "expected the name of a system call");
		if (names_add(ret, s) < 0)
			return err_set(err, ENOMEM, "out of memory");
	}
	return r;
}

/* A form that is not in this version's table proves nothing. */
static int read_forms(const struct json_doc *doc, const struct json *obj, const char *what, uint64_t *ret, struct err *err)
{
	const struct json *list = json_get(obj, what);
	int r = list ? check_array(doc, list, EVIDENCE_ASSUMED_MAX, err) : 0;

	for (const struct json *e = json_first(list); e && r == 0; e = json_next(e)) {
		int place = json_type(e) == JSON_STRING ? argument_by_text(json_text(e)) : -1;

		if (json_type(e) != JSON_STRING)
			return json_err(doc, e, err, "expected a string");
		if (place >= 0)
			*ret |= (uint64_t)1 << place;
	}
	return r;
}

static int read_digest(const struct json_doc *doc, const struct json *obj, uint64_t *ret, struct err *err)
{
	const char *s = NULL;
	int r = json_want_string(doc, obj, "digest", &s, err);

	if (r < 0)
		return r;
	if (strlen(s) != 16 || strspn(s, "0123456789abcdef") != 16 || sscanf(s, "%16" SCNx64, ret) != 1)
		return json_err(doc, json_get(obj, "digest"), err, "expected 16 hex digits");
	return 0;
}

int evidence_unlogged_read(const struct json_doc *doc, const struct json *unlogged, struct evidence_unlogged *ret, struct err *err)
{
	int r;

	if (json_type(unlogged) != JSON_OBJECT)
		return unlogged ? json_err(doc, unlogged, err, "expected an object") : err_set(err, EINVAL, "\"quiet\" is missing");
	ret->on = true;
	ret->counted = json_type(json_get(unlogged, "counted")) == JSON_TRUE;
	r = json_want_u64(doc, unlogged, "upto", &ret->upto, err);
	if (r == 0 && ret->upto > EVIDENCE_CALLS_MAX)
		r = json_err(doc, json_get(unlogged, "upto"), err, "more than %d", EVIDENCE_CALLS_MAX);
	if (r == 0)
		r = read_digest(doc, unlogged, &ret->digest, err);
	if (r == 0)
		r = json_want_u64(doc, unlogged, "count", &ret->count, err);
	if (r == 0)
		r = read_forms(doc, unlogged, "forms", &ret->forms, err);
	if (r == 0)
		r = read_forms(doc, unlogged, "void", &ret->blind, err); /* the name in older files */
	if (r == 0)
		r = read_names(doc, unlogged, "assumed", &ret->assumed, err);
	if (r == 0)
		r = read_names(doc, unlogged, "confirming", &ret->confirming, err);
	return r;
}

int evidence_unlogged_read_run(const struct json_doc *doc, const struct json *v, struct evidence_run *run, struct err *err)
{
	const struct json *more = json_get(v, "opened_more");
	int r = read_forms(doc, v, "blind", &run->unlogged.blind, err);

	if (r == 0 && json_get(v, "new"))
		r = json_want_u64(doc, v, "new", &run->fresh, err);
	if (r == 0)
		r = read_names(doc, v, "opened", &run->opened, err);
	if (r == 0 && more && json_type(more) != JSON_TRUE)
		r = json_err(doc, more, err, "expected true");
	run->opened_more = more != NULL;
	if (r == 0 && json_get(v, "quiet"))
		r = evidence_unlogged_read(doc, json_get(v, "quiet"), &run->unlogged, err);
	return r;
}

/* Of the list of arguments only "wide" is read; the rest follows from the runs. */
static int read_arguments(const struct json_doc *doc, const struct json *list, struct evidence *ev, struct err *err)
{
	int r = list ? check_array(doc, list, EVIDENCE_ASSUMED_MAX, err) : 0;

	for (const struct json *e = json_first(list); e && r == 0; e = json_next(e)) {
		const char *form = NULL, *known = NULL;
		int place;

		if (json_type(e) != JSON_OBJECT)
			return json_err(doc, e, err, "expected an object");
		r = json_want_string(doc, e, "form", &form, err);
		if (r == 0)
			r = json_want_string(doc, e, "known", &known, err);
		if (r < 0)
			return r;
		place = argument_by_text(form);
		if (place >= 0 && strcmp(known, unlogged_form_name(UNLOGGED_WIDE)) == 0)
			ev->wide |= (uint64_t)1 << place;
	}
	return r;
}

/* An older snug took the silence of later runs for proof, and did not record which uses had unknown arguments: it may have been
 * any of them. */
static void blind_older(struct evidence *ev)
{
	uint64_t used = 0;

	for (size_t i = 0; i < ev->call_count; i++)
		if (ev->calls[i]->form >= 0 && evidence_is_program(ev->calls[i]->phase) && ev->calls[i]->count)
			used |= (uint64_t)1 << ev->calls[i]->form;
	for (size_t i = 0; i < ev->run_count; i++)
		if (ev->runs[i]->mode == EVIDENCE_LEARN)
			ev->runs[i]->unlogged.blind |= used & ~ev->runs[i]->unlogged.forms;
}

static int read_left_open(const struct json_doc *doc, const struct json *root, struct evidence *ev, struct err *err)
{
	int r = read_forms(doc, root, "blind", &ev->blind, err);

	if (r == 0)
		r = read_forms(doc, root, "passed", &ev->passed, err);
	if (r == 0)
		r = read_names(doc, root, "taken", &ev->taken, err);
	if (!json_get(root, "blind"))
		blind_older(ev);
	return r;
}

int evidence_unlogged_read_root(const struct json_doc *doc, const struct json *root, struct evidence *ev, struct err *err)
{
	const struct json *since = json_get(root, "since"), *assumed = json_get(root, "assumed");
	int r = read_arguments(doc, json_get(root, "arguments"), ev, err);

	if (r == 0)
		r = read_left_open(doc, root, ev, err);
	if (r == 0 && assumed)
		r = check_array(doc, assumed, EVIDENCE_ASSUMED_MAX, err);
	if (r == 0 && since && (json_type(since) != JSON_STRING || text_parse_time(json_text(since), &ev->since_ms) < 0))
		r = json_err(doc, since, err, "expected a UTC time like 2026-01-31T12:00:00.123Z");
	if (r < 0)
		return r;
	for (size_t i = 0; i < ev->run_count && !ev->since_ms; i++)
		if (ev->runs[i]->mode == EVIDENCE_LEARN)
			ev->since_ms = ev->runs[i]->started_ms;
	evidence_unlogged_check(ev);
	return 0;
}

static void write_names(struct json_writer *w, const char *key, const struct names *n)
{
	if (!n->count)
		return;
	json_write_array(w, key);
	for (size_t i = 0; i < n->count; i++)
		json_write_string(w, NULL, n->v[i]);
	json_write_end_array(w);
}

/* The forms that have a text. */
static uint64_t with_text(uint64_t forms)
{
	const struct argument *table;
	uint64_t bits = 0;
	size_t n = arguments(&table);

	for (size_t i = 0; i < n; i++)
		bits |= (uint64_t)(table[i].kind != ARGUMENT_NONE) << i;
	return forms & bits;
}

static void write_forms(struct json_writer *w, const char *key, uint64_t forms)
{
	json_write_array(w, key);
	for (int i = 0; i < ARGUMENTS_MAX; i++)
		if (with_text(forms) >> i & 1)
			json_write_string(w, NULL, argument_get(i)->text);
	json_write_end_array(w);
}

static void write_unlogged(struct json_writer *w, const char *key, const struct evidence_unlogged *q)
{
	char digest[17];

	snprintf(digest, sizeof(digest), "%016" PRIx64, q->digest);
	json_write_object(w, key);
	json_write_u64(w, "upto", q->upto);
	json_write_string(w, "digest", digest);
	json_write_u64(w, "count", q->count);
	write_forms(w, "forms", q->forms);
	write_names(w, "assumed", &q->assumed);
	write_names(w, "confirming", &q->confirming);
	if (q->counted)
		json_write_bool(w, "counted", true);
	json_write_end_object(w);
}

void evidence_unlogged_write_run(struct json_writer *w, const struct evidence_run *run)
{
	if (run->fresh)
		json_write_u64(w, "new", run->fresh);
	if (with_text(run->unlogged.blind))
		write_forms(w, "blind", run->unlogged.blind);
	write_names(w, "opened", &run->opened);
	if (run->opened_more)
		json_write_bool(w, "opened_more", true);
	if (run->unlogged.on)
		write_unlogged(w, "quiet", &run->unlogged);
}

void unlogged_tell(const struct evidence_run *run, struct buf *out)
{
	struct json_writer w;

	if (!run->unlogged.on)
		return;
	json_write_begin(&w, out, false);
	write_unlogged(&w, NULL, &run->unlogged);
}

struct assumed_list {
	struct json_writer *w;
	const struct evidence *ev;
	bool any;
};

static int write_assumed(const char *name, void *arg)
{
	struct assumed_list *l = arg;

	if (!l->any)
		json_write_array(l->w, "assumed");
	l->any = true;
	json_write_object_flat(l->w, NULL);
	json_write_string(l->w, "name", name);
	json_write_string(l->w, "known", unlogged_hot_name(unlogged_hot_of(l->ev, name)));
	json_write_end_object(l->w);
	return 0;
}

void evidence_unlogged_write_root(struct json_writer *w, const struct evidence *ev)
{
	struct assumed_list assumed = {.w = w, .ev = ev};
	cleanup_buf struct buf time = {0};
	const struct argument *table;
	size_t n = arguments(&table);
	bool any = false;

	if (ev->since_ms)
		text_add_time(&time, ev->since_ms);
	if (time.data)
		json_write_stringn(w, "since", time.data, time.len);
	write_forms(w, "blind", ev->blind);
	if (ev->passed)
		write_forms(w, "passed", ev->passed);
	write_names(w, "taken", &ev->taken);
	for (size_t i = 0; i < n; i++) {
		uint64_t runs = 0;
		enum unlogged_form known = unlogged_form_of(ev, (int)i, &runs);

		if (!unlogged_is_tried(ev, (int)i))
			continue;
		if (!any)
			json_write_array(w, "arguments");
		any = true;
		json_write_object_flat(w, NULL);
		json_write_string(w, "form", table[i].text);
		json_write_string(w, "known", unlogged_form_name(known));
		json_write_u64(w, "runs", runs);
		json_write_end_object(w);
	}
	if (any)
		json_write_end_array(w);
	w->out->failed |= unlogged_each_assumed(ev, write_assumed, &assumed) < 0;
	if (assumed.any)
		json_write_end_array(w);
}

int unlogged_accept(struct evidence *ev, uint64_t run_no, const struct json_doc *doc, const struct json *unlogged,
		 struct err *err)
{
	struct evidence_run *run = evidence_run(ev, run_no);
	struct evidence_unlogged q = {0};
	int r = evidence_unlogged_read(doc, unlogged, &q, err);

	if (r == 0 && !run)
		r = err_set(err, ENOENT, "no such run");
	if (r < 0) {
		evidence_unlogged_done(&q);
		return r;
	}
	evidence_counts_forget(ev);
	q.blind |= run->unlogged.blind;
	evidence_unlogged_done(&run->unlogged);
	run->unlogged = q;
	if (!evidence_unlogged_holds(ev, &q))
		run->reasons |= REASON_BIT(QUIETED);
	return evidence_unlogged_begin(ev, run) < 0 ? err_set(err, ENOMEM, "out of memory") : 0;
}
