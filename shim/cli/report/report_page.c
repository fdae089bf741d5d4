#include "shim/cli/report/report.h"

#include "base/text.h"
#include "shim/cli/key/scope.h"
#include "seccomp/syscall/sets.h"
#include "seccomp/syscall/names.h"
#include "shim/cli/approve/delta.h"

#include "report_css.inc"

#include <ctype.h>
#include <string.h>
#include <time.h>

#define RUNS_SHOWN 20

/* In the order of the page; the codes are those of seccomp/syscall/groups.csv. */
static const struct {
	const char *code, *title;
} GROUPS[] = {
	{"files", "Files and directories"},
	{"network", "Network and sockets"},
	{"processes", "Processes and threads"},
	{"memory", "Memory"},
	{"waiting", "Waiting, pipes and messages"},
	{"signals", "Signals"},
	{"time", "Time"},
	{"identity", "Users, capabilities and sandboxing"},
	{"system", "The system as a whole"},
	{"obsolete", "Obsolete"},
	{"other", "Other"},
};

void report_escape(struct buf *out, const char *s)
{
	for (; *s; s++)
		switch (*s) {
		case '&':
			buf_adds(out, "&amp;");
			break;
		case '<':
			buf_adds(out, "&lt;");
			break;
		case '>':
			buf_adds(out, "&gt;");
			break;
		case '"':
			buf_adds(out, "&quot;");
			break;
		case '\'':
			buf_adds(out, "&#39;");
			break;
		default:
			buf_addc(out, *s);
		}
}

static void add_names(const char *const names[], size_t count, const char *group, struct buf *out)
{
	buf_adds(out, "<ul class=\"names\">");
	for (size_t i = 0; i < count; i++) {
		const char *danger = set_danger_of(names[i]);

		if (group && !text_streq(set_group_of(names[i]), group))
			continue;
		buf_adds(out, danger ? "<li class=\"danger\" title=\"" : "<li>");
		if (danger) {
			report_escape(out, danger);
			buf_adds(out, "\">");
		}
		report_escape(out, names[i]);
		buf_adds(out, "</li>");
	}
	buf_adds(out, "</ul>\n");
}

static size_t count_group(const char *const names[], size_t count, const char *group)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		n += text_streq(set_group_of(names[i]), group);
	return n;
}

/* The top of the page: whether the evidence is complete, and how much there is. */
static void add_verdict(const struct report *r, struct buf *out)
{
	const struct evidence_verdict *v = &r->build->verdict;

	buf_addf(out, "<div class=\"verdict %s\"><strong>%s</strong>\n", v->complete ? "good" : "bad",
		 v->complete ? "Complete" : "Not complete");
	if (v->complete) {
		buf_adds(out, "<p>The newest learning run lost nothing: this page lists every system call that it made. ");
		scope_add(v->arches, out);
		buf_adds(out, "</p>\n");
	} else if (!v->learn_runs)
		buf_adds(out,
			 "<p>No learning run yet: start a container of this key with <code>snug-learn</code>.</p>\n");
	buf_adds(out, v->complete ? "" : "<ul>\n");
	for (size_t i = 0; i < REASON_COUNT; i++)
		if (v->reasons & (reason_set)1 << i) {
			buf_adds(out, "<li><b>");
			report_escape(out, reason_code((enum reason)i));
			buf_adds(out, "</b>: ");
			report_escape(out, reason_what((enum reason)i));
			buf_adds(out, ". To fix it: ");
			report_escape(out, reason_fix((enum reason)i));
			buf_adds(out, ".</li>\n");
		}
	buf_adds(out, v->complete ? "</div>\n" : "</ul></div>\n");
}

/* The figures of `snug show`. A newest run that lost records may have missed the call that would unsettle the key. */
static void add_confidence(const struct report *r, struct buf *out)
{
	const struct confidence *s = &r->confidence;
	bool reached = confidence_is_reached(s) && r->build->verdict.complete;

	buf_addf(out, "<div class=\"verdict %s\"><strong>%s</strong><p>", reached ? "good" : "warn",
		 reached ? "Settled" : "Not settled yet");
	buf_addf(out, "Complete learning runs since the last new call: %zu.", s->silent);
	if (s->method != CONFIDENCE_NONE) {
		buf_adds(out, " The chance that the next run brings a new one: ");
		confidence_add_chance(s, false, out);
	}
	buf_adds(out, s->method != CONFIDENCE_NONE ? "." : "");
	if (!reached)
		buf_addf(out, " It counts as settled after %d such runs, if the newest run is complete.",
			 CONFIDENCE_SILENT_RUNS);
	if (confidence_is_over(s))
		buf_adds(out, " Learning is over (learn_for).");
	buf_adds(out, "</p></div>\n");
}

/* The default whose names are listed: the best-known one. */
static const struct report_default *measure_of(const struct report *r)
{
	for (size_t i = 0; i < r->default_count; i++)
		if (text_streq(r->defaults[i].profile->name, "moby"))
			return &r->defaults[i];
	return NULL;
}

static void add_figure(struct buf *out, size_t n, const char *what)
{
	buf_addf(out, "<div><b>%zu</b><span>%s</span></div>\n", n, what);
}

static void add_figures(const struct report *r, struct buf *out)
{
	const struct evidence_verdict *v = &r->build->verdict;
	const struct report_default *docker = measure_of(r);

	buf_adds(out, "<div class=\"figures\">\n");
	add_figure(out, v->learn_runs, "learning runs");
	add_figure(out, v->complete_runs, "of them complete");
	add_figure(out, r->program_calls, "calls of the program");
	add_figure(out, r->runtime_calls, "calls of the runtime");
	add_figure(out, delta_count_calls(r->build->profile), "calls allowed by its profile");
	if (docker) {
		cleanup_buf struct buf what = {0};

		buf_adds(&what, "calls refused that ");
		default_add_title(docker->profile, &what);
		buf_adds(&what, " allows");
		add_figure(out, docker->closed_count, what.data ? what.data : "");
	}
	buf_adds(out, "</div>\n");
}

static void add_who(struct buf *out, const struct evidence *ev, const struct evidence_call *c)
{
	buf_adds(out, "<td class=\"who\">");
	for (size_t i = 0; evidence_comm(ev, c, i); i++) {
		buf_adds(out, i ? ", " : "");
		report_escape(out, evidence_comm(ev, c, i));
	}
	buf_adds(out, c->more ? ", ...</td>" : "</td>");
}

static void add_call(struct buf *out, const struct evidence *ev, const struct evidence_call *c, uint64_t count)
{
	char name[SYSCALL_NAME_MAX];
	const struct arch *host[4];
	const char *danger;

	syscall_name(c->arch, c->nr, name);
	danger = set_danger_of(name);
	buf_adds(out, "<tr><td class=\"call\">");
	report_escape(out, name);
	if (!arch_host(host) || c->arch != host[0])
		buf_addf(out, " (%s)", c->arch->name);
	if (danger) {
		buf_adds(out, " <span title=\"");
		report_escape(out, danger);
		buf_adds(out, "\">&#9888;</span>");
	}
	buf_addf(out, "</td><td>%s</td><td class=\"n\">%llu</td><td class=\"n\">%llu</td><td class=\"t seen\">",
		 evidence_phase_name(c->phase), (unsigned long long)count, (unsigned long long)c->runs);
	report_add_time(out, c->first_ms);
	buf_adds(out, "</td>");
	add_who(out, ev, c);
	buf_adds(out, "</tr>\n");
}

/* told: the heading names the phase, so a narrow page can omit its column. */
static void begin_table(bool told, struct buf *out)
{
	buf_addf(out, "<div class=\"wide\"><table class=\"calls%s\"><thead><tr><th>Call</th><th>Phase</th><th class=\"n\">Count</th>"
		      "<th class=\"n\">Runs</th><th class=\"seen\">First seen (UTC)</th><th>Program</th></tr></thead><tbody>\n",
		 told ? " told" : "");
}

static void end_table(struct buf *out)
{
	buf_adds(out, "</tbody></table></div>\n");
}

static bool in_group(const struct evidence_call *c, const char *group)
{
	char name[SYSCALL_NAME_MAX];

	syscall_name(c->arch, c->nr, name);
	return text_streq(set_group_of(name), group);
}

static void add_group(const struct report *r, size_t g, struct buf *out)
{
	const struct evidence_call *const *calls = NULL;
	size_t n = evidence_calls(r->build->evidence, &calls), found = 0;

	for (size_t i = 0; i < n; i++)
		found += report_is_program(calls[i]) && in_group(calls[i], GROUPS[g].code);
	if (!found)
		return;
	buf_addf(out, "<h3>%s <span class=\"dim\">%zu</span></h3>\n", GROUPS[g].title, found);
	begin_table(true, out);
	for (size_t i = 0; i < n; i++)
		if (report_is_program(calls[i]) && in_group(calls[i], GROUPS[g].code))
			add_call(out, r->build->evidence, calls[i], calls[i]->count);
	end_table(out);
}

static bool has_unlogged_runs(const struct evidence *ev)
{
	const struct evidence_run *const *runs = NULL;

	for (size_t n = evidence_runs(ev, &runs), i = 0; i < n; i++)
		if (runs[i]->unlogged.count || runs[i]->unlogged.assumed.count)
			return true;
	return false;
}

static void add_program(const struct report *r, struct buf *out)
{
	buf_adds(out, "<h2>What the program calls</h2>\n<p class=\"dim\">Program: the names that its processes give "
		      "themselves. &#9888; marks dangerous calls.");
	if (has_unlogged_runs(r->build->evidence))
		buf_adds(out, " Later runs do not log calls that are already known, so Count and Runs show what was "
			      "logged, not how often it was called.");
	buf_adds(out, "</p>\n");
	if (!r->program_calls)
		buf_adds(out, "<p>None yet.</p>\n");
	for (size_t g = 0; g < ARRAY_SIZE(GROUPS); g++)
		add_group(r, g, out);
}

static void add_curves(const struct report *r, struct buf *out)
{
	if (!r->run_count)
		return;
	buf_adds(out,
		 "<h2>New calls</h2>\n"
		 "<p>Distinct calls known at the end of each learning run, and over time. A flat line means nothing "
		 "new.</p>\n<p class=\"key\">"
		 "<span><svg viewBox=\"0 0 32 10\"><path class=\"program\" d=\"M0 5H32\"/></svg>program</span>"
		 "<span><svg viewBox=\"0 0 32 10\"><path class=\"runtime\" d=\"M0 5H32\"/></svg>runtime</span></p>\n");
	buf_adds(out, "<h4>Over learning runs</h4>\n");
	report_chart(r->by_run, r->run_count, false, out);
	buf_adds(out, "<h4>Over time</h4>\n");
	report_chart(r->by_time, r->time_count, true, out);
	if (evidence_runs_dropped(r->build->evidence))
		buf_addf(out, "<p class=\"dim\">%llu older runs are not listed.</p>\n",
			 (unsigned long long)evidence_runs_dropped(r->build->evidence));
}

static void add_default(const struct report_default *d, struct buf *out)
{
	double share = d->allowed ? 100.0 * (double)(d->allowed - d->closed_count) / (double)d->allowed : 0;

	buf_adds(out, "<h3>");
	report_escape(out, d->profile->name);
	buf_adds(out, " <span class=\"dim\">");
	report_escape(out, d->profile->version);
	buf_addf(out,
		 "</span></h3>\n<div class=\"bar\"><i style=\"width:%.1f%%\"></i></div>\n<p>It allows %zu calls; this "
		 "profile keeps %zu of them and refuses <b>%zu</b>.",
		 share, d->allowed, d->allowed - d->closed_count, d->closed_count);
	if (d->beyond_count)
		buf_addf(out, " %zu that it refuses are allowed here:", d->beyond_count);
	buf_adds(out, "</p>\n");
	if (d->beyond_count)
		add_names(d->beyond, d->beyond_count, NULL, out);
}

/* Lists the names for one default only: the others differ by a handful. */
static void add_closed(const struct report_default *d, struct buf *out)
{
	buf_adds(out, "<h3>Refused here, allowed by the default of ");
	default_add_title(d->profile, out);
	buf_addf(out, " <span class=\"dim\">%zu</span></h3>\n", d->closed_count);
	for (size_t g = 0; g < ARRAY_SIZE(GROUPS); g++) {
		size_t n = count_group(d->closed, d->closed_count, GROUPS[g].code);

		if (!n)
			continue;
		buf_addf(out, "<h4>%s %zu</h4>\n", GROUPS[g].title, n);
		add_names(d->closed, d->closed_count, GROUPS[g].code, out);
	}
}

static void add_defaults(const struct report *r, struct buf *out)
{
	const struct report_default *docker = measure_of(r);

	if (!r->default_count)
		return;
	buf_adds(out, "<h2>Compared with the defaults</h2>\n"
		      "<p>The profiles of containers that ask for none, compared by call names.</p>\n");
	for (size_t i = 0; i < r->default_count; i++)
		add_default(&r->defaults[i], out);
	if (docker)
		add_closed(docker, out);
}

static void add_floor(const struct report *r, struct buf *out)
{
	const struct evidence_call *const *calls = NULL;
	size_t n = evidence_calls(r->build->evidence, &calls);
	cleanup_buf struct buf text = {0};

	buf_adds(out,
		 "<h2>The runtime floor</h2>\n<p>The calls that the container runtime itself makes under the filter to "
		 "start the container. They vary from start to start, so they are sampled separately.</p>\n");
	for (size_t i = 0; i < r->build->runtime_count; i++) {
		buf_clear(&text);
		floor_describe(&r->build->runtimes[i].floor, r->build->runtimes[i].id, r->build->runtimes[i].go, &text);
		buf_adds(out, "<p>");
		report_escape(out, text.data ? text.data : "");
		buf_adds(out, ".</p>\n");
	}
	begin_table(true, out);
	for (size_t i = 0; i < n; i++)
		if (calls[i]->count && !report_is_program(calls[i]))
			add_call(out, r->build->evidence, calls[i], calls[i]->count);
	end_table(out);
}

static void add_outside(const struct report *r, bool denied, const char *title, struct buf *out)
{
	const struct evidence_call *const *calls = NULL;
	size_t n = evidence_calls(r->build->evidence, &calls), found = 0;

	for (size_t i = 0; i < n; i++)
		found += (denied ? calls[i]->denied : calls[i]->audited) > 0;
	if (!found)
		return;
	buf_addf(out, "<h3>%s <span class=\"dim\">%zu</span></h3>\n", title, found);
	begin_table(false, out);
	for (size_t i = 0; i < n; i++)
		if (denied ? calls[i]->denied : calls[i]->audited)
			add_call(out, r->build->evidence, calls[i], denied ? calls[i]->denied : calls[i]->audited);
	end_table(out);
}

static void add_denials(const struct report *r, struct buf *out)
{
	size_t before;

	buf_adds(out, "<h2>Denials</h2>\n");
	before = out->len;
	add_outside(r, true, "Denied", out);
	add_outside(r, false, "Outside the approved profile, seen in audit mode", out);
	if (out->len == before)
		buf_adds(out, "<p>None.</p>\n");
}

static void add_run(const struct evidence_run *run, struct buf *out)
{
	buf_adds(out, "<tr><td class=\"call\">");
	report_escape(out, run->container);
	buf_addf(out, "</td><td>%s</td><td class=\"t\">", evidence_mode_name(run->mode));
	report_add_time(out, run->started_ms);
	buf_addf(out, "</td><td class=\"n\">%llu</td><td class=\"n\">%llu</td><td>", (unsigned long long)run->records,
		 (unsigned long long)run->fresh);
	if (!run->reasons)
		buf_adds(out, "complete");
	for (size_t i = 0, n = 0; i < REASON_COUNT; i++)
		if (run->reasons & (reason_set)1 << i) {
			buf_adds(out, n++ ? ", " : "");
			report_escape(out, reason_code((enum reason)i));
		}
	buf_adds(out, "</td></tr>\n");
}

static void add_runs(const struct report *r, struct buf *out)
{
	const struct evidence_run *const *runs = NULL;
	size_t n = evidence_runs(r->build->evidence, &runs);

	buf_addf(out, "<h2>Runs</h2>\n<div class=\"wide\"><table><thead><tr><th>Container</th><th>Mode</th><th>Started (UTC)</th>"
		      "<th class=\"n\">Records</th><th class=\"n\">New</th><th>Verdict</th></tr></thead><tbody>\n");
	for (size_t i = n > RUNS_SHOWN ? n - RUNS_SHOWN : 0; i < n; i++)
		add_run(runs[i], out);
	end_table(out);
	if (n > RUNS_SHOWN)
		buf_addf(out, "<p class=\"dim\">The newest %d of %zu.</p>\n", RUNS_SHOWN, n);
}

/* Appends the key as part of a file name. */
static void add_file_name(const char *key, struct buf *out)
{
	for (; *key; key++)
		buf_addc(out, isalnum((unsigned char)*key) || strchr("._-", *key) ? *key : '-');
	buf_adds(out, ".json");
}

static void add_use(const struct report *r, struct buf *out)
{
	cleanup_buf struct buf file = {0}, key = {0};
	const char *f, *k;

	add_file_name(r->key, &file);
	report_escape(&key, r->key);
	f = file.data ? file.data : "";
	k = key.data ? key.data : "";
	buf_addf(out,
		 "<h2>How to use the profile</h2>\n<p>On this node, with snug in place of the runtime:</p>\n<pre>snug "
		 "approve %s\n"
		 "snug-enforce run ...      # or \"mode\": \"enforce\" in /etc/snug/config.json</pre>\n",
		 k);
	buf_addf(out, "<p>Elsewhere, as a file:</p>\n<pre>snug profile %s -o %s</pre>\n", k, f);
	buf_addf(out, "<p>Docker and Podman:</p>\n<pre>docker run --security-opt seccomp=%s ...\npodman run --security-opt seccomp=%s ..."
		      "</pre>\n", f, f);
	buf_addf(out, "<p>Kubernetes, with the file at <code>/var/lib/kubelet/seccomp/%s</code> on each node:</p>\n<pre>securityContext:\n"
		      "  seccompProfile:\n    type: Localhost\n    localhostProfile: %s</pre>\n", f, f);
}

static void add_head(const struct report *r, struct buf *out)
{
	buf_adds(out, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
		      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		      /* Nothing on this page may run or be fetched, whatever it quotes. */
		      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n<title>");
	report_escape(out, r->key);
	buf_adds(out, ": system calls</title>\n<style>\n");
	buf_adds(out, report_css);
	buf_adds(out, "</style></head><body><main>\n<h1>");
	report_escape(out, r->key);
	buf_adds(out, "</h1>\n<p class=\"dim\">The system calls (requests to the kernel) of these containers, as the kernel logged them.</p>\n");
}

void report_page(const struct report *r, struct buf *out)
{
	add_head(r, out);
	add_verdict(r, out);
	if (r->build->verdict.learn_runs)
		add_confidence(r, out);
	add_figures(r, out);
	add_program(r, out);
	add_curves(r, out);
	add_defaults(r, out);
	add_floor(r, out);
	add_denials(r, out);
	add_runs(r, out);
	add_use(r, out);
	buf_adds(out, "<footer>snug " SNUG_VERSION ", ");
	report_add_time(out, text_now_ms());
	buf_adds(out, " UTC. Complete means: nothing that this run did on this kernel was lost. Calls that the program "
		      "did not make while it was recorded are missing.</footer>\n</main></body></html>\n");
}
