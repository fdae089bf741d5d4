#include "seccomp/evidence/evidence_private.h"

#include "base/text.h"

#include <errno.h>
#include <string.h>

static void write_time(struct json_writer *w, const char *key, uint64_t ms)
{
	cleanup_buf struct buf b = {0};

	text_add_time(&b, ms < EVIDENCE_TIME_MAX ? ms : EVIDENCE_TIME_MAX);
	w->out->failed |= buf_failed(&b);
	json_write_stringn(w, key, b.data ? b.data : "", b.len);
}

static void write_run(struct json_writer *w, const struct evidence_run *run)
{
	reason_set reasons = evidence_run_reasons(run);

	json_write_object_flat(w, NULL);
	json_write_string(w, "id", run->container);
	json_write_string(w, "root", run->root);
	json_write_string(w, "container", run->container);
	json_write_string(w, "runtime", run->runtime);
	json_write_string(w, "runtime_id", run->runtime_id);
	json_write_string(w, "runtime_version", run->runtime_version);
	json_write_bool(w, "go", run->go);
	json_write_string(w, "kernel", run->kernel);
	json_write_string(w, "mode", evidence_mode_name(run->mode));
	json_write_string(w, "baseline", run->baseline);
	json_write_string(w, "attribution", evidence_attribution_name(run->attribution));
	if (run->note[0])
		json_write_string(w, "note", run->note);
	write_time(w, "started", run->started_ms);
	if (run->ended_ms)
		write_time(w, "ended", run->ended_ms);
	else
		json_write_null(w, "ended");
	if (run->end != EVIDENCE_END_UNSEEN)
		json_write_string(w, "end_proof", evidence_end_name(run->end));
	json_write_u64(w, "records", run->records);
	json_write_bool(w, "complete", reasons == 0);
	if (reasons == 0 && run->arches)
		evidence_write_arches(w, "complete_for", run->arches);
	json_write_array(w, "reasons");
	for (unsigned i = 0; i < REASON_COUNT; i++)
		if (reasons & (reason_set)1 << i)
			json_write_string(w, NULL, reason_code((enum reason)i));
	json_write_end_array(w);
	evidence_unlogged_write_run(w, run);
	json_write_end_object(w);
}

typedef const char *who_fn(const struct evidence *ev, const struct evidence_call *c, size_t i);

static void write_who(struct json_writer *w, const char *key, const struct evidence *ev, const struct evidence_call *c, who_fn *who)
{
	json_write_array(w, key);
	for (size_t i = 0; who(ev, c, i); i++)
		json_write_string(w, NULL, who(ev, c, i));
	json_write_end_array(w);
}

static void write_call(struct json_writer *w, const struct evidence *ev, const struct evidence_call *c)
{
	char name[SYSCALL_NAME_MAX];

	syscall_name(c->arch, c->nr, name);
	json_write_object_flat(w, NULL);
	json_write_string(w, "arch", c->arch->name);
	json_write_u64(w, "nr", c->nr);
	json_write_string(w, "name", name);
	json_write_string(w, "phase", evidence_phase_name(c->phase));
	json_write_u64(w, "count", c->count);
	json_write_u64(w, "runs", c->runs);
	write_time(w, "first", c->first_ms);
	write_time(w, "last", c->last_ms);
	write_who(w, "comm", ev, c, evidence_comm);
	write_who(w, "exe", ev, c, evidence_exe);
	if (c->more)
		json_write_bool(w, "more", true);
	json_write_u64(w, "denied", c->denied);
	json_write_u64(w, "audited", c->audited);
	if (c->learnt)
		json_write_u64(w, "learnt", c->learnt);
	json_write_end_object(w);
}

/* The first version, if older programs can read it. */
static uint64_t version_of(const struct evidence *ev)
{
	for (size_t i = 0; i < ev->call_count; i++)
		if (evidence_is_exec(ev->calls[i]->phase))
			return EVIDENCE_VERSION;
	return EVIDENCE_VERSION_FIRST;
}

int evidence_write(const struct evidence *ev, struct buf *out, struct err *err)
{
	struct json_writer w;

	evidence_counts_settle(ev);
	json_write_begin(&w, out, true);
	json_write_object(&w, NULL);
	json_write_u64(&w, "version", version_of(ev));
	json_write_string(&w, "key", ev->key);
	if (ev->shape)
		json_write_raw(&w, "shape", ev->shape, strlen(ev->shape));
	json_write_u64(&w, "runs_dropped", ev->runs_dropped);
	json_write_array(&w, "runs");
	for (size_t i = 0; i < ev->run_count; i++)
		write_run(&w, ev->runs[i]);
	json_write_end_array(&w);
	json_write_array(&w, "syscalls");
	for (size_t i = 0; i < ev->call_count; i++)
		write_call(&w, ev, ev->calls[i]);
	json_write_end_array(&w);
	evidence_unlogged_write_root(&w, ev);
	json_write_end_object(&w);
	buf_addc(out, '\n');
	return buf_failed(out) ? err_set(err, ENOMEM, "out of memory") : 0;
}
