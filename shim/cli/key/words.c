/* The texts of build.h. */
#include "shim/cli/key/build.h"

#include "base/text.h"
#include "shim/cli/key/scope.h"
#include "seccomp/syscall/sets.h"
#include "seccomp/syscall/names.h"

#include <stdio.h>
#include <string.h>

void build_add_verdict(const struct evidence_verdict *v, struct buf *out)
{
	const char *separator = "not complete: ";

	if (v->complete)
		buf_adds(out, "complete");
	else if (!v->learn_runs)
		buf_adds(out, "not complete: no learning run");
	for (size_t i = 0; v->learn_runs && !v->complete && i < REASON_COUNT; i++)
		if (v->reasons & (reason_set)1 << i) {
			buf_addf(out, "%s%s", separator, reason_what((enum reason)i));
			separator = "; ";
		}
}

static size_t count_lines(const struct buf *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->len; i++)
		n += b->data[i] == '\n';
	return n;
}

/* Counts each call once, for its strongest source. */
static void add_counts(const struct build *b, struct buf *out)
{
	const struct profile_rule *rules = NULL;
	size_t n = profile_rules(b->profile, &rules), workload = 0, runtime = 0, assumed = 0, narrow = 0, calls = 0;

	for (size_t i = 0; i < n; i++) {
		if (i > 0 && text_streq(rules[i].name, rules[i - 1].name))
			continue;
		calls++;
		narrow += rules[i].masked;
		if (rules[i].sources & PROFILE_FROM_WORKLOAD)
			workload++;
		else if (rules[i].sources & (PROFILE_FROM_RUNTIME | PROFILE_FROM_FLOOR))
			runtime++;
		else if (rules[i].sources & PROFILE_FROM_ASSUMED)
			assumed++;
	}
	buf_addf(out, "%zu calls: %zu for the program, %zu more for the runtime, %zu for safety", calls, workload,
		 runtime, calls - workload - runtime - assumed);
	if (assumed)
		buf_addf(out, ", %zu assumed", assumed);
	if (narrow)
		buf_addf(out, "; %zu of them only with certain arguments", narrow);
}

static void report_unnamed(const struct build *b)
{
	size_t n = count_lines(&b->unnamed);

	if (!n)
		return;
	fprintf(stderr, "%zu calls have no name here and are NOT in the profile (architecture and number):\n", n);
	for (const char *p = b->unnamed.data; p && *p;) {
		size_t len = strcspn(p, "\n");

		fprintf(stderr, "  %.*s\n", (int)len, p);
		p += len + (p[len] == '\n');
	}
}

static uint32_t arches_of(const struct profile *p)
{
	const struct arch *const *arches = NULL;
	size_t n = profile_arches(p, &arches);
	uint32_t bits = 0;

	for (size_t i = 0; i < n; i++)
		bits |= 1u << arches[i]->id;
	return bits;
}

/* Reports which ABIs may run, and what happens to programs of the others. */
static void report_arches(const struct build *b)
{
	cleanup_buf struct buf line = {0}, others = {0};
	uint32_t arches = arches_of(b->profile);

	buf_adds(&line, arches & (arches - 1) ? "architectures: " : "architecture: ");
	scope_add_arches(arches, &line);
	if (scope_add_others(arches, &others))
		buf_addf(&line, "; %s", others.data ? others.data : "");
	fprintf(stderr, "%s\n", buf_failed(&line) || buf_failed(&others) ? "out of memory" : line.data);
}

/* The highest call number that the runtime's libseccomp knows, by the version in its --version output; 0: unknown. */
static unsigned named_by_runtime(const struct build_runtime *rt, char version[16])
{
	const char *tells = strstr(floor_version(&rt->floor), "libseccomp: ");

	if (!tells || sscanf(tells, "libseccomp: %15[0-9.]", version) != 1)
		return 0;
	return syscall_named_up_to(version);
}

/* Reports calls that a runtime silently drops because it does not know their names: they stay refused. */
static void report_unknown(const struct build *b)
{
	const struct profile_rule *rules = NULL;
	const struct arch *host[4];
	size_t n = profile_rules(b->profile, &rules);
	char version[16] = "";

	arch_host(host);
	for (size_t i = 0; i < n; i++) {
		uint32_t nr = 0;

		if (!syscall_known_to_libseccomp(rules[i].name)) {
			fprintf(stderr,
				"%s: unknown to libseccomp here; a runtime with this libseccomp drops it, so it stays "
				"refused\n",
				rules[i].name);
			continue;
		}
		for (size_t k = 0; k < b->runtime_count; k++) {
			unsigned highest = named_by_runtime(&b->runtimes[k], version);

			if (highest && syscall_number(host[0], rules[i].name, &nr) == 0 && nr > highest &&
			    !(nr & ARCH_X32_BIT))
				fprintf(stderr,
					"%s: unknown to libseccomp %s of %s, which drops it, so it stays refused\n",
					rules[i].name, version, b->runtimes[k].path);
		}
	}
}

/* The dangerous ones, or the others. */
static void report_left_out(const struct build *b, bool dangerous, const char *why)
{
	char name[SYSCALL_NAME_MAX];
	size_t n = 0;

	for (size_t i = 0; i < b->left_out_count; i++)
		if (syscall_name(b->left_out[i].arch, b->left_out[i].nr, name) && !set_danger_of(name) != dangerous)
			fprintf(stderr, "%s%s", n++ ? ", " : "left out: ", name);
	if (n)
		fprintf(stderr, " (%s)\n", why);
}

bool build_is_without(const struct build *b, const char *name)
{
	const struct evidence_call *const *calls = NULL;
	size_t n = b->without ? evidence_calls(b->evidence, &calls) : 0;
	char call[SYSCALL_NAME_MAX];

	if (profile_find(b->profile, name))
		return false;
	for (size_t i = 0; i < n; i++)
		if (calls[i]->count && b->without >> calls[i]->phase & 1 && syscall_name(calls[i]->arch, calls[i]->nr, call) &&
		    text_streq(call, name))
			return true;
	return false;
}

/* Reports the calls of execs alone: which ones are left out, or that they could be. */
static void report_execs(const struct build *b)
{
	const struct evidence_call *const *calls = NULL;
	size_t n = evidence_calls(b->evidence, &calls), alone = 0, left = 0, untold = evidence_untold_runs(b->evidence);
	char name[SYSCALL_NAME_MAX];

	for (size_t i = 0; i < n; i++) {
		alone += calls[i]->count && evidence_is_alone(b->evidence, calls[i]);
		if (calls[i]->count && evidence_is_alone(b->evidence, calls[i]) && syscall_name(calls[i]->arch, calls[i]->nr, name) &&
		    build_is_without(b, name))
			fprintf(stderr, "%s%s", left++ ? ", " : "left out: ", name);
	}
	if (left)
		fprintf(stderr, " (only execs used them; a probe or lifecycle hook that needs one will fail)\n");
	if (alone && !b->without)
		fprintf(stderr, "%zu calls were used by execs only (probes, hooks, people); --without exec leaves them out\n", alone);
	if (b->without && untold)
		fprintf(stderr, "%zu runs could not tell execs from the program: there their calls count as the program's\n", untold);
}

void build_report(const struct build *b, const char *key)
{
	cleanup_buf struct buf line = {0};

	add_counts(b, &line);
	buf_adds(&line, "; the evidence is ");
	build_add_verdict(&b->verdict, &line);
	/* Unlogged calls are unlogged on every ABI, so one by an ABI that the profile does not list may have gone unnoticed: the
	 * verdict does not cover those. */
	if (b->verdict.complete) {
		buf_adds(&line, " for ");
		scope_add_arches(b->verdict.arches, &line);
	}
	fprintf(stderr, "%s\n", buf_failed(&line) ? "out of memory" : line.data);
	for (size_t i = 0; i < b->runtime_count; i++) {
		const struct build_runtime *rt = &b->runtimes[i];

		buf_clear(&line);
		floor_describe(&rt->floor, rt->id, rt->go, &line);
		if (!floor_is_sampled(&rt->floor) && rt->present)
			buf_addf(&line, "; `snug floor --key %s` samples it", key);
		else if (!rt->present && !rt->floor.catalogued)
			buf_adds(&line, "; the runtime has changed since");
		fprintf(stderr, "%s\n", buf_failed(&line) ? "out of memory" : line.data);
	}
	report_left_out(b, true, "dangerous, and the runtime does without");
	report_left_out(b, false, "the runtime makes them only while it is learnt by notify");
	report_execs(b);
	report_arches(b);
	report_unnamed(b);
	report_unknown(b);
	char digest[SHA256_HEX_MAX];

	build_digest(b, digest);
	fprintf(stderr, "digest sha256:%s\n", digest);
}

/* The programs that made a call of this name: comms of its entries in the program's phase, or in those of execs, at most four. */
static void add_who(const struct evidence *ev, const char *name, bool execs, struct buf *out)
{
	const struct evidence_call *const *calls = NULL;
	size_t n = evidence_calls(ev, &calls), who = 0;
	char call[SYSCALL_NAME_MAX];

	for (size_t i = 0; i < n; i++) {
		if (!evidence_is_program(calls[i]->phase) || evidence_is_exec(calls[i]->phase) != execs || !calls[i]->count)
			continue;
		syscall_name(calls[i]->arch, calls[i]->nr, call);
		for (size_t k = 0; text_streq(call, name) && evidence_comm(ev, calls[i], k) && who < 4; k++)
			buf_addf(out, "%s%s", who++ ? ", " : " (", evidence_comm(ev, calls[i], k));
	}
	if (who)
		buf_addc(out, ')');
}

/* For a call that no run has shown, the reason in the built-in sets. */
static void add_set_reason(const struct build *b, const char *name, struct buf *out)
{
	const struct set_always *always = NULL;
	const struct set_sibling *siblings = NULL;
	size_t n = set_always(&always);

	for (size_t i = 0; i < n; i++)
		if (text_streq(always[i].name, name)) {
			buf_adds(out, always[i].reason);
			return;
		}
	n = set_siblings(&siblings);
	for (size_t i = 0; i < n; i++)
		if (text_streq(siblings[i].older, name) && profile_find(b->profile, siblings[i].modern)) {
			buf_addf(out, "fallback for %s: %s", siblings[i].modern, siblings[i].reason);
			return;
		}
	buf_adds(out, "always allowed");
}

void build_add_origin(const struct build *b, const struct profile_rule *rule, struct buf *out)
{
	if (rule->sources & PROFILE_FROM_WORKLOAD) {
		buf_adds(out, "the program uses it");
		add_who(b->evidence, rule->name, false, out);
	} else if (rule->sources & PROFILE_FROM_RUNTIME) {
		buf_adds(out, "the runtime used it to start the container");
	} else if (rule->sources & PROFILE_FROM_EXEC) {
		buf_adds(out, "only an exec used it: a probe, a hook or a person");
		add_who(b->evidence, rule->name, true, out);
	} else if (rule->sources & PROFILE_FROM_FLOOR) {
		buf_adds(out, "the runtime needs it at some starts");
	} else if (rule->sources & PROFILE_FROM_ASSUMED) {
		buf_adds(out, rule->masked ? "assumed: learning lets this harmless form pass unlogged"
					   : "assumed: in the hot set, passes unlogged while learning, not seen yet");
	} else {
		add_set_reason(b, rule->name, out);
	}
}
