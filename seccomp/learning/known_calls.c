#include "seccomp/evidence/evidence_private.h"
#include "seccomp/learning/known_calls.h"
#include "seccomp/evidence/unlogged.h"
#include "seccomp/syscall/sets.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct offer {
	const struct evidence *ev;
	const struct known_calls_wish *wish;
	struct names names, forms, assumed, confirming;
};

static void offer_done(struct offer *o)
{
	names_done(&o->names);
	names_done(&o->forms);
	names_done(&o->assumed);
	names_done(&o->confirming);
}

/* The form in which a known call may be quiet, NULL for whole. */
static const char *form_of(const struct offer *o, const char *name)
{
	int place = argument_by_name(name);
	const struct argument *a = place < 0 ? NULL : argument_get(place);

	if (!a || !evidence_unlogged_form_holds(o->ev, place) || (a->kind == ARGUMENT_ENOSYS && !o->wish->experiments))
		return NULL;
	/* A loud one is never quiet beyond its form, whatever was seen. */
	return set_is_always_logged(name) || unlogged_form_of(o->ev, place, NULL) != UNLOGGED_WIDE ? a->text : NULL;
}

static int add_known(struct offer *o, const struct evidence_call *c)
{
	char name[SYSCALL_NAME_MAX];
	const char *form;

	if (c->phase != EVIDENCE_WORKLOAD || !c->count || c->learnt > o->ev->durable ||
	    !syscall_name(c->arch, c->nr, name))
		return 0;
	form = form_of(o, name);
	if (form)
		return names_add(&o->forms, form);
	return set_is_always_logged(name) ? 0 : names_add(&o->names, name);
}

static bool is_known(const struct evidence *ev, const char *name)
{
	char other[SYSCALL_NAME_MAX];

	for (size_t i = 0; i < ev->call_count; i++) {
		const struct evidence_call *c = ev->calls[i];

		if (c->phase == EVIDENCE_WORKLOAD && c->count && syscall_name(c->arch, c->nr, other) && strcmp(other, name) == 0)
			return true;
	}
	return false;
}

/* Everything else is quiet from the second run on; then one or two at a time are logged again. */
static int add_hot(struct offer *o, const char *name)
{
	enum unlogged_hot state = unlogged_hot_of(o->ev, name);

	if (set_is_always_logged(name) || argument_by_name(name) >= 0 || is_known(o->ev, name) || state == UNLOGGED_ABSENT)
		return 0;
	if (state == UNLOGGED_ASSUMED && o->names.count && o->confirming.count < UNLOGGED_CONFIRM_MAX)
		return names_add(&o->confirming, name);
	return names_add(&o->assumed, name);
}

static void write_names(struct json_writer *w, const char *key, const struct names *n)
{
	json_write_array(w, key);
	for (size_t i = 0; i < n->count; i++)
		json_write_string(w, NULL, n->v[i]);
	json_write_end_array(w);
}

static void write_offer(const struct offer *o, struct buf *out)
{
	struct json_writer w;
	char digest[17];

	snprintf(digest, sizeof(digest), "%016" PRIx64, evidence_unlogged_digest(o->ev, o->ev->durable));
	json_write_begin(&w, out, false);
	json_write_object(&w, NULL);
	json_write_u64(&w, "upto", o->ev->durable);
	json_write_string(&w, "digest", digest);
	json_write_u64(&w, "count", o->names.count + o->forms.count);
	write_names(&w, "names", &o->names);
	write_names(&w, "forms", &o->forms);
	write_names(&w, "assumed", &o->assumed);
	write_names(&w, "confirming", &o->confirming);
	json_write_end_object(&w);
}

int known_calls_offer(const struct evidence *ev, const struct known_calls_wish *wish, struct buf *out, struct err *err)
{
	cleanup_with(offer_done) struct offer o = {.ev = ev, .wish = wish};
	int r = 0;

	for (size_t i = 0; i < ev->call_count && r == 0; i++)
		r = add_known(&o, ev->calls[i]);
	for (size_t i = 0; i < wish->hot_count && r == 0; i++)
		r = add_hot(&o, wish->hot[i]);
	if (r == 0)
		write_offer(&o, out);
	return r < 0 || buf_failed(out) ? err_set(err, ENOMEM, "out of memory") : 0;
}
