#include "seccomp/evidence/evidence_private.h"
#include "seccomp/learning/unlogged_calls.h"
#include "seccomp/evidence/unlogged_proof.h"
#include "seccomp/syscall/sets.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct offer {
	const struct evidence *ev;
	const struct unlogged_calls_wish *wish;
	struct names names, forms, assumed, confirming;
	size_t known; /* names and forms of calls that were seen */
	size_t tried; /* names in `confirming` that no complete run has looked for yet */
};

static void offer_done(struct offer *o)
{
	names_done(&o->names);
	names_done(&o->forms);
	names_done(&o->assumed);
	names_done(&o->confirming);
}

/* The form in which a known call may be unlogged; NULL: with any arguments. */
static const char *form_of(const struct offer *o, const char *name)
{
	int place = argument_by_name(name);
	const struct argument *a = place < 0 ? NULL : argument_get(place);

	if (!a || !unlogged_form_holds(o->ev, place) || (a->kind == ARGUMENT_ENOSYS && !o->wish->experiments))
		return NULL;
	/* An always-logged call is unlogged in its form only, whatever was seen. */
	return set_is_always_logged(name) || unlogged_form_of(o->ev, place, NULL) != UNLOGGED_WIDE ? a->text : NULL;
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

/* Adds the form in which a call may be unlogged before it was ever seen: each of its records then shows another form. */
static int add_first(struct offer *o, int place)
{
	const struct argument *a = argument_get(place);

	if (!unlogged_form_holds(o->ev, place) || (a->kind == ARGUMENT_ENOSYS && !o->wish->experiments))
		return 0;
	return names_add(&o->forms, a->text);
}

static int add_all_first(struct offer *o)
{
	const struct argument *table;
	size_t n = arguments(&table);
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++)
		if (set_is_always_logged(table[i].name) || (table[i].kind == ARGUMENT_ENOSYS && !is_known(o->ev, table[i].name)))
			r = add_first(o, (int)i);
	return r;
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

/* Adds a name of the hot set, unlogged at first. From the second run on, one or two names at a time are logged again, and for
 * good once a complete run has looked for them. Of a call whose arguments decide, only the form is unlogged. */
static int add_hot(struct offer *o, const char *name)
{
	enum unlogged_hot state = unlogged_hot_of(o->ev, name);
	int place = argument_by_name(name);

	if (set_is_always_logged(name) || is_known(o->ev, name))
		return 0;
	if (place >= 0)
		return add_first(o, place);
	if (state == UNLOGGED_ABSENT || state == UNLOGGED_KEPT)
		return names_add(&o->confirming, name);
	if (state == UNLOGGED_ASSUMED && o->tried < UNLOGGED_CONFIRM_MAX && o->names.count) {
		o->tried++;
		return names_add(&o->confirming, name);
	}
	return names_add(&o->assumed, name);
}

/* Adds the calls that the kernel counts on every ABI, even those that are otherwise logged in order to show other ABIs. Of a
 * call whose arguments decide, only the form. */
static int add_counted(struct offer *o)
{
	const struct set_common *common;
	const struct argument *table;
	size_t n = set_common(&common), forms = arguments(&table);
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++)
		if (argument_by_name(common[i].name) < 0)
			r = names_add(&o->names, common[i].name);
	for (size_t i = 0; i < forms && r == 0; i++)
		if (table[i].kind == ARGUMENT_VALUES && !is_known(o->ev, table[i].name))
			r = add_first(o, (int)i);
	return r;
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
	uint64_t upto = o->wish->loud ? 0 : o->ev->durable;
	char digest[17];

	snprintf(digest, sizeof(digest), "%016" PRIx64, evidence_unlogged_digest(o->ev, upto));
	json_write_begin(&w, out, false);
	json_write_object(&w, NULL);
	json_write_u64(&w, "upto", upto);
	json_write_string(&w, "digest", digest);
	json_write_u64(&w, "count", o->known);
	write_names(&w, "names", &o->names);
	write_names(&w, "forms", &o->forms);
	write_names(&w, "assumed", &o->assumed);
	write_names(&w, "confirming", &o->confirming);
	if (o->wish->counted && !o->wish->loud)
		json_write_bool(&w, "counted", true);
	json_write_end_object(&w);
}

int unlogged_calls_offer(const struct evidence *ev, const struct unlogged_calls_wish *wish, struct buf *out, struct err *err)
{
	cleanup_with(offer_done) struct offer o = {.ev = ev, .wish = wish};
	int r = add_all_first(&o);
	size_t first = o.forms.count;

	for (size_t i = 0; i < ev->call_count && r == 0 && !wish->loud; i++)
		r = add_known(&o, ev->calls[i]);
	o.known = o.names.count + o.forms.count - first;
	if (wish->counted && !wish->loud && r == 0)
		r = add_counted(&o);
	else
		for (size_t i = 0; i < wish->hot_count && r == 0 && !wish->loud; i++)
			r = add_hot(&o, wish->hot[i]);
	if (r == 0)
		write_offer(&o, out);
	return r < 0 || buf_failed(out) ? err_set(err, ENOMEM, "out of memory") : 0;
}
