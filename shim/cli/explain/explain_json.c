#include "shim/cli/explain/explain.h"

#include "base/json/json.h"
#include "base/text.h"
#include "seccomp/syscall/sets.h"

#include <string.h>

static void write_time(struct json_writer *w, const char *key, uint64_t ms)
{
	cleanup_buf struct buf b = {0};

	if (!ms) {
		json_write_null(w, key);
		return;
	}
	text_add_time(&b, ms);
	json_write_string(w, key, b.data ? b.data : "");
}

static void write_row(struct json_writer *w, const struct explain *x, size_t i)
{
	const struct summary_row *row = &x->summary.rows[i];

	json_write_object(w, NULL);
	if (row->arch)
		json_write_string(w, "arch", row->arch->name);
	else
		json_write_null(w, "arch");
	json_write_u64(w, "audit_arch", row->audit);
	json_write_u64(w, "nr", row->nr);
	json_write_string(w, "name", row->name);
	json_write_bool(w, "named", row->named);
	json_write_string(w, "outcome", summary_outcome_name(row->outcome));
	json_write_u64(w, "count", row->count);
	write_time(w, "first", row->first_ms);
	write_time(w, "last", row->last_ms);
	json_write_string(w, "phase", row->init ? "runtime" : "workload");
	if (row->learnt)
		json_write_bool(w, "learnt", true);
	json_write_string(w, "comm", row->comm);
	json_write_string(w, "exe", row->exe);
	if (x->verdict && row->arch)
		json_write_string(w, "profile", evaluate_verdict_name(x->verdict[i]));
	json_write_end_object(w);
}

static void write_additions(struct json_writer *w, const struct explain *x)
{
	json_write_array_flat(w, "add");
	for (size_t i = 0; i < x->add_count; i++)
		json_write_string(w, NULL, x->add[i]);
	json_write_end_array(w);
	json_write_array(w, "opens");
	for (size_t i = 0; i < x->add_count; i++) {
		if (!set_danger_of(x->add[i]))
			continue;
		json_write_object_flat(w, NULL);
		json_write_string(w, "name", x->add[i]);
		json_write_string(w, "reason", set_danger_of(x->add[i]));
		json_write_end_object(w);
	}
	json_write_end_array(w);
	json_write_array_flat(w, "beyond_defaults");
	for (size_t i = 0; x->outside && i < x->add_count; i++)
		if (x->outside[i])
			json_write_string(w, NULL, x->add[i]);
	json_write_end_array(w);
}

static void write_losses(struct json_writer *w, const struct explain *x)
{
	json_write_array(w, "losses");
	for (size_t i = 0; i < LOG_LINE_LOSS_COUNT; i++) {
		cleanup_buf struct buf b = {0};

		if (!x->summary.loss[i])
			continue;
		explain_add_loss(x, (enum log_line_loss)i, &b);
		json_write_string(w, NULL, b.data ? b.data : "");
	}
	json_write_end_array(w);
}

/* Writes lines of safe text as an array. */
static void write_samples(struct json_writer *w, const char *key, const struct buf *samples)
{
	size_t at = 0;

	json_write_array(w, key);
	while (at < samples->len) {
		size_t len = strcspn(samples->data + at, "\n");

		json_write_stringn(w, NULL, samples->data + at, len);
		at += len + 1;
	}
	json_write_end_array(w);
}

/* Writes the lines that report a refusal in words: all of them, and by kind. */
static void write_signs(struct json_writer *w, const struct summary *t)
{
	cleanup_buf struct buf all = {0};

	for (size_t i = 0; i < LOG_SIGN_COUNT; i++)
		buf_add(&all, t->sign_samples[i].data ? t->sign_samples[i].data : "", t->sign_samples[i].len);
	write_samples(w, "error_lines", &all);
	json_write_object(w, "signs");
	for (size_t i = 0; i < LOG_SIGN_COUNT; i++)
		if (t->signs[i])
			json_write_u64(w, log_sign_name((enum log_sign)i), t->signs[i]);
	json_write_end_object(w);
}

void explain_json(const struct explain *x, struct buf *out)
{
	const struct summary *t = &x->summary;
	cleanup_buf struct buf keys = {0};
	struct json_writer w;

	json_write_begin(&w, out, true);
	json_write_object(&w, NULL);
	json_write_u64(&w, "bytes", x->bytes);
	json_write_u64(&w, "records", t->records);
	json_write_u64(&w, "duplicates", t->duplicates);
	json_write_u64(&w, "unreadable", t->unreadable);
	json_write_bool(&w, "partial", explain_is_partial(x));
	write_time(&w, "first", t->first_ms);
	write_time(&w, "last", t->last_ms);
	json_write_array(&w, "calls");
	for (size_t i = 0; i < t->row_count; i++)
		write_row(&w, x, i);
	json_write_end_array(&w);
	write_additions(&w, x);
	write_losses(&w, x);
	json_write_u64(&w, "errors", t->errors);
	write_signs(&w, t);
	explain_json_words(x, &w);
	write_samples(&w, "profiles", &t->profiles);
	json_write_u64(&w, "left_out", explain_own_count(x, &keys));
	json_write_u64(&w, "lsm_denials", t->lsm);
	write_samples(&w, "lsm_lines", &t->lsm_samples);
	write_samples(&w, "unreadable_lines", &t->unreadable_samples);
	json_write_end_object(&w);
	buf_addc(out, '\n');
}
