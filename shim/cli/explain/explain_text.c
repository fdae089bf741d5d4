/* The result for people. */
#include "shim/cli/explain/explain.h"

#include "base/text.h"
#include "seccomp/syscall/sets.h"
#include "shim/cli/common/table.h"

#include <stdio.h>
#include <string.h>

#define NAMES_WIDTH 100

static void add_time(struct buf *out, uint64_t ms)
{
	cleanup_buf struct buf b = {0};

	text_add_time(&b, ms);
	if (!buf_failed(&b))
		buf_addf(out, "%.10s %.8s", b.data, b.data + 11);
}

static void add_key_summary(const struct explain *x, struct buf *out)
{
	buf_addf(out, "%s: %llu denied or audited calls in the evidence", x->key, (unsigned long long)x->summary.records);
	if (x->learnt)
		buf_addf(out, ", %llu learnt calls compared with %s", (unsigned long long)x->learnt, x->profile);
}

/* Which tools' lines named calls, and what was left out. */
static void add_sources(const struct explain *x, struct buf *out)
{
	cleanup_buf struct buf keys = {0};
	uint64_t own = explain_own_count(x, &keys);
	size_t n = 0;

	for (size_t i = LOG_TOOL_NONE + 1; i < LOG_TOOL_COUNT; i++)
		if (x->summary.tools[i])
			buf_addf(out, "%s%s", n++ ? ", " : "Call names taken from: ", log_tool_name((enum log_tool)i));
	if (n)
		buf_adds(out, ".\n");
	if (own)
		buf_addf(out,
			 "Left out %llu record%s of containers that are being learnt (%s); --learning includes them.\n",
			 (unsigned long long)own, own == 1 ? "" : "s", keys.data ? keys.data : "");
}

static void add_summary(const struct explain *x, struct buf *out)
{
	const struct summary *t = &x->summary;

	if (x->live)
		buf_addf(out, "%llu seccomp record%s from the kernel%s%s", (unsigned long long)t->records, t->records == 1 ? "" : "s",
			 x->key ? " of containers of " : "", x->key ? x->key : "");
	else if (x->key)
		add_key_summary(x, out);
	else
		buf_addf(out, "%llu seccomp record%s in %llu bytes", (unsigned long long)(t->records - t->duplicates),
			 t->records - t->duplicates == 1 ? "" : "s", (unsigned long long)x->bytes);
	if (t->first_ms) {
		buf_adds(out, ", ");
		add_time(out, t->first_ms);
		if (t->last_ms / 1000 != t->first_ms / 1000) {
			buf_adds(out, " to ");
			add_time(out, t->last_ms);
		}
		buf_adds(out, " UTC");
	}
	buf_addc(out, '\n');
	if (t->duplicates)
		buf_addf(out, "%llu more were duplicates and are counted once.\n", (unsigned long long)t->duplicates);
	if (t->unstamped && t->unstamped < t->records - t->duplicates)
		buf_adds(out, "Some records have no serial number, so copies of them may be counted twice.\n");
	add_sources(x, out);
}

static void add_who(struct table *t, const struct explain *x, const struct summary_row *row)
{
	const char *exe = *row->exe && !text_streq(row->exe, "/") ? row->exe : NULL;

	if (row->init)
		table_addf(t, "the runtime's own init, before exec%s%s%s", *row->comm ? " (" : "", row->comm,
			   *row->comm ? ")" : "");
	else
		table_addf(t, "%s%s%s%s", *row->comm ? row->comm : "-", exe ? " (" : "", exe ? exe : "",
			   exe ? ")" : "");
}

static void add_row(struct table *t, const struct explain *x, size_t i)
{
	const struct summary_row *row = &x->summary.rows[i];

	if (!row->arch)
		table_addf(t, "%s (unknown arch %x)", row->name, row->audit);
	else if (explain_is_native(row->arch))
		table_add(t, row->name);
	else
		table_addf(t, "%s (%s)", row->name, row->arch->name);
	table_add(t, summary_outcome_name(row->outcome));
	if (x->verdict)
		table_add(t, row->arch ? evaluate_verdict_name(x->verdict[i]) : "?");
	table_addf(t, "%llu", (unsigned long long)row->count);
	table_add_time(t, row->first_ms);
	table_add_time(t, row->last_ms);
	add_who(t, x, row);
}

static size_t count_shown(const struct explain *x)
{
	size_t n = 0;

	for (size_t i = 0; i < x->summary.row_count; i++)
		n += explain_shows(x, i);
	return n;
}

static void add_table(const struct explain *x, struct buf *out)
{
	static const char *const head[] = {"CALL", "OUTCOME", "PROFILE", "TIMES", "FIRST SEEN", "LAST SEEN", "BY"};
	cleanup_table struct table t = {0};

	if (!count_shown(x))
		return;
	table_begin(&t, x->verdict ? ARRAY_SIZE(head) : ARRAY_SIZE(head) - 1);
	for (size_t i = 0; i < ARRAY_SIZE(head); i++)
		if (x->verdict || !text_streq(head[i], "PROFILE"))
			table_add(&t, head[i]);
	for (size_t i = 0; i < x->summary.row_count; i++)
		if (explain_shows(x, i))
			add_row(&t, x, i);
	buf_addc(out, '\n');
	table_write(&t, "  ", out);
	if (x->summary.unlisted)
		buf_addf(out, "  and %llu records of other kinds, too many to list\n",
			 (unsigned long long)x->summary.unlisted);
}

/* Explains the words that occur in the table. */
static void add_legend(const struct explain *x, struct buf *out)
{
	static const char *const outcomes[] = {
		[SUMMARY_KILLED] = "the process was killed with SIGSYS (exit status 159)",
		[SUMMARY_DENIED] = "the call failed with the profile's errno (mostly \"operation not permitted\")",
		[SUMMARY_TRAPPED] = "the program got SIGSYS, which kills it (exit status 159) unless it handles it",
		[SUMMARY_HANDED] = "a tracer or agent decided, and may have allowed it",
		[SUMMARY_USED] =
			"the filter logged and allowed the call; a profile that denies by default must list it",
		[SUMMARY_OTHER] = "the line does not say what happened to the call, or names an unknown action",
	};
	bool shown[SUMMARY_OUTCOMES] = {false}, init = false;

	for (size_t i = 0; i < x->summary.row_count; i++)
		if (explain_shows(x, i)) {
			shown[x->summary.rows[i].outcome] = true;
			init |= x->summary.rows[i].init;
		}
	if (count_shown(x))
		buf_addc(out, '\n');
	for (size_t i = 0; i < SUMMARY_OUTCOMES; i++)
		if (shown[i])
			buf_addf(out, "  %s: %s.\n", summary_outcome_name((enum summary_outcome)i), outcomes[i]);
	if (init && !x->key)
		buf_adds(out, "  The runtime's own init is recognised by its name, which a program could fake. If it "
			      "lacks a call,\n"
			      "  no container starts, whatever the program.\n");
}

static bool first_of_number(const struct explain *x, size_t row)
{
	for (size_t i = 0; i < row; i++)
		if (x->summary.rows[i].audit == x->summary.rows[row].audit && x->summary.rows[i].nr == x->summary.rows[row].nr)
			return false;
	return true;
}

static void add_unnamed(const struct explain *x, struct buf *out)
{
	for (size_t i = 0; i < x->summary.row_count; i++) {
		const struct summary_row *row = &x->summary.rows[i];

		if (row->named || !explain_shows(x, i) || !first_of_number(x, i))
			continue;
		if (!row->arch)
			buf_addf(out, "\nNumber %u on architecture %x: snug does not know this architecture.\n",
				 row->nr, row->audit);
		else
			buf_addf(out,
				 "\nNumber %d on %s has no name here: it is newer than this machine's tables, or no "
				 "call.\n",
				 (int)row->nr, row->arch->name);
	}
}

/* Without a profile, nobody knows which ABIs it lists. */
static void add_arches(const struct explain *x, struct buf *out)
{
	bool told[ARCH_COUNT] = {false};

	for (size_t i = 0; !x->verdict && i < x->summary.row_count; i++) {
		const struct arch *arch = x->summary.rows[i].arch;

		if (!arch || explain_is_native(arch) || told[arch->id])
			continue;
		told[arch->id] = true;
		buf_addf(out,
			 "\n"
			 "Calls of %s programs: any call kills them unless \"architectures\" of the profile lists\n"
			 "%s.\n",
			 arch->name, arch->oci);
	}
}

/* True unless a row before it has the same name and verdict. */
static bool first_of_name(const struct explain *x, size_t row)
{
	for (size_t i = 0; i < row; i++)
		if (x->verdict[i] == x->verdict[row] && text_streq(x->summary.rows[i].name, x->summary.rows[row].name))
			return false;
	return true;
}

/* The condition on which a call is allowed, on a line of its own; records do not contain arguments. */
static void add_depends(const struct explain *x, const struct summary_row *row, struct buf *out)
{
	cleanup_buf struct buf when = {0};
	struct err ignored = {0};

	buf_addf(out,
		 "\n"
		 "%s: the profile allows it for some arguments, which records do not show. Check its \"args\"; the name\n"
		 "is not added, since that would allow it for all.\n",
		 row->name);
	if (evaluate_add_when(x->evaluator, row->arch, row->nr, &when, &ignored) == 0 && when.len)
		buf_addf(out, "It is allowed %s.\n", when.data);
}

static void add_verdict_lists(const struct explain *x, struct buf *out)
{
	bool arch_told[ARCH_COUNT] = {false};

	for (size_t i = 0; x->verdict && i < x->summary.row_count; i++) {
		const struct summary_row *row = &x->summary.rows[i];

		if (!row->arch)
			continue;
		if (x->verdict[i] == EVALUATE_DEPENDS && first_of_name(x, i))
			add_depends(x, row, out);
		if (x->verdict[i] == EVALUATE_REFUSES && first_of_name(x, i))
			buf_addf(out,
				 "\n"
				 "%s: a rule denies it explicitly, so it is not added. (With errnoRet 38, ENOSYS, the "
				 "kernel seems not\n"
				 "to have the call, and libraries fall back to an older one.)\n",
				 row->name);
		if (x->verdict[i] == EVALUATE_NOTIFIES && first_of_name(x, i))
			buf_addf(out,
				 "\n"
				 "%s: the profile hands it over to an agent (SCMP_ACT_NOTIFY). The caller waits for "
				 "its decision, or\n"
				 "fails with ENOSYS if no agent listens. The name is not added.\n",
				 row->name);
		if (x->verdict[i] == EVALUATE_TRACES && first_of_name(x, i))
			buf_addf(out,
				 "\n"
				 "%s: the profile hands it over to a tracer (SCMP_ACT_TRACE). Without one, as usual, "
				 "it fails with\n"
				 "ENOSYS (\"function not implemented\"). The name is not added.\n",
				 row->name);
		if (x->verdict[i] == EVALUATE_NO_ARCH && !arch_told[row->arch->id])
			buf_addf(
				out,
				"\nThe profile does not list %s in \"architectures\", so any call kills %s programs.\n",
				row->arch->oci, row->arch->name);
		arch_told[row->arch->id] |= x->verdict[i] == EVALUATE_NO_ARCH;
	}
}

static void add_names(const struct explain *x, struct buf *out)
{
	size_t width = 0;

	for (size_t i = 0; i < x->add_count; i++) {
		size_t len = strlen(x->add[i]) + 4;

		if (width && width + len > NAMES_WIDTH) {
			buf_addc(out, '\n');
			width = 0;
		}
		buf_addf(out, "%s\"%s\"%s", width ? " " : "  ", x->add[i], i + 1 < x->add_count ? "," : "\n");
		width += len;
	}
}

/* Calls beyond the default profiles: one line for each set of profiles. */
static void add_beyond(const struct explain *x, struct buf *out)
{
	bool any = false;

	for (size_t i = 0; i < x->add_count; i++) {
		bool first = x->outside[i] != 0;

		for (size_t k = 0; k < i; k++)
			first &= x->outside[k] != x->outside[i];
		if (!first)
			continue;
		any = true;
		buf_adds(out, "  Not in the default profile of ");
		explain_add_outside(x, i, out);
		for (size_t k = i; k < x->add_count; k++)
			if (x->outside[k] == x->outside[i])
				buf_addf(out, "%s%s", k == i ? ": " : ", ", x->add[k]);
		buf_adds(out, ".\n");
	}
	if (any)
		return;
	buf_adds(out, "  ");
	explain_add_all_defaults(out);
	buf_addf(out, " allow %s by default.\n", x->add_count == 1 ? "it" : "them");
}

static void add_opened(const struct explain *x, struct buf *out)
{
	size_t dangerous = 0;

	buf_adds(out, "What this opens:\n");
	for (size_t i = 0; i < x->add_count; i++)
		if (set_danger_of(x->add[i])) {
			buf_addf(out, "  %s: %s.\n", x->add[i], set_danger_of(x->add[i]));
			dangerous++;
		}
	if (dangerous < x->add_count)
		buf_addf(out, "  %s known to be dangerous.\n",
			 !dangerous                      ? "Nothing that is"
			 : dangerous + 1 == x->add_count ? "The other one is not"
							 : "The others are not");
	if (x->outside)
		add_beyond(x, out);
}

/* Without an approved profile, --fix needs one to be named. */
static void add_key_commands(const struct explain *x, struct buf *out)
{
	const char *named = x->given ? x->profile : x->approved ? NULL : "PROFILE";

	buf_addf(out,
		 "  snug explain --key %s%s%s --fix fixed.json\n"
		 "  snug approve %s --profile fixed.json\n"
		 "The first adds it to %s%s%s and prints the difference, the second approves it.\n",
		 x->key, named ? " --profile " : "", named ? named : "", x->key,
		 named ? named : "the approved profile of ", named ? "" : x->key,
		 named && !x->given ? ", the profile that it ran under," : "");
}

static void add_additions(const struct explain *x, struct buf *out)
{
	add_arches(x, out);
	add_verdict_lists(x, out);
	if (!x->add_count)
		return;
	buf_addf(out, "\nWhat to add: %zu call%s\n", x->add_count, x->add_count == 1 ? "" : "s");
	add_names(x, out);
	buf_adds(out, "Where: in \"names\" of the rule with \"action\": \"SCMP_ACT_ALLOW\" and no \"args\".\n");
	if (x->key)
		add_key_commands(x, out);
	else if (!x->profile)
		buf_adds(out, "  The profile is the file named by --security-opt seccomp=FILE (Docker, Podman) or "
			      "localhostProfile\n"
			      "  under /var/lib/kubelet/seccomp (Kubernetes). --profile FILE shows what it lacks, "
			      "--fix OUT adds it.\n");
	add_opened(x, out);
}

void explain_text(const struct explain *x, bool unreadable, struct buf *out)
{
	size_t allowed = x->summary.row_count - count_shown(x);

	add_summary(x, out);
	add_table(x, out);
	if (x->verdict && allowed)
		buf_addf(out, "\n%s allows %zu of the calls in the %s; %s not shown.\n", x->profile, allowed,
			 x->key ? "evidence" : "log", allowed == 1 ? "it is" : "they are");
	add_legend(x, out);
	add_unnamed(x, out);
	explain_add_words(x, out);
	add_additions(x, out);
	explain_add_profiles(x, out);
	explain_advice(x, unreadable, out);
}
