#include "shim/cli/explain/follow_line.h"

#include "base/file.h"
#include "base/json/json.h"
#include "base/text.h"

#include <errno.h>
#include <unistd.h>

#define TEXT_SHOWN 300

bool follow_failed(const struct follow_out *out, struct err *err)
{
	if (!out->err.code)
		return false;
	if (err)
		*err = out->err;
	return true;
}

static void write_out(struct follow_out *out, const struct buf *text)
{
	int r = buf_failed(text) ? -ENOMEM : file_write_full(STDOUT_FILENO, text->data, text->len);

	if (r < 0 && !out->err.code)
		err_sys(&out->err, r, "standard output");
}

/* 1, 10, 100, ...: a call that is made again and again is reported only now and then. */
static bool is_round(uint64_t n)
{
	while (n >= 10 && n % 10 == 0)
		n /= 10;
	return n == 1;
}

static void add_clock(struct buf *out, uint64_t ms)
{
	cleanup_buf struct buf b = {0};

	text_add_time(&b, ms ? ms : text_now_ms());
	if (!buf_failed(&b))
		buf_addf(out, "%.8s", b.data + 11);
}

static void add_text(const struct summary_row *row, const struct follow_out *out, enum evaluate_verdict verdict,
		     const struct lookup_answer *who, struct buf *b)
{
	add_clock(b, row->last_ms);
	buf_addf(b, "  %-8s %s", summary_outcome_name(row->outcome), row->name);
	if (!row->arch)
		buf_addf(b, " (unknown arch %x)", row->audit);
	else if (!explain_is_native(row->arch))
		buf_addf(b, " (%s)", row->arch->name);
	if (out->plan->x->evaluator && row->arch)
		buf_addf(b, " [profile: %s]", evaluate_verdict_name(verdict));
	buf_addf(b, " by %s%s", row->init ? "the runtime's own init, " : "", *row->comm ? row->comm : "-");
	if (*row->exe && !row->init)
		buf_addf(b, " (%s)", row->exe);
	if (*who->key)
		buf_addf(b, ", container %s of %s", who->container, who->key);
	else if (*who->place)
		buf_addf(b, ", in %s", who->place);
	if (row->count > 1)
		buf_addf(b, ", %llu times so far", (unsigned long long)row->count);
	buf_addc(b, '\n');
}

static void write_member(struct json_writer *w, const char *name, const char *value)
{
	if (*value)
		json_write_string(w, name, value);
}

static void add_json(const struct summary_row *row, const struct follow_out *out, enum evaluate_verdict verdict,
		     const struct record *r, const struct lookup_answer *who, struct buf *b)
{
	cleanup_buf struct buf time = {0};
	struct json_writer w;

	text_add_time(&time, r->time_ms ? r->time_ms : text_now_ms());
	json_write_begin(&w, b, false);
	json_write_object(&w, NULL);
	json_write_string(&w, "time", time.data ? time.data : "");
	json_write_string(&w, "outcome", summary_outcome_name(row->outcome));
	json_write_string(&w, "name", row->name);
	json_write_string(&w, "arch", row->arch ? row->arch->name : "unknown");
	json_write_u64(&w, "nr", row->nr);
	json_write_string(&w, "phase", row->init ? "runtime" : "workload");
	json_write_u64(&w, "pid", r->pid);
	json_write_string(&w, "comm", row->comm);
	json_write_string(&w, "exe", row->exe);
	if (out->plan->x->evaluator && row->arch)
		json_write_string(&w, "profile", evaluate_verdict_name(verdict));
	write_member(&w, "key", who->key);
	write_member(&w, "container", who->container);
	write_member(&w, "place", who->place);
	json_write_end_object(&w);
	buf_addc(b, '\n');
}

static void tell_record(struct follow_out *out, const struct record *r)
{
	const struct follow_plan *plan = out->plan;
	const struct summary *t = &plan->x->summary;
	const struct summary_row *row = t->newest < t->row_count ? &t->rows[t->newest] : NULL;
	enum evaluate_verdict verdict = EVALUATE_DENIES;
	cleanup_buf struct buf b = {0};
	struct lookup_answer who = {0};

	if (!row || (!plan->json && !is_round(row->count)))
		return;
	if (plan->x->evaluator && row->arch && evaluate_call(plan->x->evaluator, row->arch, row->nr, &verdict, &out->err) < 0)
		return;
	if (verdict == EVALUATE_ALLOWS)
		return;
	/* A file may be old or from another machine, so its pids and sessions mean nothing here. */
	if (!plan->path_count)
		lookup_find(&out->lookup, plan->config, r, &who);
	if (plan->json)
		add_json(row, out, verdict, r, &who, &b);
	else
		add_text(row, out, verdict, &who, &b);
	write_out(out, &b);
}

static void tell_other(struct follow_out *out, const struct log_line *line)
{
	static const char *const kinds[] = {
		[LOG_LINE_UNREADABLE] = "a record that cannot be read",
		[LOG_LINE_LOST] = "records are missing",
		[LOG_LINE_ERROR] = "reported as refused",
		[LOG_LINE_LSM] = "denied by AppArmor or SELinux",
		[LOG_LINE_PROFILE] = "names a profile",
	};
	cleanup_buf struct buf b = {0}, text = {0};

	if (line->kind == LOG_LINE_LOST)
		explain_add_loss(out->plan->x, line->loss, &text);
	else
		text_add_safe(&text, line->text, line->len < TEXT_SHOWN ? line->len : TEXT_SHOWN);
	if (out->plan->json) {
		struct json_writer w;

		json_write_begin(&w, &b, false);
		json_write_object(&w, NULL);
		json_write_string(&w, "note", kinds[line->kind]);
		json_write_string(&w, "text", text.data ? text.data : "");
		json_write_end_object(&w);
	} else {
		add_clock(&b, 0);
		buf_addf(&b, "  %s: %s", kinds[line->kind], text.data ? text.data : "");
	}
	buf_addc(&b, '\n');
	write_out(out, &b);
}

void follow_line(const struct log_line *line, void *arg)
{
	struct follow_out *out = arg;
	struct explain *x = out->plan->x;

	if (line->kind != LOG_LINE_RECORD) {
		summary_add(line, &x->summary);
		tell_other(out, line);
		return;
	}
	if (x->key && !lookup_has_key(&out->lookup, out->plan->config, &line->record, x->key))
		return;
	if (line->tool == LOG_TOOL_NONE && !x->live && explain_own_has(x, &line->record))
		return;
	summary_add(line, &x->summary);
	tell_record(out, &line->record);
}
