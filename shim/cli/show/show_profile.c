#include "shim/cli/show/show_profile.h"

#include "base/text.h"
#include "seccomp/evidence/evidence.h"
#include "seccomp/filter/filter.h"
#include "seccomp/policy/policy.h"
#include "seccomp/syscall/names.h"
#include "shim/cli/common/table.h"
#include "shim/cli/common/width.h"
#include "shim/cli/key/operand.h"
#include "shim/cli/key/profiles.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>

#define NUMBERS_MAX 1024 /* no ABI has higher numbers, counted from its base */

enum answer_kind { ALLOWED, LOGGED, BY_ARGUMENTS, HANDED_OVER, REFUSED, KINDS };

/* The names of one kind; with the answer, if that differs between calls. */
struct shown {
	struct buf names[KINDS];
	size_t count[KINDS];
	struct table arguments, others;
	uint32_t otherwise;
};

static void shown_done(struct shown *s)
{
	for (size_t i = 0; i < KINDS; i++)
		buf_done(&s->names[i]);
	table_done(&s->arguments);
	table_done(&s->others);
}

static bool hands_over(uint32_t answer)
{
	uint32_t action = answer & SECCOMP_RET_ACTION_FULL;

	return action == SECCOMP_RET_TRACE || action == SECCOMP_RET_USER_NOTIF;
}

static enum answer_kind kind_of(const struct filter_call *c)
{
	if (c->depends)
		return BY_ARGUMENTS;
	if (hands_over(c->answer))
		return HANDED_OVER;
	return !filter_allows(c->answer) ? REFUSED : c->answer == SECCOMP_RET_LOG ? LOGGED : ALLOWED;
}

/* "allow where arg0 == 0, else EPERM" */
static void add_clauses(struct table *t, const struct filter_call *c)
{
	cleanup_buf struct buf b = {0};

	for (size_t i = 0; i < c->clause_count; i++) {
		bool same = i && c->clauses[i].answer == c->clauses[i - 1].answer;

		buf_adds(&b, same ? " or " : i ? ", " : "");
		if (!same) {
			filter_add_answer(c->clauses[i].answer, &b);
			buf_adds(&b, " where ");
		}
		filter_add_args(c->name, c->arch, c->clauses[i].args, c->clauses[i].arg_count, &b);
	}
	buf_adds(&b, c->clause_count ? ", else " : "by its arguments, else ");
	filter_add_answer(c->answer, &b);
	table_add(t, b.data ? b.data : "");
}

static void add_call(struct shown *s, const char *name, const struct filter_call *c)
{
	enum answer_kind kind = kind_of(c);
	struct table *t = kind == BY_ARGUMENTS ? &s->arguments : &s->others;

	s->count[kind]++;
	if (kind == ALLOWED || kind == LOGGED) {
		buf_addf(&s->names[kind], s->names[kind].len ? " %s" : "%s", name);
		return;
	}
	if (kind != BY_ARGUMENTS && c->answer == s->otherwise)
		return;
	table_add(t, name);
	if (kind == BY_ARGUMENTS) {
		add_clauses(t, c);
	} else {
		cleanup_buf struct buf b = {0};

		filter_add_answer(c->answer, &b);
		table_add(t, b.data ? b.data : "");
	}
}

static int collect(struct filter *f, struct shown *s, struct err *err)
{
	const struct arch *arch = filter_machine(f);
	char name[SYSCALL_NAME_MAX];
	int r = 0;

	for (uint32_t nr = 0; !r && nr < NUMBERS_MAX; nr++) {
		cleanup_filter_call struct filter_call c = {0};

		if (!syscall_name(arch, arch_number_base(arch) + nr, name))
			continue;
		r = filter_call(f, arch, arch_number_base(arch) + nr, &c, err);
		if (!r)
			add_call(s, name, &c);
	}
	return r;
}

static void add_names(const struct shown *s, enum answer_kind kind, const char *title, struct buf *out)
{
	if (!s->count[kind])
		return;
	buf_addf(out, "\n%s: %zu\n  ", title, s->count[kind]);
	width_add_wrapped(out, 2, s->names[kind].data ? s->names[kind].data : "");
}

static void add_table(const struct table *t, const char *title, struct buf *out)
{
	if (!t->cells)
		return;
	buf_addf(out, "\n%s: %zu\n", title, t->cells / t->columns);
	table_write(t, "  ", out);
}

static int show_policy(const struct policy *p, struct buf *out, struct err *err)
{
	cleanup_filter struct filter *f = NULL;
	cleanup_with(shown_done) struct shown s = {.otherwise = filter_action_of(policy_default(p))};
	const struct arch *const *arches = NULL;
	size_t n = policy_arches(p, &arches);
	int r = filter_new(p, NULL, &f, err);

	table_begin(&s.arguments, 2);
	table_begin(&s.others, 2);
	if (!r)
		r = collect(f, &s, err);
	if (r < 0)
		return r;
	buf_adds(out, "  architectures:");
	for (size_t i = 0; i < n; i++)
		buf_addf(out, "%s %s", i ? "," : "", arches[i]->name);
	buf_adds(out, "\n  every other call: ");
	filter_add_answer(s.otherwise, out);
	buf_addc(out, '\n');
	add_names(&s, ALLOWED, "Allowed", out);
	add_names(&s, LOGGED, "Allowed and logged", out);
	add_table(&s.arguments, "By their arguments", out);
	add_table(&s.others, "Answered otherwise", out);
	return 0;
}

int show_live(struct cli *cli, const char *word, bool json, struct err *err)
{
	cleanup_policy struct policy *p = NULL;
	cleanup_buf struct buf text = {0}, what = {0};
	int r = operand_read(cli, word, OPERAND_PROFILE, EVIDENCE_SIZE_MAX, &text, &what, err);

	if (!r && json) {
		buf_add(&cli->out, text.data, text.len);
		return 0;
	}
	if (!r)
		r = profiles_read_one(&text, word, NULL, &p, err);
	if (r < 0)
		return r;
	text_add_safe(&cli->out, word, strlen(word));
	buf_addf(&cli->out, ": %s\n", what.data ? what.data : "");
	return show_policy(p, &cli->out, err);
}
