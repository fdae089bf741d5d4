#include "shim/cli/report/report.h"

#include "base/json/json.h"
#include "base/text.h"
#include "seccomp/syscall/names.h"
#include "shim/cli/approve/delta.h"
#include "shim/cli/key/approved.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NUMBERS_MAX 1024 /* no ABI has higher numbers, counted from its base */

static bool is_first_arch_with(const struct arch *const *arches, size_t end, const char *name)
{
	uint32_t nr;

	for (size_t i = 0; i < end; i++)
		if (syscall_number(arches[i], name, &nr) == 0)
			return false;
	return true;
}

/* The number of distinct names on the profile's architectures. */
static size_t count_known(const struct profile *p)
{
	const struct arch *const *arches = NULL;
	size_t n = profile_arches(p, &arches), known = 0;
	char name[SYSCALL_NAME_MAX];

	for (size_t i = 0; i < n; i++)
		for (uint32_t nr = 0; nr < NUMBERS_MAX; nr++)
			known += syscall_name(arches[i], arch_number_base(arches[i]) + nr, name) &&
				 is_first_arch_with(arches, i, name);
	return known;
}

static size_t count_narrow(const struct profile *p)
{
	const struct profile_rule *rules = NULL;
	size_t n = profile_rules(p, &rules), narrow = 0;

	for (size_t i = 0; i < n; i++)
		narrow += rules[i].masked && !(i && text_streq(rules[i].name, rules[i - 1].name));
	return narrow;
}

struct approvals {
	struct report *report;
	struct profile *last; /* owned */
};

static void count_change(enum delta_kind kind, const struct profile_rule *rule, void *arg)
{
	struct report_approval *a = arg;

	(void)rule;
	a->added += kind == DELTA_ADDED;
	a->removed += kind == DELTA_REMOVED;
	a->changed += kind == DELTA_ARGUMENTS;
}

/* A copy of a profile: approved_each() lends each one only for a call. */
static int copy_profile(const struct profile *p, struct profile **ret, struct err *err)
{
	cleanup_buf struct buf text = {0};
	int r = profile_write_oci(p, &text, err);

	return r < 0 ? r : profile_parse_oci(text.data, text.len, "profile", ret, err);
}

static int add_approval(unsigned n, uint64_t time_ms, bool current, const struct profile *p, void *arg)
{
	struct approvals *a = arg;
	struct report_approval one = {.number = n, .at_ms = time_ms, .current = current, .calls = delta_count_calls(p)};
	struct report_approval *all = reallocarray(a->report->approvals, a->report->approval_count + 1, sizeof(*all));
	struct profile *copy = NULL;

	if (!all)
		return -ENOMEM;
	a->report->approvals = all;
	if (a->last)
		delta_each(a->last, p, count_change, &one);
	all[a->report->approval_count++] = one;
	int r = copy_profile(p, &copy, NULL);

	profile_free(a->last);
	a->last = copy;
	return r;
}

int report_add_approvals(const struct cli *cli, struct report *r)
{
	struct approvals a = {.report = r};
	struct err ignored = {0};
	int rc = approved_each(cli->config.state_dir, r->key, add_approval, &a, &ignored);

	profile_free(a.last);
	/* A damaged or unreadable one is told by `snug show`; this page is about the evidence. */
	return rc == -ENOMEM ? rc : 0;
}

int report_make(const struct cli *cli, const struct build *b, const char *key, unsigned approval, struct report *ret,
		struct err *err)
{
	int r;

	*ret = (struct report){.build = b,
			       .key = key,
			       .approval = approval,
			       .open = delta_count_calls(b->profile),
			       .narrow = count_narrow(b->profile),
			       .known = count_known(b->profile)};
	confidence_evaluate(b->evidence, cli->config.learn_for_ms, &ret->confidence);
	r = report_add_runs(ret);
	if (r == 0)
		r = report_add_defaults(ret, err);
	if (r == 0)
		r = report_add_calls(ret);
	if (r == 0)
		r = report_add_approvals(cli, ret);
	return r == -ENOMEM ? err_set(err, ENOMEM, "out of memory") : r;
}

void report_done(struct report *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->default_count; i++) {
		free(r->defaults[i].allows);
		free(r->defaults[i].closed);
		free(r->defaults[i].beyond);
		json_free(r->defaults[i].doc);
	}
	for (size_t i = 0; i < r->call_count; i++)
		buf_done(&r->calls[i].why);
	free(r->defaults);
	free(r->by_run);
	free(r->by_time);
	free(r->calls);
	free(r->approvals);
	*r = (struct report){0};
}
