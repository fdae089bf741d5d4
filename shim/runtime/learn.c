#include "shim/runtime/learn.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "seccomp/syscall/arguments.h"
#include "shim/runtime/request.h"

#include <errno.h>

void learn_write_hot(const struct config *c, struct json_writer *w)
{
	if (c->hot_default)
		json_write_bool(w, "hot", true);
	if (!c->hot_set.count)
		return;
	json_write_array(w, "hot");
	for (size_t i = 0; i < c->hot_set.count; i++)
		json_write_string(w, NULL, c->hot_set.v[i]);
	json_write_end_array(w);
}

static void compose(const struct plan *p, const char *key, bool loud, struct buf *out)
{
	struct json_writer w;

	json_write_begin(&w, out, false);
	json_write_object(&w, NULL);
	json_write_string(&w, "op", "offer");
	json_write_string(&w, "key", key);
	json_write_bool(&w, "experiments", p->config.experiments);
	json_write_bool(&w, "loud", loud);
	json_write_bool(&w, "counted", p->config.session && !p->config.log_everything);
	learn_write_hot(&p->config, &w);
	json_write_end_object(&w);
}

/* If false, only those forms are unlogged that a record of prctl needs to show whether a filter was loaded. A process that may
 * change its audit session is found by its next record, and unlogged calls make none. A hook and the runtime's own process are
 * told apart by the order of their records. */
static bool may_be_unlogged(const struct plan *p, const struct oci_spec *spec)
{
	return !p->config.no_progress && !oci_spec_has_capability(spec, NULL, "CAP_AUDIT_CONTROL") &&
	       !oci_spec_has_start_hooks(spec);
}

static bool is_over(const struct plan *p, uint64_t since_ms)
{
	uint64_t now = text_now_ms();

	return p->config.learn_for_ms && since_ms && now > since_ms && now - since_ms > p->config.learn_for_ms;
}

int learn_ask(const struct plan *p, const struct oci_spec *spec, const char *key, int *recorder, struct learn *ret, struct err *err)
{
	cleanup_buf struct buf request = {0};
	const struct json *unlogged;
	uint64_t since = 0;
	int r;

	compose(p, key, !may_be_unlogged(p, spec), &request);
	r = request_ask(p, recorder, &request, &ret->answer, err);
	if (r == 0)
		r = json_parse(ret->answer.data, ret->answer.len, JSON_OURS, "the recorder's answer", &ret->doc, err);
	if (r == 0)
		r = json_want_u64(ret->doc, json_root(ret->doc), "since", &since, err);
	if (r < 0)
		return r;
	ret->over = is_over(p, since);
	unlogged = json_get(json_root(ret->doc), "quiet");
	if (json_type(unlogged) != JSON_OBJECT)
		return 0;
	ret->unlogged = unlogged;
	return learning_unlogged_read(ret->doc, unlogged, &ret->allow, err);
}

/* Copies a member of the offer unchanged. */
static void copy_member(const struct learn *l, struct json_writer *w, const char *name)
{
	const struct json *v = json_get(l->unlogged, name);

	if (v)
		json_write_raw(w, name, l->answer.data + json_start(v), json_end(v) - json_start(v));
}

void learn_tell(const struct learn *l, struct buf *out)
{
	struct json_writer w;

	if (!l->unlogged)
		return;
	json_write_begin(&w, out, false);
	json_write_object(&w, NULL);
	copy_member(l, &w, "upto");
	copy_member(l, &w, "digest");
	copy_member(l, &w, "count");
	copy_member(l, &w, "assumed");
	copy_member(l, &w, "confirming");
	copy_member(l, &w, "counted");
	json_write_array(&w, "forms");
	for (int i = 0; i < ARGUMENTS_MAX; i++)
		if (l->allow.applied >> i & 1)
			json_write_string(&w, NULL, argument_get(i)->text);
	json_write_end_array(&w);
	json_write_end_object(&w);
}

void learn_done(struct learn *l)
{
	buf_done(&l->answer);
	json_free(l->doc);
	learning_unlogged_done(&l->allow);
}
