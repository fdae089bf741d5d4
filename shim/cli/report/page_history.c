/* Where the evidence comes from: floors, runs, approvals, denials. */
#include "shim/cli/report/page.h"

#include "base/text.h"
#include "seccomp/syscall/names.h"

#define RUNS_SHOWN 20

void page_add_floor(const struct report *r, struct buf *out)
{
	cleanup_buf struct buf text = {0};

	page_begin_section("floor", "The runtime floor", out);
	buf_adds(out, "<p>The calls that the container runtime itself makes under the filter to start the container. "
		      "They vary from start to start, so they are "
		      "sampled separately.</p>\n");
	for (size_t i = 0; i < r->build->runtime_count; i++) {
		buf_clear(&text);
		floor_describe(&r->build->runtimes[i].floor, r->build->runtimes[i].id, r->build->runtimes[i].go, &text);
		buf_adds(out, "<p>");
		page_escape(out, text.data ? text.data : "");
		buf_adds(out, ".</p>\n");
	}
	page_end_section(out);
}

static void add_denial(const struct evidence *ev, const struct evidence_call *c, uint64_t count, struct buf *out)
{
	const struct arch *host[4];
	char name[SYSCALL_NAME_MAX];

	syscall_name(c->arch, c->nr, name);
	buf_adds(out, "<tr><th scope=\"row\" class=\"call\">");
	page_escape(out, name);
	if (!arch_host(host) || c->arch != host[0])
		buf_addf(out, " (%s)", c->arch->name);
	buf_addf(out, "</th><td class=\"n\">%llu</td><td class=\"t\">", (unsigned long long)count);
	page_add_time(out, c->last_ms);
	buf_adds(out, "</td><td class=\"who\">");
	for (size_t i = 0; evidence_comm(ev, c, i); i++) {
		buf_adds(out, i ? ", " : "");
		page_escape(out, evidence_comm(ev, c, i));
	}
	buf_adds(out, c->more ? ", ...</td></tr>\n" : "</td></tr>\n");
}

static size_t add_outside(const struct report *r, bool denied, const char *title, struct buf *out)
{
	const struct evidence_call *const *calls = NULL;
	size_t n = evidence_calls(r->build->evidence, &calls), found = 0;

	for (size_t i = 0; i < n; i++)
		found += (denied ? calls[i]->denied : calls[i]->audited) > 0;
	if (!found)
		return 0;
	page_begin_table(title,
			 "<th scope=\"col\">Call</th><th scope=\"col\" class=\"n\">Times</th><th scope=\"col\">Last "
			 "(UTC)</th><th scope=\"col\">Program</th>",
			 out);
	for (size_t i = 0; i < n; i++)
		if (denied ? calls[i]->denied : calls[i]->audited)
			add_denial(r->build->evidence, calls[i], denied ? calls[i]->denied : calls[i]->audited, out);
	page_end_table(out);
	return found;
}

void page_add_denials(const struct report *r, struct buf *out)
{
	size_t found;

	page_begin_section("denials", "Denials", out);
	found = add_outside(r, true, "Denied", out);
	found += add_outside(r, false, "Outside the approved profile, seen in audit mode", out);
	if (!found)
		buf_adds(out, "<p>None.</p>\n");
	page_end_section(out);
}

void page_add_approvals(const struct report *r, struct buf *out)
{
	if (!r->approval_count)
		return;
	page_begin_section("approvals", "Approvals", out);
	page_begin_table("Approved profiles; changes are against the one before",
			 "<th scope=\"col\" class=\"n\">Number</th><th scope=\"col\">Saved (UTC)</th><th scope=\"col\" "
			 "class=\"n\">Calls</th>"
			 "<th scope=\"col\" class=\"n\">Added</th><th scope=\"col\" class=\"n\">Removed</th><th "
			 "scope=\"col\" class=\"n\">Other arguments</th>"
			 "<th scope=\"col\">In use</th>",
			 out);
	for (size_t i = 0; i < r->approval_count; i++) {
		const struct report_approval *a = &r->approvals[i];

		buf_addf(out, "<tr><th scope=\"row\" class=\"n\">%u</th><td class=\"t\">", a->number);
		page_add_time(out, a->at_ms);
		buf_addf(out, "</td><td class=\"n\">%zu</td>", a->calls);
		if (i)
			buf_addf(out, "<td class=\"n\">%zu</td><td class=\"n\">%zu</td><td class=\"n\">%zu</td>",
				 a->added, a->removed, a->changed);
		else
			buf_adds(out, "<td class=\"n\">-</td><td class=\"n\">-</td><td class=\"n\">-</td>");
		buf_addf(out, "<td>%s</td></tr>\n", a->current ? "yes" : "");
	}
	page_end_table(out);
	page_end_section(out);
}

static void add_run(const struct evidence_run *run, size_t number, struct buf *out)
{
	buf_addf(out, "<tr><th scope=\"row\" class=\"n\">%zu</th><td class=\"call\">", number);
	page_escape(out, run->container);
	buf_addf(out, "</td><td>%s</td><td class=\"t\">", evidence_mode_name(run->mode));
	page_add_time(out, run->started_ms);
	buf_addf(out, "</td><td class=\"n\">%llu</td><td class=\"n\">%llu</td><td>", (unsigned long long)run->records,
		 (unsigned long long)run->fresh);
	if (!run->reasons)
		buf_adds(out, "complete");
	for (size_t i = 0, n = 0; i < REASON_COUNT; i++)
		if (run->reasons & (reason_set)1 << i) {
			buf_adds(out, n++ ? ", " : "");
			page_escape(out, reason_code((enum reason)i));
		}
	buf_adds(out, "</td></tr>\n");
}

void page_add_runs(const struct report *r, struct buf *out)
{
	const struct evidence_run *const *runs = NULL;
	size_t n = evidence_runs(r->build->evidence, &runs);
	cleanup_buf struct buf caption = {0};

	if (n > RUNS_SHOWN)
		buf_addf(&caption, "The newest %d of %zu", RUNS_SHOWN, n);
	page_begin_section("runs", "Runs", out);
	page_begin_table(caption.data ? caption.data : "All runs",
			 "<th scope=\"col\" class=\"n\">Run</th><th scope=\"col\">Container</th><th "
			 "scope=\"col\">Mode</th><th scope=\"col\">Started (UTC)</th>"
			 "<th scope=\"col\" class=\"n\">Records</th><th scope=\"col\" class=\"n\">New calls</th><th "
			 "scope=\"col\">Verdict</th>",
			 out);
	for (size_t i = n > RUNS_SHOWN ? n - RUNS_SHOWN : 0; i < n; i++)
		add_run(runs[i], report_run_number(r->build->evidence, i), out);
	page_end_table(out);
	if (evidence_runs_dropped(r->build->evidence))
		buf_addf(out, "<p class=\"dim\">%llu older runs are not kept.</p>\n",
			 (unsigned long long)evidence_runs_dropped(r->build->evidence));
	page_end_section(out);
}
