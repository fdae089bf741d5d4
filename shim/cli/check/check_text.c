/* The result for people. */
#include "shim/cli/check/check.h"

#include "base/text.h"
#include "shim/cli/common/table.h"
#include "shim/cli/common/width.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAME_SHOWN   3 /* names shown of profiles with the same content */

enum verdict { VERDICT_OK, VERDICT_NOT_SAMPLED, VERDICT_NO_EXEC, VERDICT_AT_TIMES, VERDICT_NNP_ONLY, VERDICT_NO_START, VERDICT_UNREAD };

static const char *const verdicts[] = {
	[VERDICT_OK] = "ok",
	[VERDICT_NOT_SAMPLED] = "not known",
	[VERDICT_NO_EXEC] = "no exec",
	[VERDICT_AT_TIMES] = "starts sometimes",
	[VERDICT_NNP_ONLY] = "only with noNewPrivileges",
	[VERDICT_NO_START] = "does not start",
	[VERDICT_UNREAD] = "not read",
};

/* True if the runtime makes some call of the finding at every start. */
static bool is_certain(const struct check_finding *f)
{
	for (size_t i = 0; i < f->call_count; i++)
		if (f->calls[i].seen >= f->calls[i].starts)
			return true;
	return false;
}

static enum verdict verdict_of(const struct check_result *r, const struct floor_runtime *rt)
{
	bool fails[FLOOR_PHASES][2] = {{false}}, certain = false;

	for (size_t i = 0; i < r->count; i++) {
		const struct check_finding *f = &r->findings[i];

		if (f->level != CHECK_FAILURE || (f->runtime && f->runtime != rt))
			continue;
		if (f->kind == CHECK_INVALID || f->kind == CHECK_REFUSED)
			return VERDICT_NO_START;
		if (f->kind != CHECK_FLOOR)
			continue;
		fails[f->part->phase][f->part->no_new_privileges] = true;
		certain |= f->part->phase == FLOOR_CREATE && is_certain(f);
	}
	if (!rt->part_count || r->partial)
		return VERDICT_NOT_SAMPLED;
	if (fails[FLOOR_CREATE][0] || fails[FLOOR_CREATE][1])
		return !certain ? VERDICT_AT_TIMES : fails[FLOOR_CREATE][1] ? VERDICT_NO_START : VERDICT_NNP_ONLY;
	return fails[FLOOR_EXEC][0] || fails[FLOOR_EXEC][1] ? VERDICT_NO_EXEC : VERDICT_OK;
}

static void add_result(struct table *t, const struct check_result *r)
{
	size_t failures = check_count(r, CHECK_FAILURE), warnings = check_count(r, CHECK_WARNING);

	if (failures)
		table_add(t, "FAILS");
	else if (warnings)
		table_addf(t, "%zu warning%s", warnings, warnings == 1 ? "" : "s");
	else
		table_add(t, "ok");
}

static void add_matrix(const struct floor_file *floors, const struct check_item *items, size_t count, bool all,
		       struct buf *out)
{
	size_t columns = floors->runtime_count < TABLE_COLUMNS_MAX - 2 ? floors->runtime_count : TABLE_COLUMNS_MAX - 2;
	cleanup_table struct table t = {0};

	table_begin(&t, 2 + columns);
	table_add(&t, "PROFILE");
	table_add(&t, "RESULT");
	for (size_t i = 0; i < columns; i++) {
		cleanup_buf struct buf who = {0};

		check_add_runtime(&floors->runtimes[i], &who);
		table_addf(&t, "UNDER %s", who.data ? who.data : "");
	}
	for (size_t i = 0; i < count; i++) {
		if (!all && count > 1 && !check_count(items[i].result, CHECK_FAILURE) &&
		    !check_count(items[i].result, CHECK_WARNING))
			continue;
		table_add(&t, items[i].name);
		add_result(&t, items[i].result);
		for (size_t k = 0; k < columns; k++)
			table_add(&t, items[i].result->readable ? verdicts[verdict_of(items[i].result, &floors->runtimes[k])]
								: verdicts[VERDICT_UNREAD]);
	}
	if (t.cells > t.columns) {
		buf_addc(out, '\n');
		table_write(&t, "  ", out);
	}
}

static const char *column_of(const struct floor_part *p)
{
	if (p->phase == FLOOR_CREATE)
		return p->no_new_privileges ? "STARTS, noNewPrivileges" : "STARTS, no noNewPrivileges";
	return p->no_new_privileges ? "EXECS, noNewPrivileges" : "EXECS, no noNewPrivileges";
}

static bool same_group(const struct check_finding *a, const struct check_finding *b)
{
	return a->kind == CHECK_FLOOR && b->kind == CHECK_FLOOR && a->level == b->level && a->runtime == b->runtime &&
	       text_streq(a->reader, b->reader);
}

static const struct check_call *find_call(const struct check_finding *f, const char *name)
{
	for (size_t i = 0; i < f->call_count; i++)
		if (text_streq(f->calls[i].name, name))
			return &f->calls[i];
	return NULL;
}

#define GROUP_MAX (TABLE_COLUMNS_MAX - 2)

static size_t group_of(const struct check_result *r, size_t first, const struct check_finding *ret[GROUP_MAX])
{
	size_t n = 0;

	for (size_t i = first; i < r->count && n < GROUP_MAX; i++)
		if (same_group(&r->findings[first], &r->findings[i]))
			ret[n++] = &r->findings[i];
	return n;
}

/* The calls of a group, each once, in order of name. */
static void unite_calls(const struct check_finding *const group[], size_t n, struct check_finding *ret)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < group[i]->call_count; k++)
			(void)check_add_call(ret, &group[i]->calls[k], NULL);
}

static void free_calls(struct check_finding *f)
{
	free(f->calls);
}

/* The group's calls for starts and execs with, or without, noNewPrivileges, except those in `but`. */
static void unite_ways(const struct check_finding *const group[], size_t n, bool no_new_privileges, const struct check_finding *but,
		       struct check_finding *ret)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; group[i]->part->no_new_privileges == no_new_privileges && k < group[i]->call_count; k++)
			if (!but || !find_call(but, group[i]->calls[k].name))
				(void)check_add_call(ret, &group[i]->calls[k], NULL);
}

static void add_fix_line(const char *lead, const struct check_finding *f, struct buf *out)
{
	cleanup_buf struct buf line = {0};

	if (!f->call_count)
		return;
	buf_adds(&line, lead);
	check_add_fix(f, &line);
	buf_adds(out, "    ");
	width_add_wrapped(out, 6, line.data ? line.data : "");
}

/* What to add depends on noNewPrivileges: nobody has to allow calls that only other containers need. */
static void add_group_fix(const struct check_finding *const group[], size_t n, struct buf *out)
{
	cleanup_with(free_calls) struct check_finding with = {0}, without = {0}, with_alone = {0}, without_alone = {0};

	unite_ways(group, n, true, NULL, &with);
	unite_ways(group, n, false, NULL, &without);
	unite_ways(group, n, true, &without, &with_alone);
	unite_ways(group, n, false, &with, &without_alone);
	if (!with.call_count || !without.call_count) {
		add_fix_line("", with.call_count ? &with : &without, out);
	} else if (with_alone.call_count) {
		add_fix_line("with noNewPrivileges true, ", &with, out);
		add_fix_line("with noNewPrivileges false, ", &without, out);
	} else {
		add_fix_line("", &with, out);
		add_fix_line("with noNewPrivileges false, also ", &without_alone, out);
	}
}

/* "for some arguments; others are allowed: except arg0 == AF_VSOCK" */
static void add_reason(struct table *t, const struct check_call *call)
{
	table_addf(t, "%s%s%s", call->reason ? call->reason : "", *call->when ? ": " : "", call->when);
}

/* Everything that one runtime lacks, for starts and execs. */
static void add_group(const struct check_result *r, size_t first, struct buf *out)
{
	static const char *const leads[CHECK_LEVELS] = {
		[CHECK_NOTE] = " tries the calls below and copes with this refusal.",
		[CHECK_WARNING] = " makes the calls below at some starts, but the profile refuses them.",
		[CHECK_FAILURE] =
			" itself makes the calls below after loading the filter, but the profile refuses them.",
	};
	const struct check_finding *group[GROUP_MAX], *f = &r->findings[first];
	cleanup_with(free_calls) struct check_finding all = {0};
	size_t n = group_of(r, first, group);
	cleanup_table struct table t = {0};
	cleanup_buf struct buf line = {0}, who = {0};

	check_add_runtime(f->runtime, &who);
	unite_calls(group, n, &all);
	buf_addf(&line, "%s (%s%s)%s", who.data ? who.data : "", f->runtime->path, f->part->rootless ? ", rootless" : "", leads[f->level]);
	buf_addf(out, "  %s: ", check_level_name(f->level));
	width_add_wrapped(out, 4, line.data ? line.data : "");
	table_begin(&t, 2 + n);
	table_add(&t, "CALL");
	table_add(&t, "ANSWER");
	for (size_t k = 0; k < n; k++)
		table_add(&t, column_of(group[k]->part));
	for (size_t i = 0; i < all.call_count; i++) {
		cleanup_buf struct buf answer = {0};

		filter_add_answer(all.calls[i].answer, &answer);
		table_add(&t, all.calls[i].name);
		if (all.calls[i].reason)
			add_reason(&t, &all.calls[i]);
		else
			table_add(&t, answer.data ? answer.data : "");
		for (size_t k = 0; k < n; k++) {
			const struct check_call *c = find_call(group[k], all.calls[i].name);

			if (c)
				table_addf(&t, "%llu of %llu", (unsigned long long)(c->seen < c->starts ? c->seen : c->starts),
					   (unsigned long long)c->starts);
			else
				table_add(&t, "-");
		}
	}
	table_write(&t, "      ", out);
	if (f->level != CHECK_NOTE)
		add_group_fix(group, n, out);
}

static void add_calls(const struct check_finding *f, struct buf *out)
{
	bool answers = f->kind == CHECK_SCHEDULER || f->kind == CHECK_ALWAYS || f->kind == CHECK_FALLBACK, reasons = false;
	cleanup_buf struct buf names = {0};
	cleanup_table struct table t = {0};

	for (size_t i = 0; i < f->call_count; i++) {
		reasons |= f->calls[i].reason || *f->calls[i].nearest;
		buf_addf(&names, "%s%s", i ? " " : "", f->calls[i].name);
	}
	if (!reasons) {
		buf_adds(out, "      ");
		width_add_wrapped(out, 6, names.data ? names.data : "");
		return;
	}
	table_begin(&t, answers ? 3 : 2);
	for (size_t i = 0; i < f->call_count; i++) {
		cleanup_buf struct buf answer = {0};

		filter_add_answer(f->calls[i].answer, &answer);
		table_add(&t, f->calls[i].name);
		if (answers)
			table_add(&t, answer.data ? answer.data : "");
		if (*f->calls[i].nearest)
			table_addf(&t, "did you mean %s?", f->calls[i].nearest);
		else
			add_reason(&t, &f->calls[i]);
	}
	table_write(&t, "      ", out);
}

static void add_finding(const struct check_finding *f, struct buf *out)
{
	buf_addf(out, "  %s: ", check_level_name(f->level));
	if (f->reader)
		buf_addf(out, "for %s: ", f->reader);
	width_add_wrapped(out, 4, f->text);
	if (f->call_count)
		add_calls(f, out);
	if (f->fix) {
		buf_adds(out, "    ");
		width_add_wrapped(out, 6, f->fix);
	}
}

/* True if an earlier finding of this level began the group and reported it. */
static bool is_told(const struct check_result *r, size_t at, enum check_level level)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->findings[i].level == level && same_group(&r->findings[i], &r->findings[at]))
			return i < at;
	return false;
}

static void add_details(const struct check_result *r, bool notes, struct buf *out)
{
	for (enum check_level l = CHECK_LEVELS; l-- > (notes ? CHECK_NOTE : CHECK_WARNING);)
		for (size_t i = 0; i < r->count; i++) {
			if (r->findings[i].level != l)
				continue;
			if (r->findings[i].kind != CHECK_FLOOR)
				add_finding(&r->findings[i], out);
			else if (!is_told(r, i, l))
				add_group(r, i, out);
		}
}

/* The names of all profiles with this result; false if an earlier item has reported it. */
static bool add_title(const struct check_item *items, size_t count, size_t at, struct buf *out)
{
	size_t same = 0;

	for (size_t i = 0; i < at; i++)
		if (items[i].result == items[at].result)
			return false;
	buf_addc(out, '\n');
	for (size_t i = at; i < count; i++)
		if (items[i].result == items[at].result && same++ < SAME_SHOWN)
			buf_addf(out, "%s%s", same > 1 ? ", " : "", items[i].name);
	if (same > SAME_SHOWN)
		buf_addf(out, " and %zu more", same - SAME_SHOWN);
	buf_adds(out, same > 1 ? " (the same content)\n" : "\n");
	return true;
}

static void add_head(const struct floor_file *floors, const struct check_item *items, size_t count, struct buf *out)
{
	size_t failed = 0, warned = 0;

	for (size_t i = 0; i < count; i++) {
		bool fails = check_count(items[i].result, CHECK_FAILURE);

		failed += fails;
		warned += !fails && check_count(items[i].result, CHECK_WARNING);
	}
	buf_addf(out, "%zu profile%s: %zu fail%s, %zu with warnings, %zu ok. Checked for", count, count == 1 ? "" : "s",
		 failed, failed == 1 ? "s" : "", warned, count - failed - warned);
	for (size_t i = 0; i < floors->runtime_count; i++) {
		buf_adds(out, i ? ", " : " ");
		check_add_runtime(&floors->runtimes[i], out);
		if (floors->runtimes[i].catalogued)
			buf_adds(out, " (from the catalogue)");
		else if (floors->runtimes[i].part_count && floors->runtimes[i].parts[0].rootless)
			buf_adds(out, " (rootless)");
	}
	if (!floors->runtime_count)
		buf_adds(out, " no runtime");
	buf_addf(out, "; Linux %s, %s, libseccomp %s", floors->kernel, floors->arch->name, floors->libseccomp);
	if (floors->name)
		buf_addf(out, " (%s)", floors->name);
	buf_addc(out, '\n');
}

void check_text(const struct floor_file *floors, const struct check_item *items, size_t count, bool all, struct buf *out)
{
	add_head(floors, items, count, out);
	add_matrix(floors, items, count, all, out);
	for (size_t i = 0; i < count; i++) {
		const struct check_result *r = items[i].result;
		size_t shown = check_count(r, CHECK_FAILURE) + check_count(r, CHECK_WARNING);

		if (shown + (all ? check_count(r, CHECK_NOTE) : 0) && add_title(items, count, i, out))
			add_details(r, all, out);
	}
}
