#include "shim/cli/report/page.h"

#include "base/text.h"
#include "shim/cli/key/scope.h"

#include "report_css.inc"

#include <ctype.h>
#include <string.h>

/* The top of the page: whether the evidence is complete, and how much there is. */
static void add_verdict(const struct report *r, struct buf *out)
{
	const struct evidence_verdict *v = &r->build->verdict;

	buf_addf(out, "<div class=\"verdict %s\"><strong>%s</strong>\n", v->complete ? "good" : "bad",
		 v->complete ? "Complete" : "Not complete");
	if (v->complete) {
		buf_adds(out,
			 "<p>The newest learning run lost nothing: this page lists every system call that it made. ");
		scope_add(v->arches, out);
		buf_adds(out, "</p>\n");
	} else if (!v->learn_runs)
		buf_adds(out,
			 "<p>No learning run yet: start a container of this key with <code>snug-learn</code>.</p>\n");
	buf_adds(out, v->complete ? "" : "<ul>\n");
	for (size_t i = 0; i < REASON_COUNT; i++)
		if (v->reasons & (reason_set)1 << i) {
			buf_adds(out, "<li><b>");
			page_escape(out, reason_code((enum reason)i));
			buf_adds(out, "</b>: ");
			page_escape(out, reason_what((enum reason)i));
			buf_adds(out, ". To fix it: ");
			page_escape(out, reason_fix((enum reason)i));
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

static void add_figure(struct buf *out, size_t n, const char *what)
{
	buf_addf(out, "<div><b>%zu</b><span>%s</span></div>\n", n, what);
}

static void add_figures(const struct report *r, struct buf *out)
{
	const struct evidence_verdict *v = &r->build->verdict;

	buf_adds(out, "<div class=\"figures\">\n");
	add_figure(out, v->learn_runs - v->failed_starts, "learning runs");
	add_figure(out, v->complete_runs, "of them complete");
	add_figure(out, r->program_calls, "calls of the program");
	add_figure(out, r->runtime_calls, "calls of the runtime");
	add_figure(out, r->open, "calls allowed by its profile");
	buf_adds(out, "</div>\n");
}

void page_add_evidence(const struct report *r, struct buf *out)
{
	page_begin_section("evidence", "What it is based on", out);
	add_verdict(r, out);
	if (r->build->verdict.learn_runs)
		add_confidence(r, out);
	add_figures(r, out);
	page_end_section(out);
}

/* Appends the key as part of a file name. */
static void add_file_name(const char *key, struct buf *out)
{
	for (; *key; key++)
		buf_addc(out, isalnum((unsigned char)*key) || strchr("._-", *key) ? *key : '-');
	buf_adds(out, ".json");
}

void page_add_use(const struct report *r, struct buf *out)
{
	cleanup_buf struct buf file = {0}, key = {0};
	const char *f, *k;

	add_file_name(r->key, &file);
	page_escape(&key, r->key);
	f = file.data ? file.data : "";
	k = key.data ? key.data : "";
	page_begin_section("use", "How to use the profile", out);
	buf_addf(out,
		 "<p>On this node, with snug in place of the runtime:</p>\n<pre>snug "
		 "approve %s\n"
		 "snug-enforce run ...      # or \"mode\": \"enforce\" in /etc/snug/config.json</pre>\n",
		 k);
	buf_addf(out, "<p>Elsewhere, as a file:</p>\n<pre>snug profile %s -o %s</pre>\n", k, f);
	buf_addf(out,
		 "<p>Docker and Podman:</p>\n<pre>docker run --security-opt seccomp=%s ...\npodman run --security-opt "
		 "seccomp=%s ..."
		 "</pre>\n",
		 f, f);
	buf_addf(out,
		 "<p>Kubernetes, with the file at <code>/var/lib/kubelet/seccomp/%s</code> on each "
		 "node:</p>\n<pre>securityContext:\n"
		 "  seccompProfile:\n    type: Localhost\n    localhostProfile: %s</pre>\n",
		 f, f);
	page_end_section(out);
}

static void add_links(const struct report *r, bool against, struct buf *out)
{
	const struct {
		const char *id, *title;
		bool shown;
	} links[] = {
		{"evidence", "What it is based on", true},
		{"closed", "What is closed", true},
		{"dangers", "Dangerous calls", true},
		{"against", "Side by side", against},
		{"why", "Why each call", true},
		{"trend", "New calls", r->run_count > 0},
		{"defaults", "Defaults", r->default_count > 0},
		{"floor", "Runtime floor", true},
		{"denials", "Denials", true},
		{"approvals", "Approvals", r->approval_count > 0},
		{"runs", "Runs", true},
		{"use", "How to use it", true},
	};

	buf_adds(out, "<nav aria-label=\"On this page\"><ul>\n");
	for (size_t i = 0; i < ARRAY_SIZE(links); i++)
		if (links[i].shown)
			buf_addf(out, "<li><a href=\"#%s\">%s</a></li>\n", links[i].id, links[i].title);
	buf_adds(out, "</ul></nav>\n");
}

static void add_head(const struct report *r, bool against, struct buf *out)
{
	buf_adds(out, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
		      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		      /* Nothing on this page may run or be fetched, whatever it quotes. */
		      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
		      "'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n"
		      "<title>");
	page_escape(out, r->key);
	buf_adds(out, ": system calls</title>\n<style>\n");
	buf_adds(out, report_css);
	buf_adds(out,
		 "</style></head><body>\n<a class=\"skip\" href=\"#main\">Skip to the content</a>\n<header>\n<h1>");
	page_escape(out, r->key);
	buf_adds(out, "</h1>\n<p class=\"dim\">The system calls (requests to the kernel) of these containers, as the "
		      "kernel logged them");
	if (r->approval)
		buf_addf(out, ", and the profile that was approved as number %u", r->approval);
	buf_adds(out, ".</p>\n");
	add_links(r, against, out);
	buf_adds(out, "</header>\n<main id=\"main\" tabindex=\"-1\">\n");
}

void page_write(const struct report *r, const struct against *against, struct buf *out)
{
	add_head(r, against != NULL, out);
	page_add_evidence(r, out);
	page_add_closed(r, out);
	page_add_dangers(r, out);
	if (against)
		page_add_against(r, against, out);
	page_add_calls(r, out);
	page_add_trend(r, out);
	/* Side by side on paper. */
	buf_adds(out, "<div class=\"facts\">\n");
	page_add_defaults(r, out);
	page_add_floor(r, out);
	page_add_denials(r, out);
	page_add_approvals(r, out);
	page_add_runs(r, out);
	buf_adds(out, "</div>\n");
	page_add_use(r, out);
	buf_adds(out, "</main>\n<footer>snug " SNUG_VERSION ", ");
	page_add_time(out, text_now_ms());
	buf_adds(out, " UTC. Complete means: nothing that this run did on this kernel was lost. Calls that the program "
		      "did not make while it was recorded are "
		      "missing.</footer>\n</body></html>\n");
}
