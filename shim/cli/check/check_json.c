/* The result for scripts. */
#include "shim/cli/check/check.h"

#include "base/json/json.h"

static void write_call(struct json_writer *w, const struct check_finding *f, const struct check_call *c)
{
	cleanup_buf struct buf answer = {0};

	json_write_object_flat(w, NULL);
	json_write_string(w, "name", c->name);
	if (f->kind == CHECK_FLOOR || f->kind == CHECK_SCHEDULER || f->kind == CHECK_ALWAYS || f->kind == CHECK_FALLBACK) {
		filter_add_answer(c->answer, &answer);
		json_write_string(w, "answer", answer.data ? answer.data : "");
	}
	if (c->starts) {
		json_write_u64(w, "seen", c->seen < c->starts ? c->seen : c->starts);
		json_write_u64(w, "of", c->starts);
	}
	if (c->reason)
		json_write_string(w, "reason", c->reason);
	if (*c->when)
		json_write_string(w, "when", c->when);
	if (*c->nearest)
		json_write_string(w, "nearest", c->nearest);
	json_write_end_object(w);
}

static void write_finding(struct json_writer *w, const struct check_finding *f)
{
	json_write_object(w, NULL);
	json_write_string(w, "level", check_level_name(f->level));
	json_write_string(w, "kind", check_kind_name(f->kind));
	json_write_string(w, "text", f->text);
	if (f->fix)
		json_write_string(w, "fix", f->fix);
	if (f->reader)
		json_write_string(w, "reader", f->reader);
	if (f->runtime) {
		json_write_string(w, "runtime", f->runtime->path);
		json_write_string(w, "runtime_version", f->runtime->version);
	}
	if (f->part) {
		json_write_string(w, "phase", floor_phase_name(f->part->phase));
		json_write_bool(w, "rootless", f->part->rootless);
		json_write_bool(w, "no_new_privileges", f->part->no_new_privileges);
	}
	json_write_array(w, "calls");
	for (size_t i = 0; i < f->call_count; i++)
		write_call(w, f, &f->calls[i]);
	json_write_end_array(w);
	json_write_end_object(w);
}

static void write_item(struct json_writer *w, const struct check_item *item)
{
	json_write_object(w, NULL);
	json_write_string(w, "profile", item->name);
	json_write_string(w, "format", item->result->readable ? policy_format_name(item->result->format) : "unknown");
	json_write_bool(w, "passed", !check_count(item->result, CHECK_FAILURE));
	json_write_u64(w, "failures", check_count(item->result, CHECK_FAILURE));
	json_write_u64(w, "warnings", check_count(item->result, CHECK_WARNING));
	json_write_array(w, "findings");
	for (enum check_level l = CHECK_LEVELS; l-- > 0;)
		for (size_t i = 0; i < item->result->count; i++)
			if (item->result->findings[i].level == l)
				write_finding(w, &item->result->findings[i]);
	json_write_end_array(w);
	json_write_end_object(w);
}

static void write_node(struct json_writer *w, const struct floor_file *floors)
{
	json_write_object(w, "node");
	json_write_string(w, "kernel", floors->kernel);
	json_write_string(w, "machine", floors->arch->name);
	json_write_string(w, "libseccomp", floors->libseccomp);
	json_write_array(w, "runtimes");
	for (size_t i = 0; i < floors->runtime_count; i++) {
		json_write_object_flat(w, NULL);
		json_write_string(w, "path", floors->runtimes[i].path);
		json_write_string(w, "version", floors->runtimes[i].version);
		json_write_string(w, "id", floors->runtimes[i].id);
		json_write_bool(w, "sampled", floors->runtimes[i].part_count);
		json_write_end_object(w);
	}
	json_write_end_array(w);
	json_write_end_object(w);
}

void check_json(const struct floor_file *floors, const struct check_item *items, size_t count, struct buf *out)
{
	struct json_writer w;
	size_t failed = 0;

	for (size_t i = 0; i < count; i++)
		failed += check_count(items[i].result, CHECK_FAILURE) > 0;
	json_write_begin(&w, out, true);
	json_write_object(&w, NULL);
	json_write_u64(&w, "profiles_checked", count);
	json_write_u64(&w, "profiles_failed", failed);
	write_node(&w, floors);
	json_write_array(&w, "profiles");
	for (size_t i = 0; i < count; i++)
		write_item(&w, &items[i]);
	json_write_end_array(&w);
	json_write_end_object(&w);
	buf_addc(out, '\n');
}
